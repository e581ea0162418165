"""Protobuf written by hand, for files that no library would write."""

from __future__ import annotations


def varint(number: int) -> bytes:
    """A number as protobuf writes it; a negative one takes all 64 bits."""
    number &= (1 << 64) - 1
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


def nested(field: int, content: bytes, more: int = 0) -> bytes:
    """A field of bytes, text or a message, and of ``more`` bytes that are to follow."""
    return varint(field << 3 | 2) + varint(len(content) + more) + content


def number(field: int, value: int) -> bytes:
    """A field that holds a number."""
    return varint(field << 3) + varint(value)
