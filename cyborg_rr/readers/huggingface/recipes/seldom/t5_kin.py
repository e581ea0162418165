"""Pairs after T5: LongT5, Switch Transformers, T5Gemma.

Names: ``modeling_*.py`` of transformers for each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import (
    Attention,
    Encoder,
    Experts,
    FeedForward,
    Frame,
    Head,
    Layer,
    Linear,
    Stack,
    Table,
    TextEntry,
)
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE, Recipe
from cyborg_rr.readers.huggingface.recipes.heads import find_class
from cyborg_rr.readers.huggingface.recipes.pairs import plan_t5_stack
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_hidden,
    list_windows,
    plan_attention,
    plan_gated,
)
from cyborg_rr.readers.huggingface.settings import Settings

_LOCAL: Final = ("the attention of the encoder counts as the full square of scores; of long texts "
                 "it takes blocks",)  # fmt: skip
_KINDS: Final = {"local": "LocalSelfAttention", "transient-global": "TransientGlobalSelfAttention"}


def _longt5(settings: Settings) -> Encoder | None:
    """T5 whose encoder looks near by, and at sums of blocks if it is transient-global."""
    name = _KINDS.get(settings.text("encoder_attention_type") or "local")
    if name is None or find_class(settings) != "ForConditionalGeneration":
        return None
    encoder = plan_t5_stack(settings, "encoder", count_layers(settings, "num_layers"))
    prefix = f"layer.0.{name}."
    layers = [_rename(layer, prefix) for layer in encoder.layers]
    if name == _KINDS["transient-global"] and layers:
        buckets = settings.count("relative_attention_num_buckets", default=32)
        table = (f"{prefix}global_relative_attention_bias.weight",
                 (buckets, settings.count("num_heads")))  # fmt: skip
        norm = (f"{prefix}global_input_layer_norm.weight", (find_hidden(settings),))
        layers = [replace(layer, extra=(norm,)) for layer in layers]
        layers[0] = replace(layers[0], extra=(norm, table))
    encoder = replace(encoder, layers=tuple(layers))
    return Encoder(_find_type(settings), encoder, _plan_t5_decoder(settings), _LOCAL)


def _rename(layer: Layer, prefix: str) -> Layer:
    """A layer of T5 whose attention has other names."""
    attention = layer.mixer
    if not isinstance(attention, Attention):
        return layer
    table, rows = attention.relative
    query, key, value, output = (Linear(f"{prefix}{part}") for part in "qkvo")
    named = (f"{prefix}relative_attention_bias", rows) if table else attention.relative
    mixer = replace(attention, query=query, key=key, value=value, output=output, relative=named)
    return replace(layer, mixer=mixer)


def _find_type(settings: Settings) -> str:
    return settings.element_type or DEFAULT_TYPE


def _plan_t5_decoder(settings: Settings) -> Stack:
    count = count_layers(settings, "num_decoder_layers", "num_layers")
    table = "shared" if settings.is_tied(True) else "lm_head"
    head = Head(table=table, table_rows=settings.count("vocab_size"))
    return replace(plan_t5_stack(settings, "decoder", count), head=head)


def _switch(settings: Settings) -> Encoder | None:
    """T5 with experts in some layers, one of which each token goes through."""
    if find_class(settings) != "ForConditionalGeneration":
        return None
    encoder = plan_t5_stack(settings, "encoder", count_layers(settings, "num_layers"))
    stacks = (("encoder", 1, encoder), ("decoder", 2, _plan_t5_decoder(settings)))
    made = [_put_experts(settings, side, at, stack) for side, at, stack in stacks]
    return Encoder(_find_type(settings), made[0], made[1])


def _put_experts(settings: Settings, side: str, at: int, stack: Stack) -> Stack:
    """Each so many layers have experts, the second of the first ones first."""
    prefix, width = f"layer.{at}.mlp.", settings.count("d_ff")
    up, down = Linear(f"{prefix}wi"), Linear(f"{prefix}wo")
    dense = FeedForward(width, up, down, activation="relu")
    expert = f"{prefix}experts.expert_{{expert}}."
    sparse = Experts(
        count=settings.count("num_experts"), chosen=1, width=width,
        router=Linear(f"{prefix}router.classifier", settings.flag("router_bias")),
        up=Linear(f"{expert}wi"), down=Linear(f"{expert}wo"), activation="relu",
    )  # fmt: skip
    step = settings.count(f"{side}_sparse_step", default=0)
    layers = (
        replace(layer, feed=sparse if step and (step == 1 or number % step == 1)
                else dense)
        for number, layer in enumerate(stack.layers)
    )  # fmt: skip
    return replace(stack, layers=tuple(layers))


def _t5gemma(settings: Settings) -> Encoder | None:
    """An encoder and a decoder of Gemma 2, each with settings and a table of tokens of its own."""
    first, second = settings.enter("encoder"), settings.enter("decoder")
    if find_class(settings) != "ForConditionalGeneration" or first is None or second is None:
        return None
    source = find_hidden(first)
    if second.count("cross_attention_hidden_size", default=source) != find_hidden(second):
        return None
    table = "model.decoder.embed_tokens" if settings.is_tied(True) else "lm_head.out_proj"
    head = Head(table=table, table_rows=second.count("vocab_size"))
    decoder = replace(_plan_gemma(second, "decoder"), head=head)
    return Encoder(_find_type(settings), _plan_gemma(first, "encoder"), decoder)


def _plan_gemma(settings: Settings, side: str) -> Stack:
    """Norms stand before and behind each part."""
    crosses = side == "decoder"
    bias = settings.flag("attention_bias")
    cross = plan_attention(
        settings, bias=bias, prefix="cross_attn.", output="cross_attn.o_proj", rotary=False
    )
    feed = plan_gated(settings, settings.count("intermediate_size"))
    layers = tuple(
        Layer(
            replace(plan_attention(settings, window=window, bias=bias), causal=crosses),
            feed,
            "pre_self_attn_layernorm",
            "pre_feedforward_layernorm",
            "post_self_attn_layernorm",
            "post_feedforward_layernorm",
            cross=replace(cross, causal=False) if crosses else None,
            cross_norm="pre_cross_attn_layernorm" if crosses else "",
            cross_post_norm="post_cross_attn_layernorm" if crosses else "",
        )
        for window in list_windows(settings, lambda layer: layer % 2 == 0)
    )
    return Stack(
        Frame(find_hidden(settings), f"model.{side}.layers.{{layer}}.", "rms"),
        TextEntry((Table(f"model.{side}.embed_tokens", settings.count("vocab_size")),)),
        layers,
        final_norm=f"model.{side}.norm",
    )


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {"longt5": _longt5, "switch_transformers": _switch, "t5gemma": _t5gemma}
)
"""How a configuration is read, by its model type; none where the class has no plan."""
