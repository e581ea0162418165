"""Types that an ONNX file states for values: TypeProto and what stands below it."""

from __future__ import annotations

import re

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.shapes import ANY
from cyborg_rr.readers.dialects.onnx.tensors import checked_type
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, VARINT, Message, signed
from cyborg_rr.readers.reading.limits import MAX_RANK

_SIGNS = re.compile(r"[^A-Za-z0-9_.]")

NO_TYPE = TensorType(None, None)
SYMBOL_BYTES = 4096


def read_value_info(message: Message, is_input: bool = False) -> tuple[str, TensorType]:
    """Name and type of a value; a sequence, map or opaque value has no tensor type.

    A dimension without a name gets a symbol of its own in an input of the model, so that a user can
    bind it; elsewhere it says nothing.
    """
    name = ""
    span: tuple[int, int] | None = None
    for number, wire, value, stop in message:
        if wire == LENGTH and number == 1:
            name = message.name(value, stop)
        elif wire == LENGTH and number == 2:
            span = (value, stop)
    if span is None:
        return name, NO_TYPE
    return name, read_type(message.message(*span), name if is_input else None)


def read_type(message: Message, symbols_for: str | None = None) -> TensorType:
    """The tensor type in a TypeProto, also within an optional one.

    ``symbols_for`` names the input whose unnamed dimensions are to get symbols.
    """
    for number, wire, value, stop in message:
        if wire == LENGTH and number in (1, 8):
            return _tensor_type(message.message(value, stop), symbols_for)
        if wire == LENGTH and number == 9:
            optional = message.message(value, stop)
            for inner, inner_wire, first, last in optional:
                if inner == 1 and inner_wire == LENGTH:
                    return read_type(optional.message(first, last), symbols_for)
    return NO_TYPE


def _tensor_type(message: Message, symbols_for: str | None) -> TensorType:
    code = 0
    shape: list[Dimension] | None = None
    for number, wire, value, stop in message:
        if number == 1 and wire == VARINT:
            code = value
        elif number == 2 and wire == LENGTH:
            shape = []
            dimensions = message.message(value, stop)
            for inner, inner_wire, first, last in dimensions:
                if inner == 1 and inner_wire == LENGTH:
                    unknown = ANY if symbols_for is None else make_symbol(symbols_for, len(shape))
                    shape.append(_dimension(dimensions.message(first, last), unknown))
                    if len(shape) > MAX_RANK:
                        raise UnreadableModel(
                            f"the type at byte {first} has a rank over {MAX_RANK}"
                        )
    place = f"type at byte {message.offset(message.start)}"
    if code == 0:
        return TensorType(None, None if shape is None else tuple(shape))
    checked = checked_type(code, tuple(shape or ()), place)
    return checked if shape is not None else TensorType(checked.element_type, None)


def _dimension(message: Message, unknown: str) -> Dimension:
    """A size or the name of a symbol; one without either (or of -1) gets a symbol of its own."""
    dimension: Dimension = unknown
    for number, wire, value, stop in message:
        if number == 1 and wire == VARINT:
            size = signed(value)
            dimension = unknown if size == -1 else size
        elif number == 2 and wire == LENGTH and stop > value:
            name = message.name(value, stop, SYMBOL_BYTES)
            dimension = unknown if name == ANY else name
    return dimension


def make_symbol(name: str, axis: int) -> str:
    """A symbol for an unnamed dimension, without signs that would make arithmetic of it."""
    return f"unk__{_SIGNS.sub('_', name)}_{axis}"
