"""Decoders whose layers are recurrent in other ways than Mamba and gated delta nets, or in several.

Facts are those of the classes of transformers 5 (``modeling_*.py`` of each model).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.plans import Both, Decoder, Feed, FeedForward, Layer, Linear
from cyborg_rr.readers.architectures.recurrences import (
    ChannelMix,
    GatedDelta,
    GatedUnits,
    KeyedDelta,
    Lightning,
    MatrixMemory,
    ShortConvolution,
    TimeMix,
)
from cyborg_rr.readers.huggingface.recipes.decoders import Recipe, never, plan_model
from cyborg_rr.readers.huggingface.recipes.expert_decoders import plan_latent
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_hidden,
    list_windows,
    plan_attention,
    plan_experts,
    plan_gated,
)
from cyborg_rr.readers.huggingface.recipes.recurrent_decoders import plan_duality
from cyborg_rr.readers.huggingface.settings import Settings

_OLDER: Final[Mapping[str, str]] = MappingProxyType(
    {"mamba": "linear_attention", "attention": "full_attention", "recurrent": "linear_attention"}
)
"""Kinds of layers by their older words."""


def list_kinds(settings: Settings, *names: str) -> tuple[str, ...]:
    """The kind of each layer in today's words; raises where there are not as many as layers."""
    kinds = settings.texts(*(names or ("layer_types", "layers_block_type")))
    if len(kinds) != count_layers(settings):
        raise UnreadableModel(f"config.json: layer_types names {len(kinds)} layers")
    return tuple(_OLDER.get(kind, kind) for kind in kinds)


def _falcon_h1(settings: Settings) -> Decoder:
    """Attention and a state space side by side in each layer."""
    scan = replace(
        plan_duality(settings),
        output_bias=settings.flag("projectors_bias"),
        normed=settings.flag("mamba_rms_norm"),
    )
    attention = plan_attention(settings, bias=settings.flag("attention_bias"))
    bias = settings.flag("mlp_bias")
    width = settings.count("intermediate_size")
    feed = plan_gated(settings, width, prefix="feed_forward.", bias=bias)
    layer = Layer(Both(attention, scan), feed, feed_norm="pre_ff_layernorm")
    plan = plan_model(settings, (layer,) * count_layers(settings))
    return replace(plan, final_norm="model.final_layernorm")


def _lfm2(settings: Settings) -> Decoder:
    """Short convolutions, and attention in some layers."""
    conv = ShortConvolution(settings.count("conv_L_cache", default=3),
                            bias=settings.flag("conv_bias"))  # fmt: skip
    attention = plan_attention(settings, key_norm="head", output="self_attn.out_proj")
    attention = replace(
        attention, key_norm_names=("self_attn.q_layernorm", "self_attn.k_layernorm")
    )
    dense = _plan_numbered(_find_width_of_lfm(settings))
    sparse: Feed = dense
    first = count_layers(settings)
    if settings.text("model_type") == "lfm2_moe":
        first = settings.count("num_dense_layers", default=2)
        sparse = plan_experts(
            settings,
            settings.count("moe_intermediate_size"),
            router="feed_forward.gate",
            experts="feed_forward.experts.{expert}.",
            names=("w1", "w3", "w2"),
            correction="feed_forward.expert_bias"
            if settings.flag("use_expert_bias", default=True)
            else "",
        )
    chosen = settings.numbers("full_attn_idxs")
    kinds = settings.texts("layer_types") or tuple(
        "full_attention" if layer in chosen else "conv" for layer in range(count_layers(settings))
    )
    if len(kinds) != count_layers(settings):
        raise UnreadableModel(f"config.json: layer_types names {len(kinds)} layers")
    layers = (
        Layer(
            attention if kind == "full_attention" else conv,
            sparse if layer >= first else dense,
            "operator_norm",
            "ffn_norm",
        )
        for layer, kind in enumerate(kinds)
    )
    plan = plan_model(settings, layers, tied=True)
    if settings.find("tie_embedding") is not None and settings.find("tie_word_embeddings") is None:
        plan = replace(plan, head="" if settings.flag("tie_embedding") else "lm_head")
    return replace(plan, final_norm="model.embedding_norm")


def _lfm3(settings: Settings) -> Decoder:
    """LFM2 with norms behind its parts, and layers that slide and gate what they attend to."""
    gated = settings.flag("use_attention_gate", default=True)
    behind = settings.flag("use_sandwich_norm", default=True)
    kinds, count = settings.texts("layer_types"), count_layers(settings)
    if len(kinds) != count:
        raise UnreadableModel(f"config.json: layer_types names {len(kinds)} layers")
    conv = ShortConvolution(settings.count("conv_L_cache"), bias=settings.flag("conv_bias"))
    feed = _plan_numbered(settings.count("intermediate_size"))
    layers = []
    for kind, window in zip(kinds, list_windows(settings, never), strict=True):
        bias = settings.flag("attention_bias")
        attention = plan_attention(settings, window=window, bias=bias, key_norm="head")
        if gated:
            attention = replace(attention, gate=Linear("self_attn.gate_proj"), gates_heads=True)
        norms = ("post_operator_norm", "post_ffn_norm") if behind else ("", "")
        mixer = conv if kind == "conv" else attention
        layers.append(Layer(mixer, feed, "operator_norm", "ffn_norm", *norms))
    plan = plan_model(settings, layers, tied=True)
    return replace(plan, final_norm="model.embedding_norm")


