"""Decoders of experts of few kin: HunYuan 3, MiMo V2 Flash, Laguna, Command A of experts.

Facts are those of the classes of transformers 5 (``modeling_*.py`` of each model).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.plans import Attention, Decoder, Experts, Feed, Layer, Linear
from cyborg_rr.readers.huggingface.recipes.decoders import Recipe, plan_model
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    list_windows,
    plan_attention,
    plan_experts,
    plan_gated,
)
from cyborg_rr.readers.huggingface.settings import Settings

_CORRECTION: Final = "mlp.gate.e_score_correction_bias"


def _list_sparse(settings: Settings, first: int) -> Sequence[bool]:
    """Which layers have experts: those that a list names, else all but the ``first`` ones."""
    count, kinds = count_layers(settings), settings.texts("mlp_layer_types")
    if kinds and len(kinds) < count:
        raise UnreadableModel(f"config.json: mlp_layer_types names {len(kinds)} of {count} layers")
    return [kinds[n] == "sparse" if kinds else n >= first for n in range(count)]


def _plan_sparse(
    settings: Settings,
    shared: int,
    *,
    beside: str = "mlp.shared_experts.",
    router: str = "mlp.gate",
    correction: str = _CORRECTION,
) -> Experts:
    """Experts beside a part so wide that runs for all tokens, 0 without one."""
    part = plan_gated(settings, shared, prefix=beside) if shared else None
    width = settings.count("moe_intermediate_size")
    return plan_experts(settings, width, router=router, correction=correction, shared=part)


def _hunyuan3(settings: Settings) -> Decoder:
    attention = plan_attention(settings, bias=settings.flag("attention_bias"), key_norm="head")
    shared = settings.count("num_shared_experts", default=0)
    width = settings.count("moe_intermediate_size") * shared
    sparse = _plan_sparse(settings, width, beside="mlp.shared_mlp.", router="mlp.router.gate",
                          correction="mlp.expert_bias")  # fmt: skip
    dense = plan_gated(
        settings, settings.count("intermediate_size"), bias=settings.flag("mlp_bias")
    )
    feeds: dict[bool, Feed] = {True: sparse, False: dense}
    first = settings.count("first_k_dense_replace", default=1)
    layers = (Layer(attention, feeds[one]) for one in _list_sparse(settings, first))
    return plan_model(settings, layers)


def _mimo_flash(settings: Settings) -> Decoder:
    """Layers that slide have twice the keys, and sinks; values are narrower than keys."""
    bias = settings.flag("attention_bias")
    feeds: dict[bool, Feed] = {
        True: _plan_sparse(settings, 0),
        False: plan_gated(settings, settings.count("intermediate_size")),
    }
    period = settings.count("hybrid_block_size", default=5)
    windows = list_windows(settings, lambda layer: bool(layer % period))
    layers = (
        Layer(_widen(settings, plan_attention(settings, window=window, bias=bias)), feeds[one])
        for window, one in zip(windows, _list_sparse(settings, 1), strict=True)
    )
    return plan_model(settings, layers)


def _widen(settings: Settings, attention: Attention) -> Attention:
    slides = attention.window is not None
    return replace(
        attention,
        kv_heads=attention.kv_heads * (2 if slides else 1),
        value_width=settings.count("v_head_dim", default=attention.width),
        output=replace(attention.output, bias=False),
        sinks="self_attn.attention_sink_bias" if slides else "",
    )


def _laguna(settings: Settings) -> Decoder | None:
    """Results are gated by head or number by number, and layers may have more heads than others."""
    gating = settings.find("gating")
    if gating is not None and not isinstance(gating, bool | str):
        return None
    by_head = gating is None or gating is True or gating == "per-head"
    heads = settings.numbers("num_attention_heads_per_layer")
    feeds: dict[bool, Feed] = {
        True: _plan_sparse(
            settings,
            settings.count("shared_expert_intermediate_size"),
            beside="mlp.shared_expert.",
            correction="mlp.experts.e_score_correction_bias",
        ),
        False: plan_gated(settings, settings.count("intermediate_size")),
    }
    windows = list_windows(settings, lambda layer: False)
    if heads and len(heads) < len(windows):
        raise UnreadableModel("config.json: num_attention_heads_per_layer names too few layers")
    layers = []
    for number, one in enumerate(_list_sparse(settings, 1)):
        attention = plan_attention(
            settings, window=windows[number], bias=settings.flag("attention_bias"), key_norm="head"
        )
        attention = replace(
            attention,
            heads=heads[number] if heads else attention.heads,
            gate=Linear("self_attn.g_proj"),
            gates_heads=by_head,
        )
        layers.append(Layer(attention, feeds[one]))
    return plan_model(settings, layers)


def _cohere2_moe(settings: Settings) -> Decoder:
    """Attention and experts side by side behind one norm."""
    width = settings.count("intermediate_size")
    shared = settings.count("num_shared_experts", default=0)
    part = plan_gated(settings, width * shared, prefix="mlp.shared_experts.") if shared else None
    wide = settings.find_count("prefix_dense_intermediate_size") or width
    feeds: dict[bool, Feed] = {
        True: plan_experts(settings, width, shared=part),
        False: plan_gated(settings, wide),
    }
    period = settings.count("sliding_window_pattern", default=4)
    windows = list_windows(settings, lambda layer: bool((layer + 1) % period))
    bias = settings.flag("attention_bias")
    first = settings.count("first_k_dense_replace", default=0)
    layers = (
        Layer(
            plan_attention(settings, window=window, bias=bias), feeds[one], feed_norm="",
            parallel=True,
        )
        for window, one in zip(windows, _list_sparse(settings, first), strict=True)
    )  # fmt: skip
    plan = plan_model(settings, layers, tied=True)
    is_rms = settings.find("rms_norm_eps") is not None
    return plan if is_rms else replace(plan, norm="layer_without_bias")


def _aria(settings: Settings) -> Decoder:
    """All experts of a layer in one tensor, inputs first, beside shared ones."""
    width = settings.count("intermediate_size")
    shared = width * settings.count("moe_num_shared_experts", default=0)
    bias, inside = settings.flag("mlp_bias"), "mlp.experts."
    sparse = replace(
        plan_experts(settings, width, router="mlp.router"),
        stacked=True,
        transposed=True,
        gate=None,
        fused=Linear(f"{inside}fc1.weight"),
        down=Linear(f"{inside}fc2.weight"),
        shared=plan_gated(settings, shared, prefix="mlp.shared_experts.", bias=bias),
    )
    attention = plan_attention(settings, bias=settings.flag("attention_bias"))
    return plan_model(settings, (Layer(attention, sparse),) * count_layers(settings))


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "hy_v3": _hunyuan3, "mimo_v2_flash": _mimo_flash, "laguna": _laguna,
        "cohere2_moe": _cohere2_moe, "aria_text": _aria,
    }
)  # fmt: skip
"""How a configuration is read, by its model type."""
