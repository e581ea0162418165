"""wav2vec 2.0, HuBERT and their kin: convolutions over a wave, then an encoder.

Names: ``modeling_wav2vec2.py``, ``modeling_hubert.py``, ``modeling_wavlm.py``,
``modeling_data2vec_audio.py`` and ``modeling_unispeech_sat.py`` of transformers.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import Frame, Layer, Linear
from cyborg_rr.readers.architectures.sketching import Sketch, convolve, norm_group, take
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE, plan_heads, plan_ungated
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings

_KINDS: Final = ("Model", "ForCTC", "ForSequenceClassification")
_NAMED: Final = MappingProxyType(
    {"wav2vec2": "Wav2Vec2", "hubert": "Hubert", "wavlm": "WavLM",
     "data2vec-audio": "Data2VecAudio", "unispeech-sat": "UniSpeechSat"}
)  # fmt: skip
"""How the classes of a model type begin."""

_GATES: Final = 8
"""Numbers that gate what distances add to the scores of WavLM."""


def plan_wav2vec2(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    kind, word = name_class(settings), settings.text("model_type")
    task = next((task for task in _KINDS if kind == f"{_NAMED[word]}{task}"), "")
    sizes = [settings.numbers(f"conv_{part}") for part in ("dim", "kernel", "stride")]
    lengths = {len(numbers) for numbers in sizes}
    others = ("add_adapter", "use_weighted_layer_sum", "conv_pos_batch_norm")
    if not task or len(lengths) != 1 or max(lengths) > 64 or any(map(settings.flag, others)):
        return None
    if settings.find("adapter_attn_dim") is not None:
        return None
    prefix = "" if task == "Model" else f"{word.replace('-', '_')}."

    def draw(drawing: Drawing) -> str:
        value, width = _draw_features(drawing, settings, prefix)
        hidden = find_hidden(settings)
        name = f"{prefix}feature_projection."
        if settings.flag("feat_proj_layer_norm", default=True):
            value = drawing.norm(value, f"{name}layer_norm", width, "layer")
        value = drawing.linear(value, Linear(f"{name}projection", True), width, hidden)
        if settings.number("mask_time_prob") > 0 or settings.number("mask_feature_prob") > 0:
            drawing.weight(f"{prefix}masked_spec_embed", hidden)
        value = _draw_encoder(drawing, value, settings, f"{prefix}encoder.")
        if task == "Model":
            return "output"
        if task == "ForCTC":
            rows = settings.count("vocab_size")
            drawing.linear(value, Linear("lm_head", True), hidden, rows)
            return "logits"
        small = settings.count("classifier_proj_size", default=256)
        value = drawing.linear(value, Linear("projector", True), hidden, small)
        value = drawing.apply("reduce", value, function="mean", axes=(1,))
        drawing.linear(value, Linear("classifier", True), small, count_labels(settings))
        return "logits"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _draw_features(drawing: Drawing, settings: Settings, prefix: str) -> tuple[str, int]:
    """Convolutions that make the wave shorter, the first or each with a norm."""
    value = take(drawing, "wave", "batch", 1, "samples")
    bias, width = settings.flag("conv_bias"), 1
    later = settings.text("model_type") == "data2vec-audio"
    each = later or settings.text("feat_extract_norm") == "layer"
    dims, kernels, strides = (settings.numbers(f"conv_{n}") for n in ("dim", "kernel", "stride"))
    for number, (outer, kernel, stride) in enumerate(zip(dims, kernels, strides, strict=True)):
        name = f"{prefix}feature_extractor.conv_layers.{number}."
        value = convolve(drawing, value, f"{name}conv", width, outer, (kernel,), stride=stride,
                         padding=0, bias=bias)  # fmt: skip
        width = outer
        if each:
            value = drawing.apply("transpose", value, permutation=(0, 2, 1))
            value = drawing.norm(value, f"{name}layer_norm", width, "layer")
            value = drawing.apply("transpose", value, permutation=(0, 2, 1))
        elif not number:
            value = norm_group(drawing, value, f"{name}layer_norm", width, width)
        value = drawing.apply("gelu", value)
    return drawing.apply("transpose", value, permutation=(0, 2, 1)), width


def _draw_encoder(drawing: Drawing, value: str, settings: Settings, prefix: str) -> str:
    hidden, stable = find_hidden(settings), settings.flag("do_stable_layer_norm")
    later = settings.text("model_type") == "data2vec-audio"
    place = _place_by_layers if later else _place
    value = drawing.apply("add", value, place(drawing, value, settings, prefix, hidden))
    if not stable:
        value = drawing.norm(value, f"{prefix}layer_norm", hidden, "layer")
    names = ("attention.q_proj", "attention.k_proj", "attention.v_proj", "attention.out_proj")
    inside = "feed_forward."
    layer = Layer(
        plan_heads(settings, names),
        plan_ungated(settings, settings.count("intermediate_size"),
                     f"{inside}intermediate_dense", f"{inside}output_dense"),
        "layer_norm",
        "final_layer_norm",
        after_sum=not stable,
    )  # fmt: skip
    if settings.text("model_type") == "wavlm":
        value = _draw_gated(drawing, value, settings, layer, f"{prefix}layers.")
    else:
        frame = Frame(hidden, prefix + "layers.{layer}.")
        value = draw_layers(drawing, value, (layer,) * count_layers(settings), frame)
    if stable:
        value = drawing.norm(value, f"{prefix}layer_norm", hidden, "layer")
    return value


def _draw_gated(drawing: Drawing, value: str, settings: Settings, layer: Layer, prefix: str) -> str:
    """Layers that weigh by each token what distances add to its scores; the first has the table."""
    hidden, heads = find_hidden(settings), settings.count("num_attention_heads")
    width = hidden // max(heads, 1)
    for number in range(count_layers(settings)):
        inside = f"{prefix}{number}."
        split = drawing.apply("reshape", value, shape=(0, 0, heads, width))
        gate = Linear(f"{inside}attention.gru_rel_pos_linear", True)
        drawing.apply("sigmoid", drawing.linear(split, gate, width, _GATES))
        drawing.weight(f"{inside}attention.gru_rel_pos_const", 1, heads, 1, 1)
        if not number:
            rows = settings.count("num_buckets", default=320)
            drawing.weight(f"{inside}attention.rel_attn_embed.weight", rows, heads)
        value = draw_layers(drawing, value, (layer,), Frame(hidden, inside))
    return value


def _place_by_layers(
    drawing: Drawing, value: str, settings: Settings, prefix: str, hidden: int
) -> str:
    """Positions by some narrower convolutions, each with a norm that has no weights."""
    kernel = settings.count("conv_pos_kernel_size", default=19)
    groups = max(settings.count("num_conv_pos_embedding_groups", default=16), 1)
    value = drawing.apply("transpose", value, permutation=(0, 2, 1))
    for number in range(min(settings.count("num_conv_pos_embeddings", default=5), 64)):
        name = f"{prefix}pos_conv_embed.layers.{number}.conv"
        value = convolve(drawing, value, name, hidden, hidden, (kernel,), groups=groups)
        if kernel % 2 == 0:
            value = drawing.apply("slice", value, starts=(0,), ends=(-1,), axes=(2,))
        value = drawing.apply("transpose", value, permutation=(0, 2, 1))
        value = drawing.apply("gelu", drawing.apply("layer_normalization", value))
        value = drawing.apply("transpose", value, permutation=(0, 2, 1))
    return drawing.apply("transpose", value, permutation=(0, 2, 1))


def _place(drawing: Drawing, value: str, settings: Settings, prefix: str, hidden: int) -> str:
    """Positions by a wide convolution, whose weight is kept as direction and length."""
    kernel = settings.count("num_conv_pos_embeddings", default=128)
    groups = max(settings.count("num_conv_pos_embedding_groups", default=16), 1)
    name = f"{prefix}pos_conv_embed.conv."
    original = f"{name}parametrizations.weight.original"
    scale = drawing.weight(f"{original}0", 1, 1, kernel)
    direction = drawing.weight(f"{original}1", hidden, hidden // groups, kernel)
    weight = drawing.apply("multiply", direction, scale)
    turned = drawing.apply("transpose", value, permutation=(0, 2, 1))
    padding = (kernel // 2,) * 2
    mixed = drawing.apply("convolution", turned, weight, drawing.weight(f"{name}bias", hidden),
                          groups=groups, padding=padding)  # fmt: skip
    if kernel % 2 == 0:
        mixed = drawing.apply("slice", mixed, starts=(0,), ends=(-1,), axes=(2,))
    mixed = drawing.apply("gelu", mixed)
    return drawing.apply("transpose", mixed, permutation=(0, 2, 1))
