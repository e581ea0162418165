"""Writes fields of protobuf messages."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from cyborg_rr.readers.formats.protobuf_wire import FIXED32, LENGTH, VARINT

_MASK = (1 << 64) - 1
_SHORT = [bytes((number,)) for number in range(128)]
"""Numbers of one byte: nearly all tags and lengths."""


def varint(number: int) -> bytes:
    """A number of 64 bits, a negative one as its complement."""
    if 0 <= number < 128:
        return _SHORT[number]
    number &= _MASK
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def number(field: int, value: int) -> bytes:
    """A field that is a whole number."""
    return varint(field << 3 | VARINT) + varint(value)


def real(field: int, value: float) -> bytes:
    """A field that is a float of 32 bits; what is beyond them is infinite."""
    return varint(field << 3 | FIXED32) + pack_float(value)


def pack_float(value: float) -> bytes:
    """A float of 32 bits."""
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return struct.pack("<f", float("inf") if value > 0 else float("-inf"))


def content(field: int, value: bytes | str) -> bytes:
    """A field that is text, bytes or a message."""
    encoded = value.encode("utf-8") if isinstance(value, str) else value
    return varint(field << 3 | LENGTH) + varint(len(encoded)) + encoded


def packed(field: int, values: Iterable[int]) -> bytes:
    """A field that is a list of whole numbers."""
    return content(field, b"".join(map(varint, values)))
