"""The plan of T5 and its kin, an encoder and a decoder that attends to it (src/models/t5.cpp)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cyborg_rr.domain.graph.graph import Shape
from cyborg_rr.readers.architectures.plans import (
    Attention,
    Encoder,
    FeedForward,
    Frame,
    Head,
    Layer,
    Linear,
    Stack,
    Table,
    TextEntry,
)
from cyborg_rr.readers.gguf.figures import Figures
from cyborg_rr.readers.gguf.plans.shapes import (
    ACTIVATION_TYPE,
    MAX_DRAWN_LAYERS,
    NotDrawn,
    Tensors,
    count_heads,
)


def is_pair(shapes: Mapping[str, Shape]) -> bool:
    """Whether tensors are those of an encoder's layers, with a decoder or without."""
    return "enc.blk.0.attn_q.weight" in shapes


def plan_pair(figures: Figures, shapes: Mapping[str, Shape]) -> Encoder:
    """The plan of the whole model; raises ``NotDrawn``."""
    whole = Tensors(shapes)
    rows, hidden = whole.sizes("token_embd")
    count = figures.find("block_count") or 0
    entry = TextEntry((Table("token_embd", rows),))
    encoder = _plan_stack(figures, shapes, "enc", count, hidden, entry)
    if "dec.blk.0.attn_q.weight" not in shapes:
        return Encoder(ACTIVATION_TYPE, encoder)
    behind = figures.find("decoder_block_count") or count
    decoder = _plan_stack(figures, shapes, "dec", behind, hidden, entry)
    head = Head(table=whole.name("output") or "token_embd", table_rows=rows)
    return Encoder(ACTIVATION_TYPE, encoder, replace(decoder, head=head))


def _plan_stack(
    figures: Figures,
    shapes: Mapping[str, Shape],
    side: str,
    count: int,
    hidden: int,
    entry: TextEntry,
) -> Stack:
    if not 0 < count <= MAX_DRAWN_LAYERS:
        raise NotDrawn("the number of layers is not stated")
    layers = tuple(
        _plan_layer(figures, Tensors(shapes, f"{side}.blk.{layer}."), layer, side == "dec")
        for layer in range(count)
    )
    frame = Frame(hidden, side + ".blk.{layer}.", "rms")
    return Stack(frame, entry, layers, final_norm=f"{side}.output_norm")


def _plan_layer(figures: Figures, own: Tensors, layer: int, crosses: bool) -> Layer:
    heads = count_heads(figures, layer)
    width = own.sizes("ffn_down")[1]
    gate = own.find_linear("ffn_gate")
    feed = FeedForward(
        width,
        own.linear("ffn_up"),
        own.linear("ffn_down"),
        gate=gate,
        activation="relu" if gate is None else "gelu",
    )
    unused = "cross_attn_rel_b"
    extra = ((f"{unused}.weight", own.sizes(unused)),) if own.name(unused) else ()
    return Layer(
        _attend(own, "attn_", heads, crosses),
        feed,
        "attn_norm",
        "ffn_norm",
        cross=_attend(own, "cross_attn_", heads, False) if crosses else None,
        cross_norm="cross_attn_norm" if crosses else "",
        extra=extra,
    )


def _attend(own: Tensors, prefix: str, heads: int, causal: bool) -> Attention:
    query, key, value, output = (Linear(f"{prefix}{side}") for side in "qkvo")
    width = own.sizes(query.name)[0] // heads
    table = f"{prefix}rel_b"
    is_own = prefix == "attn_" and bool(own.name(table))
    return Attention(
        heads,
        heads,
        width,
        query,
        key,
        value,
        output,
        rotary=False,
        causal=causal,
        relative=(table, own.sizes(table)[0]) if is_own else ("", 0),
    )
