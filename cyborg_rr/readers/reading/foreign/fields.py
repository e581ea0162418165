"""The first fields of a protobuf message, for telling files without a magic number apart.

Readers walk messages by ``formats.protobuf_wire``, which stands above this room; what is only named
needs no more than this: https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from cyborg_rr.readers.reading.source import Buffer

VARINT: Final = 0
LENGTH: Final = 2

MAX_FIELDS: Final = 64
"""How many fields of a message are looked at."""

_SIZES: Final = {1: 8, 5: 4}
_MAX_VARINT_BYTES: Final = 10


class Field(NamedTuple):
    """Number and wire type; the value of a varint, or where the content of others begins."""

    number: int
    wire: int
    value: int
    stop: int


def find_fields(data: Buffer, start: int, stop: int) -> list[Field] | None:
    """The first fields of the message; None where it is none."""
    found: list[Field] = []
    position = start
    while position < stop and len(found) < MAX_FIELDS:
        tag, position = _find_varint(data, position, stop)
        wire, value = tag & 7, position
        if wire == VARINT:
            value, end = _find_varint(data, position, stop)
        elif wire == LENGTH:
            length, value = _find_varint(data, position, stop)
            end = value + length
        else:
            end = position + _SIZES.get(wire, stop)
        if tag < 8 or end > stop:
            return None
        found.append(Field(tag >> 3, wire, value, end))
        position = end
    return found


def _find_varint(data: Buffer, position: int, stop: int) -> tuple[int, int]:
    """The number and the place behind it; 0 and a place beyond the end where there is none."""
    value = 0
    for index in range(min(_MAX_VARINT_BYTES, max(stop - position, 0))):
        byte = data[position + index]
        value |= (byte & 127) << 7 * index
        if byte < 128:
            return value, position + index + 1
    return 0, stop + 1
