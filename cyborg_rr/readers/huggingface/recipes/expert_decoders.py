"""Decoders whose feed-forward parts are choices of experts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.plans import (
    Decoder,
    Experts,
    Feed,
    Indexer,
    KeyNorm,
    Latent,
    Layer,
    Linear,
    Mixer,
)
from cyborg_rr.readers.huggingface.recipes.decoders import Recipe, always, never, plan_model
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    list_windows,
    plan_attention,
    plan_experts,
    plan_gated,
)
from cyborg_rr.readers.huggingface.settings import Settings

_NUMBERED = ("w1", "w3", "w2")


def _mixtral(settings: Settings) -> Decoder:
    bias = settings.flag("attention_bias")
    feed = plan_experts(
        settings,
        settings.count("intermediate_size"),
        router="block_sparse_moe.gate",
        experts="block_sparse_moe.experts.{expert}.",
        names=_NUMBERED,
    )
    layers = (
        Layer(plan_attention(settings, window=window, bias=bias), feed)
        for window in list_windows(settings, always)
    )
    return plan_model(settings, layers)


def _phimoe(settings: Settings) -> Decoder:
    plan = _mixtral(settings)
    return replace(plan, norm="layer", head_bias=settings.flag("lm_head_bias"))


def _minimax(settings: Settings) -> Decoder:
    plan = _mixtral(settings)
    key_norm: KeyNorm = "all" if settings.flag("use_qk_norm", default=True) else "none"
    correction = "block_sparse_moe.e_score_correction_bias"
    layers = (
        replace(
            layer,
            mixer=plan_attention(settings, key_norm=key_norm),
            feed=replace(
                layer.feed,
                correction=correction if settings.flag("use_routing_bias", default=True) else "",
                correction_is_wide=False,
            )
            if isinstance(layer.feed, Experts)
            else layer.feed,
        )
        for layer in plan.layers
    )
    return replace(plan, layers=tuple(layers))


def is_sparse(settings: Settings, layer: int) -> bool:
    """Whether a layer of Qwen's chooses experts."""
    step = max(settings.count("decoder_sparse_step", default=1), 1)
    return layer not in settings.numbers("mlp_only_layers") and (layer + 1) % step == 0


def plan_qwen_experts(settings: Settings) -> Experts:
    """Experts of Qwen's, with a shared part where it has a width."""
    width = settings.find_count("shared_expert_intermediate_size") or 0
    return plan_experts(
        settings,
        settings.count("moe_intermediate_size"),
        shared=plan_gated(settings, width, prefix="mlp.shared_expert.") if width else None,
        shared_gate="mlp.shared_expert_gate" if width else "",
    )


def _qwen_moe(settings: Settings) -> Decoder:
    new = settings.text("model_type").removesuffix("_text").startswith("qwen3")
    bias = settings.flag("attention_bias" if new else "qkv_bias", default=not new)
    feeds: dict[bool, Feed] = {True: plan_qwen_experts(settings)}
    if not all(is_sparse(settings, layer) for layer in range(count_layers(settings))):
        feeds[False] = plan_gated(settings, settings.count("intermediate_size"))
    layers = (
        Layer(
            plan_attention(
                settings,
                window=window,
                bias=bias,
                output_bias=bias and new,
                key_norm="head" if new else "none",
            ),
            feeds[is_sparse(settings, layer)],
        )
        for layer, window in enumerate(list_windows(settings, never))
    )
    return plan_model(settings, layers)


def _qwen_vl_moe(settings: Settings) -> Decoder:
    """The same with all experts in one tensor."""
    plan = _qwen_moe(settings)
    prefix = "mlp.experts."
    layers = (
        replace(
            layer,
            feed=replace(
                _stack(layer.feed),
                fused=Linear(f"{prefix}gate_up_proj"),
                down=Linear(f"{prefix}down_proj"),
            )
            if isinstance(layer.feed, Experts)
            else layer.feed,
        )
        for layer in plan.layers
    )
    return replace(plan, layers=tuple(layers))


def _olmoe(settings: Settings) -> Decoder:
    feed = plan_experts(settings, settings.count("intermediate_size"))
    bias = settings.flag("attention_bias")
    layer = Layer(plan_attention(settings, bias=bias, key_norm="all"), feed)
    return plan_model(settings, (layer,) * count_layers(settings))


def plan_granite_experts(settings: Settings) -> Experts:
    """All experts in one tensor, gate and up together."""
    prefix = "block_sparse_moe."
    width = settings.count("intermediate_size")
    feed = _stack(plan_experts(settings, width, router=f"{prefix}router.layer"))
    return replace(
        feed,
        fused=Linear(f"{prefix}input_linear.weight"),
        down=Linear(f"{prefix}output_linear.weight"),
    )


def _granitemoe(settings: Settings) -> Decoder:
    feed = plan_granite_experts(settings)
    if shared := settings.find_count("shared_intermediate_size"):
        part = plan_gated(settings, shared, fused="shared_mlp.input_linear")
        feed = replace(feed, shared=replace(part, down=Linear("shared_mlp.output_linear")))
    layer = Layer(plan_attention(settings, bias=settings.flag("attention_bias")), feed)
    return plan_model(settings, (layer,) * count_layers(settings), tied=True)


def _stack(plan: Experts) -> Experts:
    """The same with all experts in one tensor, gate and up in the same one."""
    return replace(plan, stacked=True, gate=None)


