"""Vision transformers beside ViT itself: DeiT and DINOv2, with registers or without.

Names: ``modeling_deit.py``, ``modeling_dinov2.py`` and ``modeling_dinov2_with_registers.py`` of
transformers, as checkpoints keep them.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import FeedForward, Frame, Layer, Linear
from cyborg_rr.readers.architectures.sketching import Sketch, convolve, flatten_image, take
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE, plan_heads, plan_ungated
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings

_GATED_PARTS: Final = 8
_KNOWN: Final = ("DeiTModel", "DeiTForImageClassification", "Dinov2Model",
                 "Dinov2ForImageClassification", "Dinov2WithRegistersModel",
                 "Dinov2WithRegistersForImageClassification")  # fmt: skip


def plan_vit(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    kind, word = name_class(settings), settings.text("model_type")
    side, patch = settings.count("image_size"), settings.count("patch_size")
    if kind not in _KNOWN or not 0 < patch <= side < 2**14:
        return None
    prefix = "" if kind.endswith("Model") else f"{word}."

    def draw(drawing: Drawing) -> str:
        hidden = find_hidden(settings)
        value = enter(drawing, settings, f"{prefix}embeddings.")
        frame = Frame(hidden, prefix + "encoder.layer.{layer}.")
        layer = plan_dino_layer(settings)
        value = draw_layers(drawing, value, (layer,) * count_layers(settings), frame)
        value = drawing.norm(value, f"{prefix}layernorm", hidden, "layer")
        if not prefix and word != "deit":
            return "output"
        first = drawing.apply("slice", value, starts=(0,), ends=(1,), axes=(1,))
        if not prefix:
            drawing.apply("tanh", drawing.linear(first, Linear("pooler.dense", True),
                                                 hidden, hidden))  # fmt: skip
            return "output"
        width = hidden
        if word != "deit":
            mean = drawing.apply("reduce", value, function="mean", axes=(1,), keep_dimensions=True)
            first, width = drawing.apply("concatenate", first, mean, axis=-1), 2 * hidden
        drawing.linear(first, Linear("classifier", True), width, count_labels(settings))
        return "logits"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def enter(drawing: Drawing, settings: Settings, prefix: str) -> str:
    """Patches, and in front of them rows of the class and, of DeiT, of what it was taught by."""
    hidden, word = find_hidden(settings), settings.text("model_type")
    side, patch = settings.count("image_size"), settings.count("patch_size")
    channels = settings.count("num_channels", default=3)
    value = take(drawing, "pixels", "batch", channels, side, side)
    value = convolve(drawing, value, f"{prefix}patch_embeddings.projection", channels, hidden,
                     (patch, patch), stride=patch, padding=0)  # fmt: skip
    value = flatten_image(drawing, value, hidden)
    rows = ("cls_token", "distillation_token") if word == "deit" else ("cls_token",)
    for name in rows:
        drawing.weight(prefix + name, 1, 1, hidden)
    if word != "deit" and settings.flag("use_mask_token", default=True):
        drawing.weight(f"{prefix}mask_token", 1, hidden)
    value = drawing.apply("pad", value, padding_low=(0, len(rows), 0), padding_high=(0, 0, 0))
    count = (side // patch) ** 2 + len(rows)
    value = drawing.apply("add", value, drawing.weight(f"{prefix}position_embeddings", 1, count,
                                                       hidden))  # fmt: skip
    if word != "dinov2_with_registers":
        return value
    more = settings.count("num_register_tokens", default=4)
    drawing.weight(f"{prefix}register_tokens", 1, more, hidden)
    return drawing.apply("pad", value, padding_low=(0, more, 0), padding_high=(0, 0, 0))


def plan_dino_layer(settings: Settings) -> Layer:
    hidden, word = find_hidden(settings), settings.text("model_type")
    inside, bias = "attention.attention.", settings.flag("qkv_bias", default=True)
    names = (f"{inside}query", f"{inside}key", f"{inside}value", "attention.output.dense")
    attention = plan_heads(settings, names, query=bias, key=bias, value=bias)
    if word == "deit":
        feed = plan_ungated(settings, settings.count("intermediate_size"), "intermediate.dense",
                            "output.dense")  # fmt: skip
        return Layer(attention, feed, "layernorm_before", "layernorm_after")
    width = int(hidden * (settings.number("mlp_ratio") or 4))
    feed = plan_ungated(settings, width, "mlp.fc1", "mlp.fc2")
    if settings.flag("use_swiglu_ffn"):
        width = (int(width * 2 / 3) + _GATED_PARTS - 1) // _GATED_PARTS * _GATED_PARTS
        both = Linear("mlp.weights_in", True)
        feed = FeedForward(width, both, Linear("mlp.weights_out", True), fused=both)
    scales = tuple((f"layer_scale{number}.lambda1", (hidden,)) for number in (1, 2))
    return Layer(attention, feed, "norm1", "norm2", extra=scales)
