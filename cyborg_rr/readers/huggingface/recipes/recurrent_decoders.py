"""Decoders with recurrent layers: Mamba, and hybrids of it or of delta nets with attention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.plans import Decoder, Feed, FeedForward, Layer, Linear, Mixer
from cyborg_rr.readers.architectures.recurrences import GatedDelta, SelectiveScan, StateSpaceDuality
from cyborg_rr.readers.huggingface.recipes.decoders import Recipe, plan_model
from cyborg_rr.readers.huggingface.recipes.expert_decoders import (
    is_sparse,
    plan_granite_experts,
    plan_qwen_experts,
)
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_activation,
    find_hidden,
    plan_attention,
    plan_experts,
    plan_gated,
)
from cyborg_rr.readers.huggingface.settings import Settings

_PATTERN: Final = {"M": "mamba", "*": "attention", "-": "mlp", "E": "moe"}
_NAMES: Final = {"linear_attention": "mamba", "full_attention": "attention"}


def _rename(plan: Decoder) -> Decoder:
    """The names of Mamba and its kin."""
    return replace(
        plan,
        embedding="backbone.embeddings",
        layer_prefix="backbone.layers.{layer}.",
        final_norm="backbone.norm_f",
    )


def _mamba(settings: Settings) -> Decoder:
    hidden = find_hidden(settings)
    inner = settings.count("intermediate_size", "d_inner", default=0) or hidden * settings.count(
        "expand", default=2
    )
    rank = settings.find("time_step_rank")
    mixer = SelectiveScan(
        inner=inner,
        state=settings.count("state_size", default=16),
        kernel=settings.count("conv_kernel", default=4),
        step_rank=rank if isinstance(rank, int) else -(-hidden // 16),
        bias=settings.flag("use_bias"),
        convolution_bias=settings.flag("use_conv_bias", default=True),
        bare_norms=settings.text("model_type") == "falcon_mamba",
    )
    layer = Layer(mixer, None, mixer_norm="norm", feed_norm="")
    plan = plan_model(settings, (layer,) * count_layers(settings), tied=True)
    return _rename(plan)


def _mamba2(settings: Settings) -> Decoder:
    mixer = StateSpaceDuality(
        heads=settings.count("num_heads"),
        width=settings.count("head_dim"),
        groups=settings.count("n_groups"),
        state=settings.count("state_size"),
        kernel=settings.count("conv_kernel", default=4),
        bias=settings.flag("use_bias"),
        convolution_bias=settings.flag("use_conv_bias", default=True),
        chunk=settings.count("chunk_size", default=256),
    )
    layer = Layer(mixer, None, mixer_norm="norm", feed_norm="")
    plan = plan_model(settings, (layer,) * count_layers(settings))
    return _rename(plan)


def _jamba(settings: Settings) -> Decoder:
    hidden = find_hidden(settings)
    scan = SelectiveScan(
        inner=hidden * settings.count("mamba_expand", default=2),
        state=settings.count("mamba_d_state", default=16),
        kernel=settings.count("mamba_d_conv", default=4),
        step_rank=settings.count("mamba_dt_rank", default=-(-hidden // 16)),
        prefix="mamba.",
        bias=settings.flag("mamba_proj_bias"),
        convolution_bias=settings.flag("mamba_conv_bias", default=True),
        norms=True,
    )
    width, prefix = settings.count("intermediate_size"), "feed_forward."
    dense = plan_gated(settings, width, prefix=prefix)
    sparse: Feed = dense
    if settings.count("num_experts", default=16) > 1:
        sparse = plan_experts(
            settings, width, router=f"{prefix}router", experts=prefix + "experts.{expert}."
        )
    attention = plan_attention(settings, rotary=False)

    def is_at(layer: int, name: str, period: int, offset: int) -> bool:
        period = max(settings.count(f"{name}_layer_period", default=period), 1)
        return layer % period == settings.count(f"{name}_layer_offset", default=offset)

    layers = (
        Layer(
            attention if is_at(layer, "attn", 8, 4) else scan,
            sparse if is_at(layer, "expert", 2, 1) else dense,
            feed_norm="pre_ff_layernorm",
        )
        for layer in range(count_layers(settings))
    )
    return replace(plan_model(settings, layers), final_norm="model.final_layernorm")


def _nemotron_h(settings: Settings) -> Decoder:
    """One part a layer: a state space, attention, a dense part or experts."""
    pattern = settings.text("hybrid_override_pattern")
    words = settings.texts("layers_block_type", "layer_types")
    kinds = [_PATTERN.get(letter, "") for letter in pattern]
    kinds = kinds or [_NAMES.get(word, word) for word in words]
    settings = settings.fill({"num_hidden_layers": len(kinds)})
    if len(kinds) != count_layers(settings) or not set(kinds) <= set(_PATTERN.values()):
        raise UnreadableModel("config.json: hybrid_override_pattern does not fit the layers")
    parts = {kind: _part_of_nemotron(settings, kind) for kind in set(kinds)}
    layers = (Layer(*parts[kind], mixer_norm="norm", feed_norm="") for kind in kinds)
    return _rename(plan_model(settings, layers))


def _part_of_nemotron(settings: Settings, kind: str) -> tuple[Mixer | None, Feed | None]:
    if kind == "mamba":
        mixer = StateSpaceDuality(
            heads=settings.count("mamba_num_heads"),
            width=settings.count("mamba_head_dim"),
            groups=settings.count("n_groups"),
            state=settings.count("ssm_state_size"),
            kernel=settings.count("conv_kernel", default=4),
            bias=settings.flag("mamba_proj_bias", "use_bias"),
            convolution_bias=settings.flag("use_conv_bias", default=True),
            chunk=settings.count("mamba_chunk_size", "chunk_size", default=128),
        )
        return mixer, None
    if kind == "attention":
        bias = settings.flag("attention_bias")
        mixed = plan_attention(
            settings, bias=bias, prefix="mixer.", output="mixer.o_proj", rotary=False
        )
        return mixed, None
    if kind == "mlp":
        width, bias = settings.count("intermediate_size"), settings.flag("mlp_bias")
        return None, _plain(settings, width, "mixer.", bias)
    shared = settings.count("moe_shared_expert_intermediate_size", default=0)
    shared *= settings.count("n_shared_experts", default=1)
    experts = plan_experts(
        settings,
        settings.count("moe_intermediate_size"),
        router="mixer.gate",
        experts="mixer.experts.{expert}.",
        names=("", "up_proj", "down_proj"),
        correction="mixer.gate.e_score_correction_bias",
        shared=_plain(settings, shared, "mixer.shared_experts.", False) if shared else None,
    )
    return None, experts


def _plain(settings: Settings, width: int, prefix: str, bias: bool) -> FeedForward:
    return FeedForward(
        width=width,
        up=Linear(f"{prefix}up_proj", bias),
        down=Linear(f"{prefix}down_proj", bias),
        activation=find_activation(settings),
    )


def _qwen_delta(settings: Settings) -> Decoder:
    """Three delta nets, then one layer of gated attention (Qwen3-Next, Qwen3.5)."""
    period = max(settings.count("full_attention_interval", default=4), 1)
    kinds = settings.texts("layer_types") or tuple(
        "linear_attention" if (layer + 1) % period else "full_attention"
        for layer in range(count_layers(settings))
    )
    if len(kinds) != count_layers(settings):
        raise UnreadableModel("config.json: layer_types does not fit the layers")
    delta = GatedDelta(
        key_heads=settings.count("linear_num_key_heads"),
        value_heads=settings.count("linear_num_value_heads"),
        key_width=settings.count("linear_key_head_dim"),
        value_width=settings.count("linear_value_head_dim"),
        kernel=settings.count("linear_conv_kernel_dim", default=4),
        fused=settings.text("model_type") == "qwen3_next",
    )
    attention = plan_attention(
        settings, bias=settings.flag("attention_bias"), key_norm="head", gated=True
    )
    has_experts = settings.find_count("num_experts", "num_local_experts")
    sparse: Feed | None = plan_qwen_experts(settings) if has_experts else None
    dense: Feed | None = None
    if settings.find_count("intermediate_size"):
        dense = plan_gated(settings, settings.count("intermediate_size"))
    layers = (
        Layer(
            delta if kind == "linear_attention" else attention,
            sparse if sparse is not None and is_sparse(settings, layer) else dense,
        )
        for layer, kind in enumerate(kinds)
    )
    return plan_model(settings, layers)


def plan_duality(settings: Settings) -> StateSpaceDuality:
    """A state space by the names of Bamba."""
    inner = settings.count("mamba_expand", default=2) * find_hidden(settings)
    heads = settings.count("mamba_n_heads", default=128)
    width = settings.find("mamba_d_head")
    return StateSpaceDuality(
        heads=heads,
        width=width if isinstance(width, int) else inner // max(heads, 1),
        groups=settings.count("mamba_n_groups", default=1),
        state=settings.count("mamba_d_state", default=256),
        kernel=settings.count("mamba_d_conv", default=4),
        prefix="mamba.",
        bias=settings.flag("mamba_proj_bias"),
        convolution_bias=settings.flag("mamba_conv_bias", default=True),
        chunk=settings.count("mamba_chunk_size", default=256),
    )


def _bamba(settings: Settings) -> Decoder:
    prefix, bias = "feed_forward.", settings.flag("mlp_bias")
    feed = plan_gated(settings, settings.count("intermediate_size"), prefix=prefix, bias=bias)
    attention = plan_attention(settings, bias=settings.flag("attention_bias"))
    scan = plan_duality(settings)
    chosen = settings.numbers("attn_layer_indices")
    layers = (
        Layer(attention if layer in chosen else scan, feed, feed_norm="pre_ff_layernorm")
        for layer in range(count_layers(settings))
    )
    return replace(plan_model(settings, layers), final_norm="model.final_layernorm")


def _granite_hybrid(settings: Settings) -> Decoder | None:
    """Granite 4: state spaces and attention, experts beside a shared part or that part alone."""
    kinds = settings.texts("layer_types", "layers_block_type")
    kinds = tuple(_NAMES.get(kind, kind) for kind in kinds)
    if len(kinds) != count_layers(settings) or not set(kinds) <= {"mamba", "attention"}:
        return None
    part = plan_gated(settings, settings.count("shared_intermediate_size"),
                      fused="shared_mlp.input_linear")  # fmt: skip
    shared = replace(part, down=Linear("shared_mlp.output_linear"))
    feed: Feed = shared
    if settings.find_count("num_local_experts"):
        feed = replace(plan_granite_experts(settings), shared=shared)
    attention = plan_attention(settings, bias=settings.flag("attention_bias"))
    scan = plan_duality(settings)
    layers = (Layer(scan if kind == "mamba" else attention, feed) for kind in kinds)
    return plan_model(settings, layers, tied=True)


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "bamba": _bamba, "granitemoehybrid": _granite_hybrid,
        "mamba": _mamba, "falcon_mamba": _mamba, "mamba2": _mamba2, "jamba": _jamba,
        "nemotron_h": _nemotron_h, "qwen3_5_text": _qwen_delta, "qwen3_5_moe_text": _qwen_delta,
        "qwen3_next": _qwen_delta,
    }
)  # fmt: skip
"""How a configuration is read, by its model type."""
