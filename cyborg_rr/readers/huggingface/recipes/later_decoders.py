"""Decoders that differ from Llama, or from DeepSeek, in a norm, a bias or a name.

Facts are those of the classes of transformers 5 (``modeling_*.py`` of each model).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import Decoder, Feed, FeedForward, Layer, Linear
from cyborg_rr.readers.huggingface.recipes.decoders import Recipe, plan_llama, plan_model
from cyborg_rr.readers.huggingface.recipes.expert_decoders import plan_after_dense, plan_latent
from cyborg_rr.readers.huggingface.recipes.heads import name_class
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_activation,
    find_hidden,
    list_windows,
    plan_attention,
    plan_experts,
    plan_gated,
    plan_plain,
)
from cyborg_rr.readers.huggingface.settings import Settings


def _repeat(settings: Settings, layer: Layer, *, tied: bool = False) -> Decoder:
    return plan_model(settings, (layer,) * count_layers(settings), tied=tied)


def _gated(settings: Settings, bias: bool = False) -> FeedForward:
    return plan_gated(settings, settings.count("intermediate_size"), bias=bias)


def _seed_oss(settings: Settings) -> Decoder:
    attention = plan_attention(
        settings,
        bias=settings.flag("attention_bias", default=True),
        output_bias=settings.flag("attention_out_bias"),
    )
    return _repeat(settings, Layer(attention, _gated(settings, settings.flag("mlp_bias"))))


def _internlm3(settings: Settings) -> Decoder:
    """Llama in transformers; the publisher's own class calls its biases otherwise."""
    if name_class(settings).startswith("Llama"):
        return plan_llama(settings)
    attention = plan_attention(
        settings, bias=settings.flag("qkv_bias"), output_bias=settings.flag("bias")
    )
    return _repeat(settings, Layer(attention, _gated(settings, settings.flag("bias"))))


def _helium(settings: Settings) -> Decoder | None:
    """Its output weight is a square, so that heads have to be as wide as the model together."""
    bias = settings.flag("attention_bias")
    attention = plan_attention(settings, bias=bias, output_bias=False)
    if attention.heads * attention.width != find_hidden(settings):
        return None
    return _repeat(settings, Layer(attention, _gated(settings, settings.flag("mlp_bias"))))


def _ministral3(settings: Settings) -> Decoder:
    """Llama with a sliding window (CWM too)."""
    feed = _gated(settings, settings.flag("mlp_bias"))
    layers = (
        Layer(plan_attention(settings, window=window), feed)
        for window in list_windows(settings, lambda layer: True)
    )
    return plan_model(settings, layers)


def _ernie(settings: Settings) -> Decoder:
    bias = settings.flag("use_bias")
    layer = Layer(plan_attention(settings, bias=bias), _gated(settings, bias))
    return _repeat(settings, layer, tied=True)


def _ernie_moe(settings: Settings) -> Decoder | None:
    """Experts in some layers, beside shared ones as wide as several."""
    if settings.flag("use_bias"):
        return None
    width = settings.count("moe_intermediate_size")
    shared = width * settings.count("moe_num_shared_experts", default=0)
    part = plan_gated(settings, shared, prefix="mlp.shared_experts.") if shared else None
    sparse = plan_experts(settings, width, shared=part)
    statics = ("mlp.moe_statics.e_score_correction_bias", (1, sparse.count))
    sparse = replace(sparse, extra=(statics,))
    first = settings.count("moe_layer_start_index", default=1)
    count = count_layers(settings)
    stated = settings.find("moe_layer_end_index")
    last = stated if isinstance(stated, int) and stated >= 0 else count - 1
    step = max(settings.count("moe_layer_interval", default=1), 1)
    dense, attention = _gated(settings), plan_attention(settings)
    layers = (
        Layer(attention, sparse if (n + 1) % step == 0 and first <= n <= last else dense)
        for n in range(count)
    )
    return plan_model(settings, layers, tied=True)


def _put_behind(plan: Decoder) -> Decoder:
    """The same with norms behind the parts instead of in front."""
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


def _exaone4(settings: Settings) -> Decoder | None:
    period = settings.find("sliding_window_pattern")
    if not settings.texts("layer_types") and isinstance(period, str):
        return None
    step = period if isinstance(period, int) and period > 0 else 4
    layers = (
        Layer(plan_attention(settings, window=window, key_norm="head"), _gated(settings))
        for window in list_windows(settings, lambda layer: bool((layer + 1) % step))
    )
    return _put_behind(plan_model(settings, layers))


def _flex_olmo(settings: Settings) -> Decoder:
    bias = settings.flag("attention_bias")
    feed = plan_experts(settings, settings.count("intermediate_size"))
    layer = Layer(plan_attention(settings, bias=bias, key_norm="all"), feed)
    return _put_behind(_repeat(settings, layer))


def _plain_decoder(settings: Settings) -> Decoder:
    """Two weights between the norms (Arcee, Nemotron)."""
    bias = settings.flag("attention_bias")
    feed = plan_plain(settings, "mlp.up_proj", "mlp.down_proj", bias=settings.flag("mlp_bias"))
    feed = replace(feed, activation=find_activation(settings, "relu2"))
    plan = _repeat(settings, Layer(plan_attention(settings, bias=bias), feed))
    is_nemotron = settings.text("model_type") == "nemotron"
    return replace(plan, norm="layer") if is_nemotron else plan


