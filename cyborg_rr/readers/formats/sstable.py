"""Sorted tables of keys and values, as LevelDB and TensorFlow write them.

A table ends in a footer of 48 bytes: where the index stands, and a magic number. The index is a
block whose values say where the other blocks stand; in a block, keys share their beginning with the
one before. Format: leveldb/doc/table_format.md; tensorflow/core/lib/io/table_builder.cc.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.source import Buffer

MAX_TABLE_BYTES: Final = 256 * 1024**2
"""A table of names and sizes is far smaller; it is read whole."""

MAX_ENTRIES: Final = 1_000_000
MAX_KEY_BYTES: Final = 65536

_FOOTER: Final = 48
_MAGIC: Final = bytes.fromhex("57fb808b247547db")
_TRAILER: Final = 5
"""Behind each block: how it is compressed, and a checksum."""


def is_table(data: Buffer) -> bool:
    """Whether the file ends as a table does."""
    return len(data) >= _FOOTER and data[-8:] == _MAGIC


def list_entries(data: Buffer) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values in the order of keys.

    Raises ``UnreadableModel`` for anything malformed, and for compressed blocks.
    """
    if len(data) > MAX_TABLE_BYTES:
        raise UnreadableModel(f"the table has {len(data)} bytes; {MAX_TABLE_BYTES} are allowed")
    if not is_table(data):
        raise UnreadableModel("the table does not end in its magic number: it is cut off, or none")
    content = bytes(data)
    position = len(content) - _FOOTER
    for _ in range(2):  # the block of statistics, which is not needed
        _, position = _varint(content, position, len(content))
    start, position = _varint(content, position, len(content))
    size, position = _varint(content, position, len(content))
    count = left = 0
    left = len(content)
    for _, handle in _list_block(content, start, size):
        inner, position = _varint(handle, 0, len(handle))
        inner_size, _ = _varint(handle, position, len(handle))
        left -= inner_size
        if left < 0:
            raise UnreadableModel("blocks of the table overlap")
        for entry in _list_block(content, inner, inner_size):
            count += 1
            if count > MAX_ENTRIES:
                raise UnreadableModel(f"the table has more than {MAX_ENTRIES} entries")
            yield entry


def _varint(content: bytes, position: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while position < end and shift < 64:
        byte = content[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7
    raise UnreadableModel("the table has a number without an end")


def _list_block(content: bytes, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Entries of a block; behind them stand the places of whole keys, which are not needed."""
    end = start + size
    if end + _TRAILER > len(content) or size < 4:
        raise UnreadableModel(f"a block of the table at byte {start} is not in it")
    if content[end] != 0:
        raise UnreadableModel(
            "blocks of the table are compressed, which is not read: save the model anew"
        )
    restarts = struct.unpack_from("<I", content, end - 4)[0]
    last = end - 4 - 4 * restarts
    if last < start:
        raise UnreadableModel(f"a block of the table at byte {start} has no room for its entries")
    key, position = b"", start
    while position < last:
        shared, position = _varint(content, position, last)
        rest, position = _varint(content, position, last)
        length, position = _varint(content, position, last)
        if shared > len(key) or position + rest + length > last or shared + rest > MAX_KEY_BYTES:
            raise UnreadableModel(f"an entry of the table ends behind its block at byte {start}")
        key = key[:shared] + content[position : position + rest]
        position += rest
        yield key, content[position : position + length]
        position += length
