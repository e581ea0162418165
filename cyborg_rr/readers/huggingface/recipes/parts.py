"""Parts of layers as most decoders of the hub name and state them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.plans import (
    MAX_EXPERTS,
    MAX_LAYERS,
    Activation,
    Attention,
    Experts,
    FeedForward,
    KeyNorm,
    Linear,
)
from cyborg_rr.readers.formats.safetensors import show
from cyborg_rr.readers.huggingface.settings import Settings

_ACTIVATIONS: Final[dict[str, Activation]] = {
    "silu": "silu", "swish": "silu", "relu": "relu", "relu2": "relu2", "gelu": "gelu",
    "gelu_new": "gelu", "gelu_fast": "gelu", "gelu_pytorch_tanh": "gelu", "gelu_python": "gelu",
    "quick_gelu": "gelu", "gelu_accurate": "gelu", "gelu_10": "gelu",
}  # fmt: skip
_SLIDING: Final = frozenset({"sliding_attention", "chunked_attention"})


def find_activation(settings: Settings, default: str = "silu") -> Activation:
    """The function of the feed-forward part."""
    names = ("hidden_act", "hidden_activation", "activation_function", "activation",
             "mlp_hidden_act")  # fmt: skip
    word = settings.text(*names) or default
    if word not in _ACTIVATIONS:
        raise UnreadableModel(f"config.json: the activation {show(word)} is not known")
    return _ACTIVATIONS[word]


def count_layers(settings: Settings, *names: str) -> int:
    """How many layers there are, by the names given or the usual ones."""
    usual = ("num_hidden_layers", "n_layer", "num_layers", "n_layers")
    layers = settings.count(*(names or usual))
    if layers > MAX_LAYERS:
        raise UnreadableModel(f"config.json: {layers} layers are more than {MAX_LAYERS}")
    return layers


def find_hidden(settings: Settings) -> int:
    """The width of the model."""
    hidden = settings.count("hidden_size", "n_embd", "d_model", "dim")
    if not hidden:
        raise UnreadableModel("config.json: hidden_size is 0")
    return hidden


def list_windows(settings: Settings, default: Callable[[int], bool]) -> list[int | None]:
    """The sliding window of each layer; ``default`` says which slide where no list does."""
    layers = count_layers(settings)
    window = settings.find_count("sliding_window", "sliding_window_size", "attention_chunk_size")
    kinds = settings.texts("layer_types")
    if kinds and len(kinds) < layers:
        raise UnreadableModel(f"config.json: layer_types names {len(kinds)} of {layers} layers")
    slides = [kinds[n] in _SLIDING if kinds else default(n) for n in range(layers)]
    return [window if slide and window else None for slide in slides]


def plan_attention(
    settings: Settings,
    *,
    window: int | None = None,
    bias: bool = False,
    output_bias: bool | None = None,
    key_norm: KeyNorm = "none",
    output: str = "self_attn.o_proj",
    prefix: str = "self_attn.",
    rotary: bool = True,
    fused: str = "",
    sinks: str = "",
    gated: bool = False,
) -> Attention:
    """Attention by the names that nearly all decoders use."""
    heads = settings.count("num_attention_heads", "n_head", "num_heads", "n_heads")
    hidden = find_hidden(settings)
    if not heads:
        raise UnreadableModel("config.json: num_attention_heads is 0")
    shared = settings.count("num_key_value_heads", "num_kv_heads", default=heads)
    if not shared:
        raise UnreadableModel("config.json: num_key_value_heads is 0")
    stated = settings.count("head_dim", "kv_channels", "attention_head_dim", default=0)
    width = stated or hidden // heads
    if not width:
        raise UnreadableModel(f"config.json: {heads} heads do not fit a hidden_size of {hidden}")
    return Attention(
        heads=heads,
        kv_heads=shared,
        width=width,
        query=Linear(f"{prefix}q_proj", bias),
        key=Linear(f"{prefix}k_proj", bias),
        value=Linear(f"{prefix}v_proj", bias),
        output=Linear(output, bias if output_bias is None else output_bias),
        fused=Linear(fused, bias) if fused else None,
        key_norm=key_norm,
        key_norm_names=(f"{prefix}q_norm", f"{prefix}k_norm"),
        rotary=rotary,
        window=window,
        softcap=settings.number("attn_logit_softcapping"),
        sinks=sinks,
        gated=gated,
    )  # fmt: skip


def plan_gated(
    settings: Settings, width: int, *, prefix: str = "mlp.", bias: bool = False, fused: str = ""
) -> FeedForward:
    """A gated feed-forward part by the names that nearly all decoders use."""
    return FeedForward(
        width=width,
        up=Linear(f"{prefix}up_proj", bias),
        down=Linear(f"{prefix}down_proj", bias),
        gate=None if fused else Linear(f"{prefix}gate_proj", bias),
        fused=Linear(fused, bias) if fused else None,
        activation=find_activation(settings),
    )


def plan_plain(
    settings: Settings, up: str, down: str, *, bias: bool, transposed: bool = False
) -> FeedForward:
    """A feed-forward part of two weights; four times as wide as the model if nothing is said."""
    hidden = find_hidden(settings)
    names = ("intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size")
    return FeedForward(
        width=settings.count(*names, default=4 * hidden),
        up=Linear(up, bias),
        down=Linear(down, bias),
        activation=find_activation(settings, "gelu"),
        transposed=transposed,
    )


def plan_experts(
    settings: Settings,
    width: int,
    *,
    router: str = "mlp.gate",
    experts: str = "mlp.experts.{expert}.",
    names: tuple[str, str, str] = ("gate_proj", "up_proj", "down_proj"),
    correction: str = "",
    shared: FeedForward | None = None,
    shared_gate: str = "",
) -> Experts:
    """A choice of experts that have a tensor each."""
    count, chosen = count_experts(settings)
    gate, up, down = names
    return Experts(
        count=count,
        chosen=chosen,
        width=width,
        router=Linear(router),
        up=Linear(experts + up),
        down=Linear(experts + down),
        gate=Linear(experts + gate) if gate else None,
        activation=find_activation(settings),
        correction=correction,
        shared=shared,
        shared_gate=shared_gate,
    )


def count_experts(settings: Settings) -> tuple[int, int]:
    """How many experts there are, and how many each token chooses."""
    count = settings.count(
        "num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"
    )
    chosen = settings.count_work(
        "num_experts_per_tok", "experts_per_token", "top_k_experts", "moe_k", "moe_topk", least=1
    )
    if not 1 <= chosen <= count <= MAX_EXPERTS:
        raise UnreadableModel(f"config.json: {chosen} of {count} experts cannot be chosen")
    return count, chosen