def _hunyuan(settings: Settings) -> Decoder:
    attention = plan_attention(settings, bias=settings.flag("attention_bias"), key_norm="head")
    names = ("self_attn.query_layernorm", "self_attn.key_layernorm")
    layer = Layer(replace(attention, key_norm_names=names), _gated(settings))
    return _repeat(settings, layer)


def _vaultgemma(settings: Settings) -> Decoder:
    bias = settings.flag("attention_bias")
    layers = (
        Layer(
            plan_attention(settings, window=window, bias=bias),
            _gated(settings),
            feed_norm="pre_feedforward_layernorm",
        )
        for window in list_windows(settings, lambda layer: layer % 2 == 0)
    )
    return plan_model(settings, layers, tied=True)


def _latent_dense(settings: Settings) -> Decoder:
    """Latent attention and dense parts (MiniCPM3, Youtu)."""
    layer = Layer(plan_latent(settings), _gated(settings, settings.flag("mlp_bias")))
    return _repeat(settings, layer, tied=True)


def _latent_experts(settings: Settings) -> Decoder | None:
    """Latent attention, with an indexer where it has heads (GLM-4.7 Flash, GLM-5)."""
    if not set(settings.texts("indexer_types")) <= {"full"}:
        return None
    has_indexer = settings.text("model_type") == "glm_moe_dsa"
    return plan_after_dense(settings, plan_latent(settings, indexed=has_indexer), True)


def _solar(settings: Settings) -> Decoder:
    """Attention of heads and DeepSeek's experts (Solar Open, dots.llm1)."""
    norms = settings.flag("use_qk_norm") or settings.text("model_type") == "dots1"
    attention = plan_attention(
        settings,
        bias=settings.flag("attention_bias"),
        output_bias=settings.flag("attention_bias") and norms,
        key_norm="head" if norms else "none",
    )
    return plan_after_dense(settings, attention, True)


def _mpt(settings: Settings) -> Decoder | None:
    inner = settings.enter("attn_config")
    others = inner is not None and (inner.flag("qk_ln") or inner.find("kv_n_heads"))
    if others or not settings.flag("no_bias", default=True):
        return None
    hidden = settings.count("d_model")
    attention = plan_attention(settings, fused="attn.Wqkv", output="attn.out_proj", rotary=False)
    feed: Feed = FeedForward(
        settings.count("expansion_ratio", default=4) * hidden,
        Linear("ffn.up_proj"),
        Linear("ffn.down_proj"),
        activation="gelu",
    )
    plan = _repeat(settings, Layer(attention, feed, "norm_1", "norm_2"), tied=True)
    return replace(
        plan,
        norm="layer_without_bias",
        embedding="transformer.wte",
        layer_prefix="transformer.blocks.{layer}.",
        final_norm="transformer.norm_f",
    )


def _xglm(settings: Settings) -> Decoder:
    """Positions are computed; norms are called as OPT's."""
    settings = settings.fill({"num_attention_heads": settings.find("attention_heads")})
    return replace(_as_opt(settings), final_norm="model.layer_norm")


def _biogpt(settings: Settings) -> Decoder:
    plan = _as_opt(settings)
    return replace(
        plan,
        embedding="biogpt.embed_tokens",
        layer_prefix="biogpt.layers.{layer}.",
        final_norm="biogpt.layer_norm",
        head="output_projection" if plan.head else "",
        positions=settings.count("max_position_embeddings") + 2,
        position_table="biogpt.embed_positions",
    )


def _as_opt(settings: Settings) -> Decoder:
    attention = plan_attention(settings, bias=True, output="self_attn.out_proj", rotary=False)
    feed = plan_plain(settings, "fc1", "fc2", bias=True)
    layer = Layer(attention, feed, "self_attn_layer_norm", "final_layer_norm")
    return replace(_repeat(settings, layer, tied=True), norm="layer")


def _codegen(settings: Settings) -> Decoder:
    attention = plan_attention(settings, fused="attn.qkv_proj", output="attn.out_proj")
    feed = plan_plain(settings, "mlp.fc_in", "mlp.fc_out", bias=True)
    plan = _repeat(settings, Layer(attention, feed, "ln_1", "", parallel=True))
    return replace(
        plan,
        norm="layer",
        embedding="transformer.wte",
        layer_prefix="transformer.h.{layer}.",
        final_norm="transformer.ln_f",
        head_bias=True,
    )


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "arcee": _plain_decoder, "biogpt": _biogpt, "codegen": _codegen, "cwm": _ministral3,
        "dots1": _solar, "ernie4_5": _ernie, "ernie4_5_moe": _ernie_moe, "exaone4": _exaone4,
        "flex_olmo": _flex_olmo, "glm4_moe_lite": _latent_experts,
        "glm_moe_dsa": _latent_experts, "helium": _helium, "hunyuan_v1_dense": _hunyuan,
        "internlm3": _internlm3, "minicpm3": _latent_dense, "ministral3": _ministral3, "mpt": _mpt,
        "nemotron": _plain_decoder, "seed_oss": _seed_oss, "solar_open": _solar,
        "vaultgemma": _vaultgemma, "xglm": _xglm, "youtu": _latent_dense,
    }
)  # fmt: skip
"""How a configuration is read, by its model type."""
