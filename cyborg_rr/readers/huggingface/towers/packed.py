"""Towers that take all patches in one row, cut before: Qwen-VL, GLM-V and what follows them.

Names: ``modeling_qwen2_vl.py``, ``modeling_qwen2_5_vl.py``, ``modeling_qwen2_5_omni.py``,
``modeling_qwen3_vl.py`` and ``modeling_glm4v.py`` of transformers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.plans import Attention, Frame, Layer, Linear, Normalisation
from cyborg_rr.readers.architectures.towers import Dense, Feeding, Join, Norm, Patches, Step, Tower
from cyborg_rr.readers.huggingface.recipes.encoders import plan_ungated
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_hidden,
    plan_gated,
)
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.towers.drafts import downsample, find_ratio, name_sides
from cyborg_rr.readers.huggingface.towers.images import count_patches


def _cut(vision: Settings, *, bias: bool, name: str = "patch_embed.proj") -> Patches:
    channels = vision.count("in_channels", "in_chans", "num_channels", default=3)
    times = vision.count("temporal_patch_size", default=2)
    return Patches(name, channels, vision.count("patch_size"), times, bias)


def _attend(vision: Settings, hidden: int, *, bias: bool = True, out: bool = True) -> Attention:
    heads = max(vision.count("num_heads"), 1)
    kv_heads = vision.count("num_key_value_heads", default=heads)
    query, key, value, _ = name_sides("attn.{}", "qkv-", bias=bias)
    return Attention(heads, kv_heads, hidden // heads, query, key, value, Linear("attn.proj", out),
                     Linear("attn.qkv", bias), causal=False)  # fmt: skip


def _merge(vision: Settings, width: int, outer: int, norm: Normalisation) -> tuple[Step, ...]:
    count = vision.count("spatial_merge_size", default=2) ** 2
    return (Norm("merger.ln_q", norm), Join(count),
            Dense("merger.mlp.0", width * count, True, "gelu"),
            Dense("merger.mlp.2", outer))  # fmt: skip


def _qwen2(settings: Settings, vision: Settings, outer: int, prefix: str) -> Tower:
    width = vision.count("embed_dim")
    inner = int(width * find_ratio(vision, "mlp_ratio", 4.0))
    feed = plan_ungated(vision, inner, "mlp.fc1", "mlp.fc2")
    layer = Layer(_attend(vision, width), feed, "norm1", "norm2")
    layers = (layer,) * count_layers(vision, "depth")
    frame = Frame(width, prefix + "blocks.{layer}.")
    behind = _merge(vision, width, find_hidden(vision), "layer")
    return Tower(prefix, _cut(vision, bias=False), frame, layers, prefix, behind=behind)


def _qwen2_5(settings: Settings, vision: Settings, outer: int, prefix: str) -> Tower:
    """Most layers see windows of the image only."""
    width = find_hidden(vision)
    feed = plan_gated(vision, vision.count("intermediate_size"), bias=True)
    depth = count_layers(vision, "depth")
    frame = Frame(width, prefix + "blocks.{layer}.", "rms")
    whole = vision.numbers("fullatt_block_indexes")
    window = (vision.count("window_size") // max(vision.count("patch_size"), 1)) ** 2
    windows = tuple(0 if layer in whole else window for layer in range(depth))
    layers = (Layer(_attend(vision, width), feed, "norm1", "norm2"),) * depth
    behind = _merge(vision, width, vision.count("out_hidden_size"), "rms")
    entry = _cut(vision, bias=False)
    return Tower(prefix, entry, frame, layers, prefix, behind=behind, windows=windows)


def _omni(settings: Settings, vision: Settings, outer: int, prefix: str) -> Tower:
    """That of Qwen2.5-VL, with three weights for query, key and value."""
    tower = _qwen2_5(settings, vision, outer, prefix)
    layers = (
        replace(layer, mixer=replace(layer.mixer, fused=None))
        for layer in tower.layers
        if isinstance(layer.mixer, Attention)
    )
    return replace(tower, layers=tuple(layers))


def _glm_ocr(settings: Settings, vision: Settings, outer: int, prefix: str) -> Tower:
    """That of GLM-V without a table of places, with norms of queries and keys."""
    base = _glm4v(settings, vision, outer, prefix)
    width, out = find_hidden(vision), vision.count("out_hidden_size")
    bias = vision.flag("attention_bias", default=True)
    attention = replace(_attend(vision, width, bias=bias, out=bias), key_norm="head",
                        key_norm_names=("attn.q_norm", "attn.k_norm"))  # fmt: skip
    feed = plan_gated(vision, vision.count("intermediate_size"), bias=bias)
    layer = Layer(attention, feed, "norm1", "norm2")
    wide = plan_gated(vision, out * vision.count("in_channels", default=3), prefix="merger.")
    return replace(
        base,
        entry=_cut(vision, bias=True),
        layers=(layer,) * len(base.layers),
        behind=(*base.behind[:-1], Feeding(wide)),
    )


def _merge_deep(vision: Settings, name: str, *, late: bool) -> tuple[Step, ...]:
    """A merger of Qwen3-VL, its norm before or behind what is joined."""
    count = vision.count("spatial_merge_size", default=2) ** 2
    inner = find_hidden(vision) * count
    steps: tuple[Step, ...] = (Norm(f"{name}norm"), Join(count))
    return (
        *(steps[::-1] if late else steps),
        Dense(f"{name}linear_fc1", inner, True, "gelu"),
        Dense(f"{name}linear_fc2", vision.count("out_hidden_size")),
    )


def _qwen3(settings: Settings, vision: Settings, outer: int, prefix: str) -> Tower:
    width, depth = find_hidden(vision), count_layers(vision, "depth")
    places = vision.count("num_position_embeddings")
    entry = Patches(
        "patch_embed.proj",
        vision.count("in_channels", "in_chans", default=3),
        vision.count("patch_size"),
        vision.count("temporal_patch_size", default=2),
        positions=(("pos_embed.weight", (places, width)),),
    )
    feed = plan_ungated(
        vision, vision.count("intermediate_size"), "mlp.linear_fc1", "mlp.linear_fc2"
    )
    layers = (Layer(_attend(vision, width), feed, "norm1", "norm2"),) * depth
    listed = vision.numbers("deepstack_visual_indexes")
    if len(listed) > depth:
        raise UnreadableModel("config.json: deepstack_visual_indexes names more than all layers")
    deep = tuple(
        (place, _merge_deep(vision, f"deepstack_merger_list.{number}.", late=True))
        for number, place in enumerate(listed)
    )
    frame = Frame(width, prefix + "blocks.{layer}.")
    behind = _merge_deep(vision, "merger.", late=False)
    return Tower(prefix, entry, frame, layers, prefix, behind=behind, deep=deep)


def _omni3(settings: Settings, vision: Settings, outer: int, prefix: str) -> Tower:
    """That of Qwen3-VL, its mergers under other names."""
    tower = _qwen3(settings, vision, outer, prefix)
    deep = tuple(
        (place, _merge_listed(vision, f"merger_list.{number}.", late=True))
        for number, (place, _) in enumerate(tower.deep)
    )
    return replace(tower, deep=deep, behind=_merge_listed(vision, "merger.", late=False))


def _merge_listed(vision: Settings, name: str, *, late: bool) -> tuple[Step, ...]:
    names = {"norm": "ln_q", "linear_fc1": "mlp.0", "linear_fc2": "mlp.2"}
    return tuple(
        replace(step, name=name + names[step.name.removeprefix(name)])
        if isinstance(step, Norm | Dense)
        else step
        for step in _merge_deep(vision, name, late=late)
    )


def _glm4v(settings: Settings, vision: Settings, outer: int, prefix: str) -> Tower:
    width, out = find_hidden(vision), vision.count("out_hidden_size")
    entry = Patches(
        "patch_embed.proj",
        vision.count("in_channels", "in_chans", default=3),
        vision.count("patch_size"),
        vision.count("temporal_patch_size", default=2),
        positions=(("embeddings.position_embedding.weight", (count_patches(vision), width)),),
        norm="post_conv_layernorm",
    )
    bias = vision.flag("attention_bias")
    feed = plan_gated(vision, out)
    layer = Layer(_attend(vision, width, bias=bias, out=False), feed, "norm1", "norm2")
    frame = Frame(width, prefix + "blocks.{layer}.", "rms")
    gated = plan_gated(vision, vision.count("intermediate_size"), prefix="merger.")
    behind = (
        downsample("downsample", out, vision.count("spatial_merge_size", default=2)),
        Dense("merger.proj", out, False),
        Norm("merger.post_projection_norm"),
        Feeding(gated),
    )
    layers = (layer,) * count_layers(vision, "depth")
    final = (Norm("post_layernorm", "rms"),)
    return Tower(prefix, entry, frame, layers, prefix, final, behind)


PackedRecipe = Callable[[Settings, Settings, int, str], Tower]

PACKED: Final[Mapping[str, PackedRecipe]] = MappingProxyType(
    {
        "qwen2_vl": _qwen2,
        "qwen2_5_vl": _qwen2_5,
        "qwen2_5_omni_thinker": _omni,
        "qwen3_vl": _qwen3,
        "qwen3_vl_moe": _qwen3,
        "qwen3_5": _qwen3,
        "qwen3_5_moe": _qwen3,
        "glm4v": _glm4v,
        "glm46v": _glm4v,
        "glm_ocr": _glm_ocr,
        "exaone4_5": _qwen2_5,
        "qwen3_omni_moe_thinker": _omni3,
        "glm4v_moe": _glm4v,
    }
)
"""How a tower with its own merger is made, by the model type of the whole."""
