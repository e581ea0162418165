"""Zamba: state spaces, and a transformer layer that several of them share.

Names: ``modeling_zamba.py`` and ``modeling_zamba2.py`` of transformers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import (
    Attention,
    Decoder,
    Detour,
    FeedForward,
    Layer,
    Linear,
)
from cyborg_rr.readers.architectures.recurrences import HeadedScan, StateSpaceDuality
from cyborg_rr.readers.huggingface.recipes.decoders import Recipe, plan_model
from cyborg_rr.readers.huggingface.recipes.hybrids.decoders import list_kinds
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_hidden,
    plan_attention,
    plan_gated,
)
from cyborg_rr.readers.huggingface.settings import Settings

_INSIDE: Final = "mamba_decoder."


def _zamba(settings: Settings) -> Decoder:
    hidden = find_hidden(settings)
    rank = settings.find("mamba_dt_rank")
    scan = HeadedScan(
        heads=max(settings.count("n_mamba_heads", default=2), 1),
        inner=hidden * settings.count("mamba_expand", default=2),
        state=settings.count("mamba_d_state", default=16),
        kernel=settings.count("mamba_d_conv", default=4),
        step_rank=rank if isinstance(rank, int) else -(-hidden // 16),
        convolution_bias=settings.flag("mamba_conv_bias", default=True),
    )
    count = count_layers(settings)
    period = max(settings.count("attn_layer_period", default=6), 1)
    offset = settings.count("attn_layer_offset", default=4)
    kinds = settings.texts("layers_block_type", "layer_types") or tuple(
        "hybrid" if n == 2 or (n > 2 and n % period == offset) else "mamba" for n in range(count)
    )
    kinds = list_kinds(settings.fill({"layers_block_type": list(kinds)}), "layers_block_type")
    feed = plan_gated(settings, settings.count("intermediate_size"), prefix="")
    detour = Detour(_attend(settings, rotary=False), feed, "")
    plan = plan_model(settings, _lay(kinds, scan, detour, "shared_transf.", 1), tied=True)
    return replace(plan, final_norm="model.final_layernorm")


def _zamba2(settings: Settings) -> Decoder:
    hidden = find_hidden(settings)
    heads = max(settings.count("n_mamba_heads", default=8), 1)
    scan = StateSpaceDuality(
        heads=heads,
        width=settings.count("mamba_expand", default=2) * hidden // heads,
        groups=settings.count("mamba_ngroups", default=1),
        state=settings.count("mamba_d_state", default=64),
        kernel=settings.count("mamba_d_conv", default=4),
        prefix="mamba.",
        bias=settings.flag("add_bias_linear"),
        convolution_bias=settings.flag("use_conv_bias", default=True),
        chunk=settings.count("chunk_size", default=256),
    )
    bias = settings.flag("add_bias_linear")
    feed = FeedForward(
        width=settings.count("intermediate_size", default=4 * hidden),
        up=Linear("gate_up_proj", bias),
        down=Linear("down_proj", bias),
        fused=Linear("gate_up_proj", bias),
        activation="gelu",
    )
    rank = settings.count("adapter_rank", default=128)
    detour = Detour(
        _attend(settings, rotary=settings.flag("use_mem_rope")),
        feed,
        "",
        feed_rank=rank,
        attention_rank=rank if settings.flag("use_shared_attention_adapter") else 0,
    )
    kinds = list_kinds(settings, "layers_block_type", "layer_types")
    blocks = max(settings.count("num_mem_blocks", default=1), 1)
    layers = _lay(kinds, scan, detour, "shared_transformer.", blocks)
    return replace(plan_model(settings, layers, tied=True), final_norm="model.final_layernorm")


def _attend(settings: Settings, *, rotary: bool) -> Attention:
    """Attention over vectors of twice the width."""
    heads = max(settings.count("num_attention_heads"), 1)
    width = settings.count("attention_head_dim", default=2 * find_hidden(settings) // heads)
    return replace(plan_attention(settings, rotary=rotary), width=width)


def _lay(
    kinds: tuple[str, ...],
    scan: StateSpaceDuality | HeadedScan,
    detour: Detour,
    name: str,
    blocks: int,
) -> Iterator[Layer]:
    """The layers; those that share a part call it as the first of them does, in turn."""
    hybrids = [place for place, kind in enumerate(kinds) if kind == "hybrid"]
    inside = replace(scan, prefix=f"{_INSIDE}mamba.")
    number = 0
    for kind in kinds:
        if kind != "hybrid":
            yield Layer(scan, None)
            continue
        owner = hybrids[number % blocks]
        own = replace(detour, prefix=f"model.layers.{owner}.{name}", number=number)
        yield Layer(inside, None, f"{_INSIDE}input_layernorm", detour=own)
        number += 1


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType({"zamba": _zamba, "zamba2": _zamba2})
"""How a configuration is read, by its model type."""