def _plan_numbered(width: int) -> FeedForward:
    prefix = "feed_forward."
    return FeedForward(
        width, Linear(f"{prefix}w3"), Linear(f"{prefix}w2"), gate=Linear(f"{prefix}w1")
    )


def _find_width_of_lfm(settings: Settings) -> int:
    """Two thirds of what is stated, rounded up, unless it says that it is not to be adjusted."""
    width = settings.count("block_ff_dim", "intermediate_size")
    is_dense = settings.text("model_type") == "lfm2"
    if not settings.flag("block_auto_adjust_ff_dim", default=is_dense):
        return width
    factor = settings.number("block_ffn_dim_multiplier") or 1.0
    width = int(factor * int(2 * width / 3))
    step = max(settings.count("block_multiple_of", default=256), 1)
    return -(-width // step) * step


def _recurrent_gemma(settings: Settings) -> Decoder | None:
    """Griffin: blocks of gated units, and attention to a window in each third layer."""
    hidden, prefix = find_hidden(settings), "temporal_block."
    units = GatedUnits(
        width=settings.count("lru_width", default=hidden) or hidden,
        heads=settings.count("num_attention_heads"),
        kernel=settings.count("conv1d_width", default=4),
    )
    if not units.heads or units.width % units.heads:
        return None
    attention = plan_attention(
        settings,
        window=settings.count("attention_window_size", default=2048),
        bias=settings.flag("attention_bias"),
        output_bias=True,
        prefix=prefix,
        output=f"{prefix}o_proj",
    )
    width = settings.count("intermediate_size") // 2
    feed = plan_gated(settings, width, prefix="mlp_block.", bias=True)
    kinds = settings.texts("block_types", "_block_types") or ("recurrent", "recurrent", "attention")
    count = count_layers(settings)
    layers = (
        Layer(
            attention if kinds[layer % len(kinds)].endswith("attention") else units,
            feed,
            "temporal_pre_norm",
            "channel_pre_norm",
        )
        for layer in range(count)
    )
    plan = plan_model(settings, layers, tied=True)
    return replace(
        plan, final_norm="model.final_norm", score_cap=settings.number("logits_soft_cap")
    )


def _minimax(settings: Settings) -> Decoder:
    """Lightning attention, and full attention in some layers (MiniMax-01, M1)."""
    attention = plan_attention(settings)
    lightning = Lightning(
        attention.heads, attention.width, max(settings.count("block_size", default=256), 1)
    )
    kinds = settings.texts("layer_types")
    numbers = settings.numbers("attn_type_list")
    kinds = kinds or tuple("full_attention" if kind else "linear_attention" for kind in numbers)
    kinds = list_kinds(settings.fill({"layer_types": list(kinds)})) if kinds else ()
    kinds = kinds or tuple(
        "linear_attention" if layer % 2 else "full_attention"
        for layer in range(count_layers(settings))
    )
    feed = plan_experts(
        settings,
        settings.count("intermediate_size"),
        router="block_sparse_moe.gate",
        experts="block_sparse_moe.experts.{expert}.",
        names=("w1", "w3", "w2"),
    )
    layers = (Layer(lightning if kind == "linear_attention" else attention, feed) for kind in kinds)
    return plan_model(settings, layers)


def _kimi(settings: Settings) -> Decoder | None:
    """Delta nets with a decay for each number, latent attention in some layers.

    Publishers list the layers of each kind, counted from 1, where the class names each layer's.
    """
    count = count_layers(settings)
    stated = settings.enter("linear_attn_config")
    kinds = settings.texts("layer_types")
    if stated is not None:
        attending = stated.numbers("full_attn_layers")
        kinds = tuple("full" if n + 1 in attending else "linear_attention" for n in range(count))
    if len(kinds) != count:
        return None
    inner = settings if stated is None else stated
    delta = KeyedDelta(
        heads=inner.count("linear_num_heads", "num_heads"),
        width=inner.count("linear_head_dim", "head_dim"),
        kernel=inner.count("linear_conv_kernel_dim", "short_conv_kernel_size", default=4),
    )
    prefix = "block_sparse_moe."
    latent = plan_latent(settings.fill({"q_lora_rank": None}))
    dense_prefix = "mlp." if stated is not None else prefix
    dense = plan_gated(settings, settings.count("intermediate_size"), prefix=dense_prefix)
    first = settings.count("first_k_dense_replace", default=1)
    feeds = settings.texts("mlp_layer_types") or ("dense",) * first + ("sparse",) * (count - first)
    sparse = _plan_kimi_experts(settings, prefix)
    layers = (
        Layer(delta if kind == "linear_attention" else latent, sparse if f == "sparse" else dense)
        for kind, f in zip(kinds, feeds[:count], strict=True)
    )
    return plan_model(settings, layers)


def _plan_kimi_experts(settings: Settings, prefix: str) -> Feed:
    width = settings.count("moe_intermediate_size")
    shared = width * settings.count("num_shared_experts", default=0)
    return plan_experts(
        settings.fill({"num_experts_per_tok": settings.find("num_experts_per_token")}),
        width,
        router=f"{prefix}gate",
        experts=prefix + "experts.{expert}.",
        names=("w1", "w3", "w2"),
        correction=f"{prefix}gate.e_score_correction_bias",
        shared=plan_gated(settings, shared, prefix=f"{prefix}shared_experts.") if shared else None,
    )


def _olmo_hybrid(settings: Settings) -> Decoder:
    """Delta nets behind their norm, and attention in front of it."""
    delta = GatedDelta(
        key_heads=settings.count("linear_num_key_heads"),
        value_heads=settings.count("linear_num_value_heads"),
        key_width=settings.count("linear_key_head_dim"),
        value_width=settings.count("linear_value_head_dim"),
        kernel=settings.count("linear_conv_kernel_dim", default=4),
        separate=True,
    )
    bias = settings.flag("attention_bias")
    attention = plan_attention(settings, bias=bias, key_norm="all")
    feed = plan_gated(settings, settings.count("intermediate_size"))
    recurrent = Layer(delta, feed)
    attending = Layer(attention, feed, "", "", "post_attention_layernorm",
                      "post_feedforward_layernorm")  # fmt: skip
    layers = (recurrent if k == "linear_attention" else attending for k in list_kinds(settings))
    return plan_model(settings, layers)


def _xlstm(settings: Settings) -> Decoder | None:
    if settings.flag("use_bias") or settings.text("weight_mode") == "fused":
        return None
    hidden, heads = find_hidden(settings), settings.count("num_heads", default=8)
    if not heads:
        return None
    keys = int(hidden * (settings.number("qk_dim_factor") or 0.5))
    values = int(hidden * (settings.number("v_dim_factor") or 1.0))
    memory = MatrixMemory(
        heads, keys // heads, values // heads, max(settings.count("chunk_size", default=64), 1)
    )
    step = max(settings.count("ffn_round_up_to_multiple_of", default=64), 1)
    width = _round_up(hidden * (settings.number("ffn_proj_factor") or 2.667), step)
    feed = FeedForward(
        width, Linear("ffn.proj_up"), Linear("ffn.proj_down"), gate=Linear("ffn.proj_up_gate")
    )
    layer = Layer(memory, feed, "norm_mlstm", "norm_ffn")
    count = count_layers(settings, "num_hidden_layers", "num_blocks")
    plan = plan_model(settings, (layer,) * count)
    return replace(
        plan,
        embedding="backbone.embeddings",
        layer_prefix="backbone.blocks.{layer}.",
        final_norm="backbone.out_norm" if settings.flag("add_out_norm", default=True) else "",
        score_cap=settings.number("output_logit_soft_cap"),
    )


def _round_up(width: float, step: int) -> int:
    return int((width + step - 1) // step * step)


def _rwkv(settings: Settings) -> Decoder:
    """RWKV 4; its first norm stands before all layers."""
    hidden = find_hidden(settings)
    width = settings.count("attention_hidden_size", default=hidden) or hidden
    feed = ChannelMix(settings.count("intermediate_size", default=4 * hidden) or 4 * hidden)
    layer = Layer(TimeMix(width), feed, "ln1", "ln2")
    plan = plan_model(settings, (layer,) * count_layers(settings))
    return replace(
        plan,
        norm="layer",
        embedding="rwkv.embeddings",
        embedding_norm="rwkv.blocks.0.pre_ln",
        layer_prefix="rwkv.blocks.{layer}.",
        final_norm="rwkv.ln_out",
        head="head" if plan.head else "",
    )


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "falcon_h1": _falcon_h1, "kimi_linear": _kimi, "lfm2": _lfm2, "lfm2_moe": _lfm2,
        "lfm3": _lfm3,
        "minimax": _minimax, "olmo_hybrid": _olmo_hybrid, "recurrent_gemma": _recurrent_gemma,
        "rwkv": _rwkv, "xlstm": _xlstm,
    }
)  # fmt: skip
"""How a configuration is read, by its model type."""
