"""Types and literals in protobuf: ShapeProto and LiteralProto of xla/xla_data.proto."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, zip_longest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.bounds import Bounded
from cyborg_rr.domain.graph.graph import SMALL_CONSTANT_ELEMENTS, Dimension, Scalar, TensorType
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, VARINT, Message
from cyborg_rr.readers.hlo.element_types import BY_NUMBER, TUPLE_NUMBER
from cyborg_rr.readers.hlo.module import HloType, Literal, make_tuple
from cyborg_rr.readers.reading.limits import MAX_RANK

_MAX_KEPT = 4096


class TypeReader:
    """Reads types; equal ones, byte for byte, are read once."""

    def __init__(self) -> None:
        self._known: dict[bytes, HloType] = {}

    def read(self, message: Message, start: int, stop: int) -> HloType:
        """The type in a field."""
        if stop - start > _MAX_KEPT:
            return self._parse(message.message(start, stop))
        key = bytes(message.data[start:stop])
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._parse(message.message(start, stop))
        return found

    def _parse(self, message: Message) -> HloType:
        number = 0
        sizes: list[int] = []
        is_open: list[int] = []
        elements: list[HloType] = []
        for field, wire, value, stop in message:
            if field == 2 and wire == VARINT:
                number = value
            elif field == 3:
                sizes.extend(message.integers(wire, value, stop))
                if len(sizes) > MAX_RANK:
                    raise UnreadableModel(f"a tensor has more than {MAX_RANK} dimensions")
            elif field == 4 and wire == LENGTH:
                elements.append(self.read(message, value, stop))
            elif field == 6:
                is_open.extend(islice(message.integers(wire, value, stop), MAX_RANK + 1))
        if number == TUPLE_NUMBER:
            return make_tuple(elements)
        element_type = BY_NUMBER.get(number)
        if element_type == "token":
            return TensorType("token", ())
        shape: list[Dimension] = ["?" if size == -(2**63) else size for size in sizes]
        if any(isinstance(size, int) and size < 0 for size in shape):
            where = message.offset(message.start)
            raise UnreadableModel(f"a tensor has a negative size at byte {where}")
        if any(is_open):
            shape = [
                Bounded("?", size) if flag and isinstance(size, int) else size
                for size, flag in zip_longest(shape, is_open[: len(shape)], fillvalue=0)
            ]
        return TensorType(element_type, tuple(shape))


_INTEGERS = {4: 32, 5: 64, 6: 32, 7: 64}
"""Fields of s32, s64, u32 and u64 values."""
_BYTES = frozenset({3, 15})
"""Fields of unsigned and signed values of one byte each."""


def read_literal(message: Message, type_: HloType) -> Literal:
    """A constant's value; only small ones of the usual types are looked into."""
    count = type_.elements if isinstance(type_, TensorType) else None
    if count is None or count > SMALL_CONSTANT_ELEMENTS:
        return Literal(None, splat=False)
    values: list[Scalar] = []
    for field, wire, value, stop in message:
        if field in _INTEGERS:
            values.extend(islice(_wrap(message.integers(wire, value, stop), field), count + 1))
        elif field == 8:
            values.extend(message.floats(wire, value, stop))
        elif field == 9:
            values.extend(message.doubles(wire, value, stop))
        elif field == 2:
            if wire == LENGTH:
                values.extend(bool(byte) for byte in message.data[value : min(stop, value + count)])
            else:
                values.append(bool(value))
        elif field in _BYTES and wire == LENGTH:
            content = message.data[value : min(stop, value + count)]
            signed = field == 15
            values.extend(byte - 256 if signed and byte > 127 else byte for byte in content)
        if len(values) > count:
            return Literal(None, splat=False)
    if len(values) != count:
        return Literal(None, splat=False)
    splat = count > 1 and all(value == values[0] for value in values)
    return Literal((values[0],) if splat else tuple(values), splat)


def _wrap(numbers: Iterable[int], field: int) -> Iterable[int]:
    bits = _INTEGERS[field]
    if field in (4, 5):
        return (number for number in numbers if -(1 << 63) <= number < 1 << 63)
    return (number & ((1 << bits) - 1) for number in numbers)
