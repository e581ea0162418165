"""Encoders of images, by the model type of their own configuration: towers without a projector.

Names: ``modeling_clip.py``, ``modeling_siglip.py``, ``modeling_pixtral.py``,
``modeling_internvl.py``, ``modeling_idefics2.py``, ``modeling_janus.py`` and
``modeling_blip_2.py`` of transformers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.plans import (
    Attention,
    Extra,
    FeedForward,
    Frame,
    Layer,
    Linear,
    Normalisation,
)
from cyborg_rr.readers.architectures.towers import (
    Dense,
    Join,
    Keep,
    Norm,
    Patches,
    Pixels,
    Pool,
    Skip,
    Step,
    Tower,
)
from cyborg_rr.readers.huggingface.recipes.encoders import plan_heads, plan_ungated
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_activation,
    find_hidden,
    plan_gated,
)
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.towers.drafts import find_ratio, mix_words, name_sides
from cyborg_rr.readers.huggingface.towers.pooling import pool_by_probe, pool_first

_HEADS: Final = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj")


def find_side(settings: Settings, name: str) -> int:
    """A size of square images, stated as one number or twice."""
    both = settings.numbers(name)
    side = both[0] if both else settings.count(name)
    if (both and (len(both) != 2 or both[0] != both[1])) or side < 1:
        raise UnreadableModel(f"config.json: {name} is not that of a square")
    return side


def count_patches(vision: Settings) -> int:
    """How many patches an image has."""
    return int((find_side(vision, "image_size") // find_side(vision, "patch_size")) ** 2)


def _plan_pixels(vision: Settings, name: str) -> Pixels:
    side = find_side(vision, "image_size")
    return Pixels(
        name,
        vision.count("num_channels", default=3),
        side,
        side,
        find_side(vision, "patch_size"),
    )


def plan_layer(vision: Settings, names: tuple[str, str, str, str] = _HEADS) -> Layer:
    """A layer as CLIP and SigLIP name it."""
    feed = plan_ungated(vision, vision.count("intermediate_size"), "mlp.fc1", "mlp.fc2")
    return Layer(plan_heads(vision, names), feed, "layer_norm1", "layer_norm2")


def _clip(vision: Settings, prefix: str) -> Tower:
    hidden = find_hidden(vision)
    count = count_patches(vision) + 1
    entry = replace(
        _plan_pixels(vision, "embeddings.patch_embedding"),
        bias=False,
        classes=(("embeddings.class_embedding", (hidden,)),),
        positions=(("embeddings.position_embedding.weight", (count, hidden)),),
        norm="pre_layrnorm",
    )
    layers = (plan_layer(vision),) * count_layers(vision)
    frame = Frame(hidden, prefix + "encoder.layers.{layer}.")
    return Tower(prefix, entry, frame, layers, unused=(pool_first("post_layernorm"),))


def _siglip(vision: Settings, prefix: str, *, head: bool | None = None) -> Tower:
    hidden = find_hidden(vision)
    entry = replace(
        _plan_pixels(vision, "embeddings.patch_embedding"),
        positions=(("embeddings.position_embedding.weight", (count_patches(vision), hidden)),),
    )
    layers = (plan_layer(vision),) * count_layers(vision)
    frame = Frame(hidden, prefix + "encoder.layers.{layer}.")
    pooled = vision.flag("vision_use_head", default=True) if head is None else head
    unused: tuple[Step, ...] = (pool_by_probe(vision, "head."),) if pooled else ()
    final = (Norm("post_layernorm"),)
    return Tower(prefix, entry, frame, layers, final=final, unused=unused)


def _idefics(vision: Settings, prefix: str) -> Tower:
    """SigLIP without a head."""
    return _siglip(vision, prefix, head=False)


def _siglip2(vision: Settings, prefix: str) -> Tower:
    """SigLIP of patches that were cut before, each image with as many."""
    hidden = find_hidden(vision)
    entry = Patches(
        "embeddings.patch_embedding",
        vision.count("num_channels", default=3),
        vision.count("patch_size"),
        convolution=False,
        positions=(
            ("embeddings.position_embedding.weight", (vision.count("num_patches"), hidden)),
        ),
    )
    layers = (plan_layer(vision),) * count_layers(vision)
    frame = Frame(hidden, prefix + "encoder.layers.{layer}.")
    pooled = vision.flag("vision_use_head", default=True)
    unused: tuple[Step, ...] = (pool_by_probe(vision, "head."),) if pooled else ()
    return Tower(prefix, entry, frame, layers, final=(Norm("post_layernorm"),), unused=unused)


def _pixtral(vision: Settings, prefix: str) -> Tower:
    """Images of any size in one row, their places turned."""
    hidden, heads = find_hidden(vision), max(vision.count("num_attention_heads"), 1)
    entry = Pixels("patch_conv", vision.count("num_channels", default=3), "height", "width",
                   vision.count("patch_size"), bias=False, norm="ln_pre", joined=True)  # fmt: skip
    sides = name_sides("attention.{}_proj", "qkvo")
    width = vision.count("head_dim", default=hidden // heads)
    feed = FeedForward(
        vision.count("intermediate_size"),
        Linear("feed_forward.up_proj"),
        Linear("feed_forward.down_proj"),
        Linear("feed_forward.gate_proj"),
        activation=find_activation(vision),
    )
    attention = Attention(heads, heads, width, *sides, causal=False)
    layer = Layer(attention, feed, "attention_norm", "ffn_norm")
    frame = Frame(hidden, prefix + "transformer.layers.{layer}.", "rms")
    return Tower(prefix, entry, frame, (layer,) * count_layers(vision))


def _internvl(vision: Settings, prefix: str) -> Tower:
    hidden, count = find_hidden(vision), count_patches(vision) + 1
    placed = vision.flag("use_absolute_position_embeddings", default=True)
    positions: Extra = (("embeddings.position_embeddings", (1, count, hidden)),) if placed else ()
    masked: Extra = (("embeddings.mask_token", (1, 1, hidden)),)
    entry = replace(
        _plan_pixels(vision, "embeddings.patch_embeddings.projection"),
        classes=(("embeddings.cls_token", (1, 1, hidden)),),
        positions=positions,
    )
    bias = vision.flag("attention_bias")
    names = ("attention.q_proj", "attention.k_proj", "attention.v_proj",
             "attention.projection_layer")  # fmt: skip
    attention = replace(
        plan_heads(vision, names, query=bias, key=bias, value=bias),
        key_norm="all" if vision.flag("use_qk_norm") else "none",
        key_norm_names=("attention.q_norm", "attention.k_norm"),
    )
    feed = plan_ungated(vision, vision.count("intermediate_size"), "mlp.fc1", "mlp.fc2")
    extra: Extra = (("lambda_1", (hidden,)), ("lambda_2", (hidden,)))
    layer = Layer(attention, feed, "layernorm_before", "layernorm_after", extra=extra)
    norm: Normalisation = "rms" if vision.text("norm_type") == "rms_norm" else "layer"
    frame = Frame(hidden, prefix + "encoder.layer.{layer}.", norm)
    pooled = vision.flag("use_mean_pooling", default=True)
    final: tuple[Step, ...] = () if pooled else (Norm("layernorm"),)
    if vision.flag("use_mask_token"):
        final = (*final, Keep(masked))
    return Tower(prefix, entry, frame, (layer,) * count_layers(vision), final=final)


def _blip(vision: Settings, prefix: str) -> Tower:
    hidden, count = find_hidden(vision), count_patches(vision) + 1
    entry = replace(
        _plan_pixels(vision, "embeddings.patch_embedding"),
        classes=(("embeddings.class_embedding", (1, 1, hidden)),),
        positions=(("embeddings.position_embedding", (1, count, hidden)),),
    )
    fused = Linear("self_attn.qkv", vision.flag("qkv_bias", default=True))
    attention = replace(plan_heads(vision, (*_HEADS[:3], "self_attn.projection")), fused=fused)
    layers = (replace(plan_layer(vision), mixer=attention),) * count_layers(vision)
    frame = Frame(hidden, prefix + "encoder.layers.{layer}.")
    unused = (pool_first("post_layernorm"),)
    return Tower(prefix, entry, frame, layers, final=(Norm("post_layernorm"),), unused=unused)


def _janus(vision: Settings, prefix: str) -> Tower | None:
    if vision.flag("use_qk_norm"):
        return None
    hidden = find_hidden(vision)
    entry = replace(
        _plan_pixels(vision, "embeddings.patch_embedding"),
        positions=(("embeddings.position_embedding.weight", (count_patches(vision), hidden)),),
    )
    bias = vision.flag("attention_bias", default=True)
    names = (*_HEADS[:3], "self_attn.projection_layer")
    attention = plan_heads(vision, names, query=bias, key=bias, value=bias)
    inner = int(hidden * find_ratio(vision, "mlp_ratio", 4.0))
    feed = plan_ungated(vision, inner, "mlp.fc1", "mlp.fc2")
    layer = Layer(attention, feed, "layer_norm1", "layer_norm2")
    frame = Frame(hidden, prefix + "encoder.layers.{layer}.")
    unused = (pool_first("post_layernorm"),)
    layers = (layer,) * count_layers(vision)
    return Tower(prefix, entry, frame, layers, final=(Norm("post_layernorm"),), unused=unused)


def plan_flat(vision: Settings, prefix: str) -> Tower:
    """SigLIP over patches in one row (VideoLLaMA 3, PaddleOCR-VL)."""
    hidden = find_hidden(vision)
    tabled = vision.text("model_type") == "paddleocr_vl_vision"
    table = "embeddings.position_embedding.weight"
    entry = Patches(
        "embeddings.patch_embedding",
        vision.count("num_channels", default=3),
        vision.count("patch_size"),
        positions=((table, (count_patches(vision), hidden)),) if tabled else (),
        square=tabled,
    )
    layers = (plan_layer(vision),) * count_layers(vision)
    frame = Frame(hidden, prefix + "encoder.layers.{layer}.")
    return Tower(prefix, entry, frame, layers, final=(Norm("post_layernorm"),))


def _llama4(vision: Settings, prefix: str) -> Tower | None:
    """The vector of the class stands last; neighbours are joined by the encoder itself.

    None where sizes do not fit each other, as the defaults of the class do not.
    """
    hidden, count = find_hidden(vision), count_patches(vision) + 1
    entry = replace(
        _plan_pixels(vision, "patch_embedding.linear"),
        bias=False,
        flat=True,
        last=True,
        classes=(("class_embedding", (hidden,)),),
        positions=(("positional_embedding_vlm", (count, hidden)),),
        norm="layernorm_pre",
    )
    names = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")
    feed = plan_ungated(vision, vision.count("intermediate_size"), "mlp.fc1", "mlp.fc2")
    attention = replace(plan_heads(vision, names), rotary=True)
    layer = Layer(attention, feed)
    joined = int(1 / find_ratio(vision, "pixel_shuffle_ratio", 0.5)) ** 2
    inner, outer = (vision.count(f"projector_{side}_dim") for side in ("input", "output"))
    final = (
        Norm("layernorm_post"),
        Skip(1, last=True),
        Join(joined),
        Dense("vision_adapter.mlp.fc1", inner, False, "gelu"),
        Dense("vision_adapter.mlp.fc2", outer, False, "gelu"),
    )
    sizes = inner, vision.count("vision_output_dim"), vision.count("intermediate_size")
    if sizes != (outer, outer, joined * hidden):
        return None
    frame = Frame(hidden, prefix + "model.layers.{layer}.")
    return Tower(prefix, entry, frame, (layer,) * count_layers(vision), final=final)


def _ovis2(vision: Settings, prefix: str) -> Tower:
    """Each place of an image is a mixture of words of a vocabulary of its own."""
    hidden = find_hidden(vision)
    entry = replace(
        _plan_pixels(vision, "transformer.embeddings.patch_embedding"),
        positions=(
            ("transformer.embeddings.position_embedding.weight", (count_patches(vision), hidden)),
        ),
        before="transformer.embeddings.rms_norm",
    )
    heads = max(vision.count("num_attention_heads"), 1)
    bias, fed = vision.flag("qkv_bias"), vision.flag("mlp_bias")
    sides = name_sides("attention.{}_proj", ("q", "k", "v", "out"), bias=bias)
    attention = Attention(heads, heads, hidden // heads, *sides, rotary=False, causal=False)
    feed = plan_gated(vision, vision.count("intermediate_size"), prefix="ffn.", bias=fed)
    layer = Layer(attention, feed, "rms_norm1", "rms_norm2")
    frame = Frame(hidden, prefix + "transformer.encoder.layers.{layer}.", "rms")
    words = vision.count("vocab_size")
    shown = words - vision.count("num_visual_indicator_tokens", default=5)
    final = (
        Norm("transformer.rms_norm", "rms"),
        Join(vision.count("hidden_stride", default=1) ** 2),
        Dense("head_linear", shown, False),
        Norm("head_norm"),
        mix_words(words - shown),
    )
    return Tower(prefix, entry, frame, (layer,) * count_layers(vision), final=final)


def _gemma4(vision: Settings, prefix: str) -> Tower | None:
    """Norms before and behind each part, places in two tables, neighbours pooled."""
    if vision.flag("use_clipped_linears"):
        return None
    hidden = find_hidden(vision)
    rows = vision.count("position_embedding_size", default=10240)
    entry = Patches(
        "patch_embedder.input_proj", 3, vision.count("patch_size"), bias=False, convolution=False,
        positions=(("patch_embedder.position_embedding_table", (2, rows, hidden)),),
    )  # fmt: skip
    heads = max(vision.count("num_attention_heads"), 1)
    sides = name_sides("self_attn.{}_proj.linear", "qkvo")
    attention = Attention(
        heads, vision.count("num_key_value_heads", default=heads),
        vision.count("head_dim", default=64), *sides, key_norm="head", causal=False,
    )  # fmt: skip
    feed = FeedForward(
        vision.count("intermediate_size"),
        Linear("mlp.up_proj.linear"),
        Linear("mlp.down_proj.linear"),
        Linear("mlp.gate_proj.linear"),
        activation=find_activation(vision, "gelu"),
    )
    layer = Layer(attention, feed, "input_layernorm", "pre_feedforward_layernorm",
                  "post_attention_layernorm", "post_feedforward_layernorm")  # fmt: skip
    final: tuple[Step, ...] = (Pool(vision.count("pooling_kernel_size", default=3) ** 2),)
    if vision.flag("standardize"):
        kept = (("std_bias", (hidden,)), ("std_scale", (hidden,)))
        final = (*final, Keep(kept, learnt=False))
    frame = Frame(hidden, prefix + "encoder.layers.{layer}.", "rms")
    return Tower(prefix, entry, frame, (layer,) * count_layers(vision), final=final)


ImageRecipe = Callable[[Settings, str], Tower | None]

IMAGES: Final[Mapping[str, ImageRecipe]] = MappingProxyType(
    {
        "clip_vision_model": _clip,
        "kosmos_2_vision_model": _clip,
        "git_vision_model": _clip,
        "siglip_vision_model": _siglip,
        "siglip2_vision_model": _siglip2,
        "idefics2_vision": _idefics,
        "idefics3_vision": _idefics,
        "smolvlm_vision": _idefics,
        "pixtral": _pixtral,
        "internvl_vision": _internvl,
        "blip_2_vision_model": _blip,
        "instructblip_vision_model": _blip,
        "instructblipvideo_vision_model": _blip,
        "janus_vision_model": _janus,
        "llama4_vision_model": _llama4,
        "gemma4_vision": _gemma4,
        "ovis2_vision": _ovis2,
        "paddleocr_vl_vision": plan_flat,
        "video_llama_3_vision": plan_flat,
    }
)
"""How an encoder of images is made, by its model type."""
