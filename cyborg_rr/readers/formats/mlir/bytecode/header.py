"""What the header of an MLIR bytecode file says: the format's version and who wrote it."""

from __future__ import annotations

from typing import Final

MAGIC: Final = b"ML\xefR"
MAX_VERSION: Final = 6
"""Newest version of the format that is read (mlir/Bytecode/Encoding.h, BytecodeVersion)."""

_MAX_PRODUCER = 256
_MAX_STATED_VERSION = 1000


def parse_header(head: bytes) -> tuple[int | None, str]:
    """Bytecode version (None: unreadable) and producer, from the first bytes of a file."""
    version, producer, _ = split_header(head)
    return version, producer


def split_header(head: bytes) -> tuple[int | None, str, int]:
    """Version and producer, and where the sections begin (0: unknown)."""
    position = len(MAGIC)
    if position >= len(head):
        return None, "", 0
    version, position = _parse_varint(head, position)
    if version is None or version > _MAX_STATED_VERSION:
        return None, "", 0
    end = head.find(b"\0", position, position + _MAX_PRODUCER)
    if end < 0:
        return version, "", 0
    text = head[position:end].decode("ascii", "replace")
    return version, "".join(letter if letter.isprintable() else "?" for letter in text), end + 1


def _parse_varint(data: bytes, position: int) -> tuple[int | None, int]:
    """MLIR's prefix varint: the zeros below the lowest set bit tell how many bytes follow."""
    first = data[position]
    extra = 8 if first == 0 else (first & -first).bit_length() - 1
    raw = data[position : position + extra + 1]
    if len(raw) != extra + 1:
        return None, position
    if extra == 8:
        return int.from_bytes(raw[1:], "little"), position + 9
    return int.from_bytes(raw, "little") >> (extra + 1), position + extra + 1
