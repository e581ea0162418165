"""Reads the attributes of ONNX nodes: AttributeProto."""

from __future__ import annotations

from dataclasses import dataclass, field

from cyborg_rr.readers.dialects.onnx.schema import AttributeValue, LongList, Reference
from cyborg_rr.readers.dialects.onnx.tensors import read_sparse_tensor, read_tensor
from cyborg_rr.readers.formats.protobuf_wire import (
    FIXED32,
    LENGTH,
    MAX_VALUES,
    VARINT,
    Message,
    signed,
)
from cyborg_rr.readers.onnx.types import read_type

TEXT_BYTES = 4096
"""Longest attribute string that is kept."""

_FLOAT, _INT, _STRING, _FLOATS, _INTS, _STRINGS = 1, 2, 3, 6, 7, 8
"""Numbers of AttributeProto.AttributeType."""


@dataclass(slots=True)
class _Found:
    """What stands in an attribute. ``kind`` is the stated type, ``seen`` the one that shows."""

    name: str = ""
    kind: int = 0
    seen: int = 0
    single: AttributeValue = None
    integers: list[int] = field(default_factory=list)
    floats: list[float] = field(default_factory=list)
    strings: list[str] = field(default_factory=list)
    count: int = 0
    graphs: list[Message] = field(default_factory=list)


def read_attribute(message: Message) -> tuple[str, AttributeValue, list[Message]]:
    """Name, value and graphs of an attribute; the graphs are for the caller to read."""
    found = _Found()
    for number, wire, value, stop in message:
        if number == 1 and wire == LENGTH:
            found.name = message.name(value, stop, 256)
        elif number == 20 and wire == VARINT:
            found.kind = value
        elif number == 3 and wire == VARINT:
            found.single, found.seen = signed(value), _INT
        elif number == 2 and wire == FIXED32:
            found.single, found.seen = message.floats(wire, value, stop)[0], _FLOAT
        elif number == 8:
            found.seen = _INTS
            for integer in message.integers(wire, value, stop):
                found.count += 1
                if found.count <= MAX_VALUES:
                    found.integers.append(integer)
        elif number == 7:
            found.seen = _FLOATS
            found.count += (stop - value) // 4
            if found.count <= MAX_VALUES:
                found.floats.extend(message.floats(wire, value, stop))
        elif wire == LENGTH:
            _read_nested(message, number, value, stop, found)
    return found.name, _value(found), found.graphs


def _read_nested(message: Message, number: int, start: int, stop: int, found: _Found) -> None:
    """The fields of an attribute that are texts or messages."""
    if number == 4:
        found.single, found.seen = message.text(start, stop, TEXT_BYTES), _STRING
    elif number == 9:
        found.seen = _STRINGS
        found.count += 1
        if found.count <= MAX_VALUES:
            found.strings.append(message.text(start, stop, TEXT_BYTES))
    elif number == 5:
        found.single = read_tensor(message.message(start, stop), "constant")[1]
    elif number == 22:
        found.single = read_sparse_tensor(message.message(start, stop))[1]
    elif number in (6, 11):
        found.graphs.append(message.message(start, stop))
    elif number == 14:
        found.single = read_type(message.message(start, stop))
    elif number == 21 and stop > start:
        found.single = Reference(message.name(start, stop, 256))


def _value(found: _Found) -> AttributeValue:
    """The value by its stated type, or by what stands there where none is stated."""
    if isinstance(found.single, Reference):
        return found.single
    kind = found.kind or found.seen
    if kind in (_FLOATS, _INTS, _STRINGS) and found.count > MAX_VALUES:
        return LongList(found.count)
    if kind == _INTS:
        return tuple(found.integers)
    if kind == _FLOATS:
        return tuple(found.floats)
    if kind == _STRINGS:
        return tuple(found.strings)
    if found.single is None and kind in (_FLOAT, _INT, _STRING):
        # Writers of protobuf 3 leave out a zero.
        return 0.0 if kind == _FLOAT else 0 if kind == _INT else ""
    return found.single
