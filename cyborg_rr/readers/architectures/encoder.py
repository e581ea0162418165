"""Graphs of encoders, of text, images or sound, and of decoders that attend to them."""

from __future__ import annotations

from typing import assert_never

from cyborg_rr.domain.graph.graph import Block, TensorType
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.feeding import activate
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import (
    Encoder,
    Head,
    ImageEntry,
    Linear,
    SoundEntry,
    Stack,
    TextEntry,
)


def draw_encoder(plan: Encoder) -> Block:
    """The whole model; a decoder takes tokens of its own."""
    drawing = Drawing(plan.element_type)
    value = _draw_stack(drawing, plan.encoder, "ids")
    if plan.decoder is None:
        return drawing.finish("output")
    _draw_stack(drawing, plan.decoder, "decoder_ids", value)
    return drawing.finish("logits")


def _draw_stack(drawing: Drawing, stack: Stack, ids: str, source: str = "") -> str:
    hidden, norm = stack.frame.hidden, stack.frame.norm
    match stack.entry:
        case TextEntry():
            value = _enter_text(drawing, stack.entry, stack, ids)
        case ImageEntry():
            value = _enter_image(drawing, stack.entry, stack)
        case SoundEntry():
            value = _enter_sound(drawing, stack.entry, hidden)
        case _:
            assert_never(stack.entry)
    for name, shape in stack.extra:
        drawing.weight(name, *shape)
    value = draw_layers(drawing, value, stack.layers, stack.frame, source)
    if stack.final_norm:
        value = drawing.norm(value, stack.final_norm, hidden, norm)
    return _draw_head(drawing, value, stack.head, stack)


def _enter_text(drawing: Drawing, entry: TextEntry, stack: Stack, name: str) -> str:
    hidden = stack.frame.hidden
    width = entry.width or hidden
    length = "sequence" if name == "ids" else "decoder_sequence"
    ids = drawing.input(name, TensorType("i64", ("batch", length)))
    tables = [drawing.weight(f"{t.name}.weight", t.rows, width) for t in entry.tables]
    value = drawing.apply("gather", tables[0], ids)
    for table in tables[1:]:
        value = drawing.apply("add", value, drawing.apply("gather", table, ids))
    if entry.norm:
        value = drawing.norm(value, entry.norm, width, stack.frame.norm)
    if entry.projection:
        value = drawing.linear(value, Linear(entry.projection, True), width, hidden)
    return value


def _enter_image(drawing: Drawing, entry: ImageEntry, stack: Stack) -> str:
    """Patches by a convolution that steps over them; rows for the class stand in front."""
    hidden, patch = stack.frame.hidden, entry.patch
    pixels = drawing.input(
        "pixels", TensorType("f32", ("batch", entry.channels, entry.height, entry.width))
    )
    weight = drawing.weight(f"{entry.projection.name}.weight", hidden, entry.channels, patch, patch)
    inputs = [drawing.apply("convert", pixels, element_type=drawing.element_type), weight]
    if entry.projection.bias:
        inputs.append(drawing.weight(f"{entry.projection.name}.bias", hidden))
    value = drawing.apply("convolution", *inputs, strides=(patch, patch))
    count = (entry.height // patch) * (entry.width // patch)
    value = drawing.apply("reshape", value, shape=(0, hidden, count))
    value = drawing.apply("transpose", value, permutation=(0, 2, 1))
    rows = len(entry.classes)
    for name in entry.classes:
        drawing.weight(name, 1, 1, hidden)
    if rows:
        value = drawing.apply("pad", value, padding_low=(0, rows, 0), padding_high=(0, 0, 0))
    if entry.positions:
        table = drawing.weight(entry.positions, 1, count + rows, hidden)
        value = drawing.apply("add", value, table)
    return drawing.norm(value, entry.norm, hidden, stack.frame.norm) if entry.norm else value


def _enter_sound(drawing: Drawing, entry: SoundEntry, hidden: int) -> str:
    mel = drawing.input("mel", TensorType("f32", ("batch", entry.bands, entry.length)))
    value = drawing.apply("convert", mel, element_type=drawing.element_type)
    for name, inner, step in ((entry.first, entry.bands, 1), (entry.second, hidden, 2)):
        weight = drawing.weight(f"{name}.weight", hidden, inner, 3)
        bias = drawing.weight(f"{name}.bias", hidden)
        value = drawing.apply("convolution", value, weight, bias, strides=(step,), padding=(1, 1))
        value = drawing.apply("gelu", value)
    value = drawing.apply("transpose", value, permutation=(0, 2, 1))
    positions = drawing.weight(f"{entry.positions}.weight", entry.length // 2, hidden)
    return drawing.apply("add", value, positions)


def _draw_head(drawing: Drawing, value: str, head: Head, stack: Stack) -> str:
    if head.beside is not None:
        drawing.put_out(_draw_head(drawing, value, head.beside, stack))
    value, hidden = _draw_chain(drawing, value, head, stack)
    norm = stack.frame.norm
    if head.transform:
        value = drawing.linear(value, Linear(head.transform, head.transform_bias), hidden, hidden)
        value = drawing.apply("gelu", value)
    if head.norm:
        value = drawing.norm(value, head.norm, hidden, norm)
    if head.table:
        value = drawing.linear(value, Linear(head.table), hidden, head.table_rows)
    if head.bias:
        value = drawing.apply("add", value, drawing.weight(head.bias, head.table_rows))
    if head.row_bias:
        value = drawing.apply("add", value, drawing.weight(head.row_bias, 1, head.table_rows))
    return value


def _draw_chain(drawing: Drawing, value: str, head: Head, stack: Stack) -> tuple[str, int]:
    """The projections of a head one after the other, and the width that they end in."""
    width = stack.frame.hidden
    if head.first:
        value = drawing.apply("slice", value, starts=(0,), ends=(1,), axes=(1,))
    for part in head.chain:
        value = drawing.linear(value, Linear(part.name, part.bias), width, part.rows)
        width = part.rows
        if part.activation == "tanh":
            value = drawing.apply("tanh", value)
        elif part.activation:
            value = activate(drawing, value, part.activation)
        if part.norm:
            value = drawing.norm(value, part.norm, width, stack.frame.norm)
    return value, width
