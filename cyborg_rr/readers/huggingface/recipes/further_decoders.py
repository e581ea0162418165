"""Decoders that few publishers use, each a little off what is common.

Facts are those of the classes of transformers 5 (``modeling_*.py`` of each model).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import Decoder, Experts, Feed, FeedForward, Layer, Linear
from cyborg_rr.readers.huggingface.recipes.decoders import Recipe, plan_llama, plan_model
from cyborg_rr.readers.huggingface.recipes.expert_decoders import (
    RECIPES as EXPERTS,
)
from cyborg_rr.readers.huggingface.recipes.expert_decoders import (
    plan_after_dense,
    plan_granite_experts,
)
from cyborg_rr.readers.huggingface.recipes.heads import name_class
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_activation,
    list_windows,
    plan_attention,
    plan_experts,
    plan_gated,
    plan_plain,
)
from cyborg_rr.readers.huggingface.settings import Settings


def _repeat(settings: Settings, layer: Layer, *, tied: bool = False) -> Decoder:
    return plan_model(settings, (layer,) * count_layers(settings), tied=tied)


def _gated(settings: Settings) -> FeedForward:
    width = settings.count("intermediate_size")
    return plan_gated(settings, width, bias=settings.flag("mlp_bias"))


def _as_class(settings: Settings) -> Decoder | None:
    """Models that transformers runs by the class of another; publishers have their own names."""
    kind = name_class(settings)
    if kind.startswith("Llama"):
        return plan_llama(settings)
    kinds = {"Glm4MoeForCausalLM": "glm4_moe", "DeepseekV3ForCausalLM": "deepseek_v3"}
    return EXPERTS[kinds[kind]](settings) if kind in kinds else None


def _apertus(settings: Settings) -> Decoder:
    """Two weights between norms of other names; the function has two numbers of its own."""
    bias = settings.flag("attention_bias")
    feed = FeedForward(
        settings.count("intermediate_size"),
        Linear("mlp.up_proj", settings.flag("mlp_bias")),
        Linear("mlp.down_proj", settings.flag("mlp_bias")),
        activation="gelu",
    )
    numbers = tuple((f"mlp.act_fn.alpha_{side}", (1,)) for side in "pn")
    layer = Layer(
        plan_attention(settings, bias=bias, key_norm="head"),
        feed,
        "attention_layernorm",
        "feedforward_layernorm",
        extra=numbers if settings.text("hidden_act") == "xielu" else (),
    )
    return _repeat(settings, layer)


def _bitnet(settings: Settings) -> Decoder:
    """Llama with a norm in front of the last weight of each part."""
    attention = plan_attention(settings, bias=settings.flag("attention_bias"))
    layer = Layer(
        replace(attention, output_norm="self_attn.attn_sub_norm"),
        replace(_gated(settings), norm="mlp.ffn_sub_norm"),
    )
    return _repeat(settings, layer)


def _hyperclovax(settings: Settings) -> Decoder:
    layer = Layer(plan_attention(settings, bias=settings.flag("attention_bias")), _gated(settings))
    if settings.flag("use_post_norm", default=True):
        layer = replace(layer, mixer_post_norm="post_norm1", feed_post_norm="post_norm2")
    return _repeat(settings, layer)


def _jais2(settings: Settings) -> Decoder:
    bias = settings.flag("attention_bias", default=True)
    both = settings.flag("mlp_bias", default=True)
    feed = plan_plain(settings, "mlp.up_proj", "mlp.down_proj", bias=both)
    feed = replace(feed, activation=find_activation(settings, "relu2"))
    plan = _repeat(settings, Layer(plan_attention(settings, bias=bias), feed))
    return replace(plan, norm="layer")


def _nanochat(settings: Settings) -> Decoder:
    """Norms without weights, one of them behind the table of tokens."""
    bias = settings.flag("attention_bias")
    feed = plan_plain(settings, "mlp.fc1", "mlp.fc2", bias=False)
    feed = replace(feed, activation=find_activation(settings, "relu2"))
    plan = _repeat(settings, Layer(plan_attention(settings, bias=bias, key_norm="bare"), feed))
    return replace(plan, norm="bare", embedding_norm="model.norm")


def _granite_swa(settings: Settings) -> Decoder:
    """Granite with windows and sinks, of experts where it has some."""
    bias = settings.flag("attention_bias")
    sparse = settings.text("model_type") == "granitemoe_swa"
    feed: Feed = _gated(settings)
    if sparse:
        prefix = "block_sparse_moe."
        feed = replace(
            plan_granite_experts(settings),
            router=Linear(f"{prefix}router"),
            fused=Linear(f"{prefix}experts.gate_up_proj"),
            down=Linear(f"{prefix}experts.down_proj"),
        )
    layers = (
        Layer(plan_attention(settings, window=window, bias=bias, sinks="self_attn.sinks"), feed)
        for window in list_windows(settings, lambda layer: bool(layer % 4))
    )
    return plan_model(settings, layers)


def _windowed_experts(settings: Settings) -> Decoder:
    """Experts, and a window in some layers (Mellum 2, EXAONE MoE)."""
    bias = settings.flag("attention_bias")
    filled = settings.fill({"n_shared_experts": settings.find("num_shared_experts")})
    corrected = settings.text("model_type") == "exaone_moe"
    attention = plan_attention(settings, bias=bias, key_norm="head")
    plan = plan_after_dense(filled, attention, corrected)
    windows = list_windows(settings, lambda layer: bool((layer + 1) % 4))
    layers = (
        replace(
            layer,
            mixer=replace(attention, window=window),
            feed=replace(layer.feed, correction="mlp.e_score_correction_bias")
            if corrected and isinstance(layer.feed, Experts)
            else layer.feed,
        )
        for layer, window in zip(plan.layers, windows, strict=True)
    )
    return replace(plan, layers=tuple(layers))


def _afmoe(settings: Settings) -> Decoder:
    """Gated attention and DeepSeek's experts between norms on both sides (Trinity)."""
    width, first = settings.count("moe_intermediate_size"), settings.count("num_dense_layers")
    shared = width * settings.count("num_shared_experts", default=0)
    sparse = replace(
        plan_experts(
            settings,
            width,
            router="mlp.router.gate",
            shared=plan_gated(settings, shared, prefix="mlp.shared_experts.") if shared else None,
        ),
        correction="mlp.expert_bias",
    )
    step = max(settings.count("global_attn_every_n_layers", default=4), 1)
    layers = (
        Layer(
            replace(
                plan_attention(settings, window=window, key_norm="head"),
                gate=Linear("self_attn.gate_proj"),
            ),
            sparse if layer >= first else _gated(settings),
            feed_norm="pre_mlp_layernorm",
            mixer_post_norm="post_attention_layernorm",
            feed_post_norm="post_mlp_layernorm",
        )
        for layer, window in enumerate(list_windows(settings, lambda n: bool((n + 1) % step)))
    )
    return plan_model(settings, layers)


