"""Decoders after Llama: what their configurations mean, model type by model type.

Facts are those of the classes of transformers 5 and of the weights that publishers keep on the hub.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import Decoder, KeyNorm, Layer
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_hidden,
    list_windows,
    plan_attention,
    plan_gated,
    plan_plain,
)
from cyborg_rr.readers.huggingface.settings import Settings

ASSUMED_TYPE: Final = "bf16"
"""The type that nearly all decoders are published in."""

Recipe = Callable[[Settings], Decoder | None]
"""What makes a plan of a configuration; None for settings that no plan is for."""


def never(layer: int) -> bool:
    """No layer slides."""
    return False


def always(layer: int) -> bool:
    """Each layer slides, where there is a window."""
    return True


def plan_model(settings: Settings, layers: Iterable[Layer], *, tied: bool = False) -> Decoder:
    """A decoder with the names that nearly all use."""
    return Decoder(
        hidden=find_hidden(settings),
        vocabulary=settings.count("vocab_size"),
        layers=tuple(layers),
        element_type=settings.element_type or ASSUMED_TYPE,
        head="" if settings.is_tied(tied) else "lm_head",
        score_cap=settings.number("final_logit_softcapping"),
    )


def _llama(
    settings: Settings,
    *,
    bias: bool = False,
    output_bias: bool | None = None,
    key_norm: KeyNorm = "none",
    slides: Callable[[int], bool] = never,
    tied: bool = False,
) -> Decoder:
    """Llama and what differs from it in little."""
    width = settings.count("intermediate_size")
    mlp_bias = settings.flag("mlp_bias")
    layers = (
        Layer(
            plan_attention(
                settings, window=window, bias=bias, output_bias=output_bias, key_norm=key_norm
            ),
            plan_gated(settings, width, bias=mlp_bias),
        )
        for window in list_windows(settings, slides)
    )
    return plan_model(settings, layers, tied=tied)


def plan_llama(settings: Settings) -> Decoder:
    """Llama 1 to 3, TinyLlama, SmolLM 1 and 2, Yi and more under the same model type."""
    return _llama(settings, bias=settings.flag("attention_bias"))


def _mistral(settings: Settings) -> Decoder:
    return _llama(settings, slides=always)


def _qwen2(settings: Settings) -> Decoder:
    first = settings.count("max_window_layers", default=28)
    uses = settings.flag("use_sliding_window")
    return _llama(
        settings, bias=True, output_bias=False, slides=lambda layer: uses and layer >= first
    )


def _qwen3(settings: Settings) -> Decoder:
    first = settings.count("max_window_layers", default=28)
    uses = settings.flag("use_sliding_window")
    return _llama(
        settings,
        bias=settings.flag("attention_bias"),
        key_norm="head",
        slides=lambda layer: uses and layer >= first,
    )


def _gemma(settings: Settings) -> Decoder:
    return _llama(settings, bias=settings.flag("attention_bias"), tied=True)


def _gemma2(settings: Settings) -> Decoder:
    bias = settings.flag("attention_bias")
    return sandwich(_llama(settings, bias=bias, slides=lambda layer: layer % 2 == 0, tied=True))


def _gemma3(settings: Settings) -> Decoder:
    period = settings.count("sliding_window_pattern", default=6)
    slides: Callable[[int], bool] = lambda layer: bool((layer + 1) % period)  # noqa: E731
    bias = settings.flag("attention_bias")
    return sandwich(_llama(settings, bias=bias, key_norm="head", slides=slides, tied=True))


def sandwich(plan: Decoder) -> Decoder:
    """Norms before and behind each part (Gemma 2)."""
    layers = (
        replace(
            layer,
            mixer_post_norm="post_attention_layernorm",
            feed_norm="pre_feedforward_layernorm",
            feed_post_norm="post_feedforward_layernorm",
        )
        for layer in plan.layers
    )
    return replace(plan, layers=tuple(layers))


def _olmo(settings: Settings) -> Decoder:
    plan = _llama(settings, bias=settings.flag("attention_bias"))
    return replace(plan, norm="bare")


def _olmo2(settings: Settings) -> Decoder:
    """Norms behind each part only."""
    plan = _llama(settings, bias=settings.flag("attention_bias"), key_norm="all", slides=never)
    layers = (
        replace(
            layer,
            mixer_norm="",
            mixer_post_norm="post_attention_layernorm",
            feed_norm="",
            feed_post_norm="post_feedforward_layernorm",
        )
        for layer in plan.layers
    )
    return replace(plan, layers=tuple(layers))


def _phi(settings: Settings) -> Decoder | None:
    if settings.flag("qk_layernorm"):
        return None
    layer = Layer(
        plan_attention(settings, bias=True, output="self_attn.dense"),
        plan_plain(settings, "mlp.fc1", "mlp.fc2", bias=True),
        feed_norm="",
        parallel=True,
    )
    plan = plan_model(settings, (layer,) * count_layers(settings))
    return replace(plan, norm="layer", final_norm="model.final_layernorm", head_bias=True)


def _phi3(settings: Settings) -> Decoder:
    width = settings.count("intermediate_size")
    layers = (
        Layer(
            plan_attention(settings, window=window, fused="self_attn.qkv_proj"),
            plan_gated(settings, width, fused="mlp.gate_up_proj"),
        )
        for window in list_windows(settings, always)
    )
    return plan_model(settings, layers)


def _starcoder2(settings: Settings) -> Decoder:
    bias = settings.flag("use_bias", default=True)
    layers = (
        Layer(
            plan_attention(settings, window=window, bias=bias),
            plan_plain(settings, "mlp.c_fc", "mlp.c_proj", bias=bias),
        )
        for window in list_windows(settings, always)
    )
    return replace(plan_model(settings, layers, tied=True), norm="layer")


def _cohere(settings: Settings) -> Decoder:
    """Attention and feed-forward side by side behind one norm."""
    key_norm: KeyNorm = "heads" if settings.flag("use_qk_norm") else "none"
    width = settings.count("intermediate_size")
    period = settings.count("sliding_window_pattern", default=4)
    slides: Callable[[int], bool] = never
    if settings.text("model_type") == "cohere2":
        slides = lambda layer: bool((layer + 1) % period)  # noqa: E731
    bias = settings.flag("attention_bias")
    layers = (
        Layer(
            plan_attention(settings, window=window, bias=bias, key_norm=key_norm),
            plan_gated(settings, width),
            feed_norm="",
            parallel=True,
        )
        for window in list_windows(settings, slides)
    )
    return replace(plan_model(settings, layers, tied=True), norm="layer_without_bias")


def _glm(settings: Settings) -> Decoder:
    layer = Layer(
        plan_attention(settings, bias=settings.flag("attention_bias"), output_bias=False),
        plan_gated(settings, settings.count("intermediate_size"), fused="mlp.gate_up_proj"),
    )
    return plan_model(settings, (layer,) * count_layers(settings))


def _glm4(settings: Settings) -> Decoder:
    """GLM with norms behind each part too."""
    plan = _glm(settings)
    layers = tuple(
        replace(
            layer,
            mixer_post_norm="post_self_attn_layernorm",
            feed_post_norm="post_mlp_layernorm",
        )
        for layer in plan.layers
    )
    return replace(plan, layers=layers)


def _stablelm(settings: Settings) -> Decoder | None:
    if settings.flag("qk_layernorm"):
        return None
    parallel = settings.flag("use_parallel_residual")
    layer = Layer(
        plan_attention(settings, bias=settings.flag("use_qkv_bias"), output_bias=False),
        plan_gated(settings, settings.count("intermediate_size")),
        feed_norm="" if parallel else "post_attention_layernorm",
        parallel=parallel,
    )
    return replace(plan_model(settings, (layer,) * count_layers(settings)), norm="layer")


def _granite(settings: Settings) -> Decoder:
    return _llama(settings, bias=settings.flag("attention_bias"))


def _smollm3(settings: Settings) -> Decoder:
    return _llama(settings, bias=settings.flag("attention_bias"), tied=True)


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "llama": plan_llama, "mistral": _mistral, "ministral": _mistral, "qwen2": _qwen2,
        "qwen3": _qwen3, "gemma": _gemma, "gemma2": _gemma2, "gemma3_text": _gemma3,
        "olmo": _olmo, "olmo2": _olmo2, "olmo3": _olmo2, "phi": _phi, "phi3": _phi3,
        "starcoder2": _starcoder2, "cohere": _cohere, "cohere2": _cohere, "glm": _glm,
        "glm4": _glm4, "stablelm": _stablelm, "granite": _granite, "smollm3": _smollm3,
    }
)  # fmt: skip
"""How a configuration is read, by its model type."""
