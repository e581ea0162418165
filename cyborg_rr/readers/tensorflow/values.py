"""What attributes of nodes hold: numbers, texts, types, shapes, tensors, functions, and lists.

Fields: tensorflow/core/framework/attr_value.proto, tensor_shape.proto, tensor.proto.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import (
    SMALL_CONSTANT_ELEMENTS,
    Dimension,
    Scalar,
    Shape,
    StoredTensor,
    TensorType,
)
from cyborg_rr.domain.graph.shapes import ANY, Contradiction, check_type
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.formats.protobuf_wire import (
    FIXED32,
    LENGTH,
    MAX_VALUES,
    VARINT,
    Message,
    signed,
)
from cyborg_rr.readers.reading.limits import MAX_RANK
from cyborg_rr.readers.tensorflow.schema import element_type_of

_TEXT_BYTES: Final = 4096
_KEPT_FLOATS: Final = 16
"""Floating-point values are weights but for the few that are scales and limits."""

_CODES: Final[Mapping[str, str]] = {
    "i1": "?", "i8": "b", "u8": "B", "i16": "h", "u16": "H", "i32": "i", "u32": "I", "i64": "q",
    "u64": "Q", "f16": "e", "f32": "f", "f64": "d",
}  # fmt: skip
"""How ``tensor_content`` stores values, in the letters of ``struct``."""

_LISTED: Final = frozenset({5, 6, 7, 10, 11, 13, 16, 17})
"""Fields of TensorProto that list numbers; which one depends on the type."""


@dataclass(frozen=True, slots=True)
class TypeWord:
    """A DataType in an attribute; ``element_type`` is None for one that is not known."""

    number: int
    element_type: str | None

    @classmethod
    def of(cls, number: int) -> TypeWord:
        """The type of a number."""
        return cls(number, element_type_of(number))


@dataclass(frozen=True, slots=True)
class FunctionName:
    """A function of the library that an attribute names."""

    name: str


def read_value(message: Message) -> object:
    """The value of an AttrValue; a list becomes a tuple, a shape its dimensions or None."""
    found: object = None
    for number, wire, value, stop in message:
        if number == 1 and wire == LENGTH:
            found = _read_list(message.message(value, stop))
        else:
            found = _read_one(message, number, wire, value, stop)
    return found


def _read_one(message: Message, number: int, wire: int, value: int, stop: int) -> object:
    if wire == VARINT:
        if number == 3:
            return signed(value)
        if number == 5:
            return value != 0
        return TypeWord.of(value) if number == 6 else None
    if wire == FIXED32:
        return message.floats(wire, value, stop)[0] if number == 4 else None
    if wire != LENGTH:
        return None
    if number in (2, 9):
        return message.text(value, stop, _TEXT_BYTES)
    if number == 7:
        return read_shape(message.message(value, stop))
    if number == 8:
        return read_tensor(message.message(value, stop))
    return _read_function(message.message(value, stop)) if number == 10 else None


def _read_function(message: Message) -> FunctionName:
    for number, wire, value, stop in message:
        if number == 1 and wire == LENGTH:
            return FunctionName(message.name(value, stop))
    return FunctionName("")


def _read_list(message: Message) -> tuple[object, ...]:
    items: list[object] = []
    for number, wire, value, stop in message:
        if number in (3, 5, 6):
            numbers = message.integers(wire, value, stop)
            items.extend(TypeWord.of(each) if number == 6 else each for each in numbers)
        elif number == 4:
            items.extend(message.floats(wire, value, stop))
        elif number == 9 and wire == LENGTH:
            items.append(_read_function(message.message(value, stop)))
        elif number != 8:
            items.append(_read_one(message, number, wire, value, stop))
        if len(items) > MAX_VALUES:
            raise UnreadableModel(f"an attribute lists more than {MAX_VALUES} values")
    return tuple(items)


def read_shape(message: Message, symbols_for: str | None = None) -> Shape | None:
    """A TensorShapeProto; None where the rank is open. Open sizes get symbols of an input."""
    dims: list[Dimension] = []
    for number, wire, value, stop in message:
        if number == 3 and wire == VARINT and value:
            return None
        if number == 2 and wire == LENGTH:
            size = _read_size(message.message(value, stop))
            if size >= 0:
                dims.append(size)
            else:
                dims.append(ANY if symbols_for is None else f"unk__{symbols_for}_{len(dims)}")
            if len(dims) > MAX_RANK:
                raise UnreadableModel(f"a shape has more than {MAX_RANK} dimensions")
    return tuple(dims)


def _read_size(message: Message) -> int:
    size = 0
    for number, wire, value, _ in message:
        if number == 1 and wire == VARINT:
            size = signed(value)
    return size


def checked(known: TensorType, place: str) -> TensorType:
    """The type, unless no tensor can have it."""
    try:
        return check_type(known)
    except Contradiction as contradiction:
        raise UnreadableModel(f"{place}: {contradiction}") from contradiction


def read_tensor(message: Message) -> StoredTensor:
    """A TensorProto as a constant; its values where they are few.

    Values that are listed may be fewer than the elements: the last one stands for the rest.
    """
    number_of_type = 0
    shape: Shape = ()
    content: tuple[int, int] | None = None
    listed: list[tuple[int, int, int, int]] = []
    for number, wire, value, stop in message:
        if number == 1 and wire == VARINT:
            number_of_type = value
        elif number == 2 and wire == LENGTH:
            shape = read_shape(message.message(value, stop)) or ()
        elif number == 4 and wire == LENGTH:
            content = (value, stop) if stop > value else None
        elif number in _LISTED:
            if len(listed) > MAX_VALUES:
                raise UnreadableModel(f"a tensor lists more than {MAX_VALUES} values")
            listed.append((number, wire, value, stop))
    element_type = element_type_of(number_of_type)
    if element_type is None:
        raise UnreadableModel(f"a tensor has type {number_of_type}, which is not known")
    known = checked(TensorType(element_type, shape), "a tensor")
    if any(not isinstance(size, int) for size in shape):
        raise UnreadableModel("a tensor that is stored has an open size")
    if content is not None:
        return StoredTensor(known, "constant", values=_read_content(message, content, known))
    return _read_listed(message, listed, known)


def _read_content(
    message: Message, content: tuple[int, int], known: TensorType
) -> tuple[Scalar, ...] | None:
    start, stop = content
    element = find_element_type(known.element_type)
    elements = known.elements or 0
    if element is None or element.bits == 0:
        return None
    size = elements * -(-element.bits // 8)  # of less than a byte, each takes a whole one
    if stop - start != size:
        raise UnreadableModel(
            f"a tensor has {stop - start} bytes of data, but {known.element_type} "
            f"{list(known.shape or ())} takes {size}"
        )
    code = _CODES.get(known.element_type or "")
    if code is None or elements > (_KEPT_FLOATS if code in "efd" else SMALL_CONSTANT_ELEMENTS):
        return None
    return struct.unpack(f"<{elements}{code}", message.raw(start, stop))


def _read_listed(
    message: Message, listed: list[tuple[int, int, int, int]], known: TensorType
) -> StoredTensor:
    elements = known.elements or 0
    code = _CODES.get(known.element_type or "")
    if code is None:
        return StoredTensor(known, "constant")
    most = _KEPT_FLOATS if code in "efd" else SMALL_CONSTANT_ELEMENTS
    values: list[Scalar] = []
    count = 0
    for each in listed:
        for value in _list_numbers(message, *each):
            count += 1
            if len(values) <= most:
                values.append(value)
    if code == "e":
        values = [struct.unpack("<e", struct.pack("<H", int(v) & 0xFFFF))[0] for v in values]
    if count > elements:
        raise UnreadableModel(f"a tensor lists {count} values and has {elements} elements")
    if count == elements:
        return StoredTensor(known, "constant", values=tuple(values) if count <= most else None)
    if count <= 1:
        return StoredTensor(known, "constant", values=tuple(values or [0]), splat=True)
    if elements > most:
        return StoredTensor(known, "constant")
    return StoredTensor(known, "constant", values=(*values, *(values[-1:] * (elements - count))))


def _list_numbers(
    message: Message, number: int, wire: int, value: int, stop: int
) -> Iterator[Scalar]:
    if number == 5:
        return iter(message.floats(wire, value, stop))
    if number == 6:
        return iter(message.doubles(wire, value, stop))
    return message.integers(wire, value, stop)