def _openai_gpt(settings: Settings) -> Decoder:
    """The first GPT: norms behind the sums, and none at the end."""
    attention = plan_attention(
        settings, bias=True, fused="attn.c_attn", output="attn.c_proj", rotary=False
    )
    feed = plan_plain(settings, "mlp.c_fc", "mlp.c_proj", bias=True, transposed=True)
    layer = Layer(replace(attention, transposed=True), feed, "ln_1", "ln_2", after_sum=True)
    return replace(
        _repeat(settings, layer, tied=True),
        norm="layer",
        embedding="transformer.tokens_embed",
        layer_prefix="transformer.h.{layer}.",
        final_norm="",
        positions=settings.count("n_positions", default=512),
        position_table="transformer.positions_embed",
    )


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "afmoe": _afmoe, "apertus": _apertus, "apertus1p5_text": _apertus,
        "bitnet": _bitnet, "exaone": _as_class,
        "exaone_moe": _windowed_experts, "granite_swa": _granite_swa,
        "granitemoe_swa": _granite_swa, "hyperclovax": _hyperclovax, "iquestcoder": _as_class,
        "jais2": _jais2, "kimi_k2": _as_class, "mellum": _windowed_experts, "nanochat": _nanochat,
        "openai-gpt": _openai_gpt, "sarvam_mla": _as_class, "sarvam_moe": _as_class,
    }
)  # fmt: skip
"""How a configuration is read, by its model type."""