def _gpt_oss(settings: Settings) -> Decoder:
    """Experts with biases; stored in 4 bits inputs last, in 16 bits inputs first."""
    prefix = "mlp.experts."
    feed = replace(
        _stack(plan_experts(settings, settings.count("intermediate_size"))),
        router=Linear("mlp.router", True),
        fused=Linear(f"{prefix}gate_up_proj", True),
        down=Linear(f"{prefix}down_proj", True),
        transposed=settings.enter("quantization_config") is None,
    )
    bias = settings.flag("attention_bias", default=True)
    layers = (
        Layer(plan_attention(settings, window=window, bias=bias, sinks="self_attn.sinks"), feed)
        for window in list_windows(settings, lambda layer: layer % 2 == 0)
    )
    return plan_model(settings, layers)


def _llama4(settings: Settings) -> Decoder:
    """Experts inputs first beside a shared part; layers without turned positions see all."""
    width = settings.count("intermediate_size")
    prefix = "feed_forward.experts."
    sparse = replace(
        _stack(plan_experts(settings, width, router="feed_forward.router")),
        fused=Linear(f"{prefix}gate_up_proj"),
        down=Linear(f"{prefix}down_proj"),
        transposed=True,
        shared=plan_gated(settings, width, prefix="feed_forward.shared_expert."),
    )
    wide = settings.find_count("intermediate_size_mlp") or width
    dense = plan_gated(settings, wide, prefix="feed_forward.")
    step = max(settings.count("interleave_moe_layer_step", default=1), 1)
    listed = settings.numbers("moe_layers")
    period = max(settings.count("no_rope_layer_interval", default=4), 1)
    key_norm: KeyNorm = "bare" if settings.flag("use_qk_norm", default=True) else "none"
    windows = list_windows(settings, lambda layer: bool((layer + 1) % period))
    layers = (
        Layer(
            plan_attention(settings, window=window, rotary=window is not None,
                           bias=settings.flag("attention_bias"),
                           key_norm=key_norm if window is not None else "none"),
            sparse if (layer in listed if listed else (layer + 1) % step == 0) else dense,
        )
        for layer, window in enumerate(windows)
    )  # fmt: skip
    return plan_model(settings, layers)


def plan_latent(settings: Settings, *, indexed: bool = False) -> Latent:
    """Latent attention, with what chooses tokens where it is ``indexed``."""
    indexer = None
    if indexed:
        indexer = Indexer(settings.count("index_n_heads"), settings.count("index_head_dim"))
        settings.count("q_lora_rank")
    return Latent(
        heads=settings.count("num_attention_heads"),
        query_rank=settings.find_count("q_lora_rank"),
        rank=settings.count("kv_lora_rank"),
        plain_width=settings.count("qk_nope_head_dim"),
        rotary_width=settings.count("qk_rope_head_dim"),
        value_width=settings.count("v_head_dim"),
        bias=settings.flag("attention_bias"),
        indexer=indexer,
    )


def _deepseek(settings: Settings) -> Decoder:
    """Latent attention; the first layers dense, the rest experts beside shared ones."""
    kind = settings.text("model_type")
    mixer = plan_latent(settings, indexed=kind == "deepseek_v32")
    return plan_after_dense(settings, mixer, kind != "deepseek_v2")


def plan_after_dense(settings: Settings, mixer: Mixer, corrected: bool) -> Decoder:
    """Dense layers first, then layers of experts beside shared ones."""
    width = settings.count("moe_intermediate_size")
    shared = width * settings.count("n_shared_experts", default=0)
    sparse = plan_experts(
        settings,
        width,
        correction="mlp.gate.e_score_correction_bias" if corrected else "",
        shared=plan_gated(settings, shared, prefix="mlp.shared_experts.") if shared else None,
    )
    first = settings.count("first_k_dense_replace", default=0)
    step = max(settings.count("moe_layer_freq", default=1), 1)
    count, kinds = count_layers(settings), settings.texts("mlp_layer_types")
    if kinds and len(kinds) < count:
        raise UnreadableModel(f"config.json: mlp_layer_types names {len(kinds)} of {count} layers")
    chosen = [
        kinds[layer] == "sparse" if kinds else layer >= first and layer % step == 0
        for layer in range(count)
    ]
    feeds: dict[bool, Feed] = {True: sparse}
    if not all(chosen):
        feeds[False] = plan_gated(settings, settings.count("intermediate_size"))
    return plan_model(settings, (Layer(mixer, feeds[one]) for one in chosen))


def _glm4_moe(settings: Settings) -> Decoder:
    attention = plan_attention(
        settings,
        bias=settings.flag("attention_bias"),
        output_bias=False,
        key_norm="head" if settings.flag("use_qk_norm") else "none",
    )
    return plan_after_dense(settings, attention, corrected=True)


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "mixtral": _mixtral, "phimoe": _phimoe, "minimax_m2": _minimax, "qwen2_moe": _qwen_moe,
        "qwen3_moe": _qwen_moe, "qwen3_vl_moe_text": _qwen_vl_moe,
        "olmoe": _olmoe, "granitemoe": _granitemoe,
        "granitemoeshared": _granitemoe, "gpt_oss": _gpt_oss, "llama4_text": _llama4,
        "deepseek_v2": _deepseek, "deepseek_v3": _deepseek, "deepseek_v32": _deepseek,
        "glm4_moe": _glm4_moe,
    }
)  # fmt: skip
"""How a configuration is read, by its model type."""
