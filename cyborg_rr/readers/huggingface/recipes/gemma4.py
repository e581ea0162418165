"""Gemma 4: heads of two widths, and experts beside a dense part.

Names: ``modeling_gemma4.py`` of transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import (
    Attention,
    Decoder,
    Experts,
    Feed,
    Layer,
    Linear,
)
from cyborg_rr.readers.huggingface.recipes.decoders import Recipe, plan_model, sandwich
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_hidden,
    list_windows,
    plan_attention,
    plan_experts,
    plan_gated,
)
from cyborg_rr.readers.huggingface.settings import Settings

_PERIOD: Final = 6
_OTHERS: Final = ("num_kv_shared_layers", "hidden_size_per_layer_input", "use_double_wide_mlp")
"""Settings of the small models of the family, which are not planned here."""


def _gemma4(settings: Settings) -> Decoder | None:
    if any(settings.find(name) for name in _OTHERS):
        return None
    count = count_layers(settings)
    windows = list_windows(
        settings, lambda layer: bool((layer + 1) % _PERIOD) and layer < count - 1
    )
    feed = _plan_feed(settings)
    layers = (
        Layer(
            plan_mixer(enter_layer(settings, layer), window),
            feed,
            buffers=(("layer_scalar", (1,)),),
        )
        for layer, window in enumerate(windows)
    )
    return sandwich(plan_model(settings, layers, tied=True))


def enter_layer(settings: Settings, layer: int) -> Settings:
    """The settings of one layer: transformers 5.24 states those that differ under its number."""
    stated = settings.enter("per_layer_config")
    own = None if stated is None else stated.enter(f"{layer:02}", str(layer))
    if own is None:
        return settings
    return Settings({**settings.stated, **own.stated}, settings.outer, settings.assumed)


def plan_mixer(settings: Settings, window: int | None) -> Attention:
    """Attention of one layer: full ones have heads of another width."""
    bias = settings.flag("attention_bias")
    attention = plan_attention(settings, window=window, bias=bias, key_norm="head")
    if window is not None:
        return attention
    shares = settings.flag("attention_k_eq_v")
    heads = settings.find_count("num_global_key_value_heads") if shares else None
    return replace(
        attention,
        width=settings.count("global_head_dim", default=attention.width) or attention.width,
        kv_heads=heads or attention.kv_heads,
        shares_key=shares,
    )


def _plan_feed(settings: Settings) -> Feed:
    dense = plan_gated(settings, settings.count("intermediate_size"))
    if not settings.flag("enable_moe_block"):
        return dense
    hidden = find_hidden(settings)
    experts: Experts = plan_experts(settings, settings.count("moe_intermediate_size"),
                                    router="router.proj", shared=dense)  # fmt: skip
    norms = ("pre_feedforward_layernorm_2", "post_feedforward_layernorm_2",
             "post_feedforward_layernorm_1")  # fmt: skip
    return replace(
        experts,
        gate=None,
        stacked=True,
        fused=Linear("experts.gate_up_proj"),
        down=Linear("experts.down_proj"),
        norms=norms,
        extra=(("router.scale", (hidden,)), ("router.per_expert_scale", (experts.count,))),
    )


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType({"gemma4_text": _gemma4})
"""How a configuration is read, by its model type."""
