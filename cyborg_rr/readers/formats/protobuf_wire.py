"""Walks protobuf messages without a schema and without copying what it skips.

Every reader of a protobuf IR builds on this: it asks for the fields of a message and looks only
into those that it needs, so the weights of a mapped file are never touched. Nothing in the file is
trusted: each length is held against its message, nesting and field count are bounded. The encoding
is described at https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.printing import render_printable
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Buffer

VARINT = 0
FIXED64 = 1
LENGTH = 2
FIXED32 = 5

MAX_DEPTH = 64
"""How deep messages may nest: about 20 graphs inside one another in ONNX."""

MAX_FIELDS = 100_000_000
"""How many fields one file may have: more is an attack, and would take minutes to walk."""

MAX_VALUES = 65536
"""How many numbers of one repeated field are read: no list that steers a graph is longer."""

COPY_BYTES = 1 << 16
"""A nested message up to this size is copied out, since indexing bytes is quicker than a map."""

RELEASE_BYTES = 32 * 1024**2
"""A map of the file gives its pages back after so many bytes of messages: a look at one header maps
up to two megabytes, so the headers of thousands of weights would make the whole file resident."""

Field = tuple[int, int, int, int]
"""Number, wire type, value (varint) or first byte (others), and the byte after the field."""


class Message:
    """A stretch of bytes that holds one message; iterating yields its fields in file order.

    ``origin`` is where ``data`` starts in the file, so that an error names a place in the file.
    ``ledger`` counts, for the whole file, fields and bytes of messages since the last release.
    """

    __slots__ = ("data", "depth", "end", "ledger", "origin", "start")

    def __init__(
        self,
        data: Buffer,
        start: int = 0,
        end: int | None = None,
        *,
        origin: int = 0,
        depth: int = 1,
        ledger: list[int] | None = None,
    ) -> None:
        self.data = data
        self.start = start
        self.end = len(data) if end is None else end
        self.origin = origin
        self.depth = depth
        self.ledger = [0, 0] if ledger is None else ledger

    def offset(self, position: int) -> int:
        """Where a position of this message stands in the file."""
        return self.origin + position

    def __iter__(self) -> Iterator[Field]:
        data, end, position = self.data, self.end, self.start
        count = 0
        while position < end:
            at = position
            tag = data[position]
            position += 1
            if tag > 127:
                tag, position = self._varint(at)
            wire = tag & 7
            if wire == VARINT:
                value, position = self._varint(position)
                stop = position
            elif wire == LENGTH:
                if position < end and data[position] < 128:
                    value = position + 1
                    stop = position = value + data[position]
                else:
                    length, value = self._varint(position)
                    stop = position = value + length
            elif wire == FIXED32:
                value, stop = position, position + 4
                position = stop
            elif wire == FIXED64:
                value, stop = position, position + 8
                position = stop
            else:
                raise UnreadableModel(
                    f"wire type {wire} at byte {self.offset(at)} is not used by any message here"
                )
            if stop > end:
                whole = "the file is cut off: it" if self.depth == 1 else "its message"
                raise UnreadableModel(
                    f"a field at byte {self.offset(at)} is {stop - value} bytes long, but"
                    f" {whole} ends {end - value} bytes further on"
                )
            if tag < 8:
                raise UnreadableModel(f"field number 0 at byte {self.offset(at)}")
            count += 1
            if not count & 1023:
                self._count(1024)
            yield tag >> 3, wire, value, stop
        self._count(count & 1023)

    def _count(self, fields: int) -> None:
        self.ledger[0] += fields
        if self.ledger[0] > MAX_FIELDS:
            raise UnreadableModel(f"the file has more than {MAX_FIELDS} fields")

    def _varint(self, position: int) -> tuple[int, int]:
        """The unsigned 64-bit number at a position, and the position after it."""
        data, end, at = self.data, self.end, position
        value = shift = 0
        while position < end:
            byte = data[position]
            position += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value & 0xFFFFFFFFFFFFFFFF, position
            shift += 7
            if shift > 63:
                raise UnreadableModel(f"a number at byte {self.offset(at)} is over 10 bytes long")
        raise UnreadableModel(f"the message ends inside a number at byte {self.offset(at)}")

    def message(self, start: int, stop: int) -> Message:
        """The message in a field of this one.

        Raises ``UnreadableModel`` where messages nest deeper than ``MAX_DEPTH``.
        """
        if self.depth >= MAX_DEPTH:
            raise UnreadableModel(
                f"messages nest more than {MAX_DEPTH} deep at byte {self.offset(start)}"
            )
        is_copy = type(self.data) is bytes
        if not is_copy:
            self._release(stop - start)
        nested = Message.__new__(Message)
        nested.depth = self.depth + 1
        nested.ledger = self.ledger
        if is_copy or stop - start > COPY_BYTES:
            nested.data, nested.start, nested.end = self.data, start, stop
            nested.origin = self.origin
        else:
            nested.data, nested.start, nested.end = self.data[start:stop], 0, stop - start
            nested.origin = self.origin + start
        return nested

    def _release(self, size: int) -> None:
        """Unmap the pages read so far; whoever looks again gets them from the system's cache."""
        if isinstance(self.data, mmap.mmap):
            self.ledger[1] += size
            if self.ledger[1] > RELEASE_BYTES:
                self.ledger[1] = 0
                self.data.madvise(mmap.MADV_DONTNEED)

    def raw(self, start: int, stop: int) -> bytes:
        """A copy of a field's bytes; the caller has looked at the length."""
        return self.data[start:stop]

    def text(self, start: int, stop: int, cap_bytes: int) -> str:
        """A string field, cut at ``cap_bytes``, safe to print."""
        cut = printable(self.data[start : min(stop, start + cap_bytes)])
        return cut + "..." if stop - start > cap_bytes else cut

    def name(self, start: int, stop: int, cap_bytes: int = 4096) -> str:
        """A string field that identifies something, so it may not be cut.

        Raises ``UnreadableModel`` for one over ``cap_bytes``.
        """
        if stop - start > cap_bytes:
            raise UnreadableModel(
                f"a name of {stop - start} bytes at byte {self.offset(start)}; {cap_bytes} allowed"
            )
        text = str(self.data[start:stop], "utf-8", "replace")
        return text if text.isprintable() else render_printable(text)

    def integers(self, wire: int, value: int, stop: int) -> Iterator[int]:
        """Signed integers of a repeated field, packed or not; at most ``MAX_VALUES`` of them."""
        if wire == VARINT:
            yield signed(value)
            return
        if wire != LENGTH:
            raise UnreadableModel(f"wire type {wire} before byte {self.offset(stop)}: not integers")
        packed = Message(self.data, value, stop, origin=self.origin)
        position = value
        for _ in range(MAX_VALUES + 1):
            if position >= stop:
                return
            number, position = packed._varint(position)
            yield signed(number)

    def floats(self, wire: int, value: int, stop: int) -> tuple[float, ...]:
        """32-bit floats of a repeated field, packed or not; at most ``MAX_VALUES`` and one."""
        return self._fixed("f", 4, wire, value, stop)

    def doubles(self, wire: int, value: int, stop: int) -> tuple[float, ...]:
        """64-bit floats of a repeated field, packed or not; at most ``MAX_VALUES`` and one."""
        return self._fixed("d", 8, wire, value, stop)

    def _fixed(self, code: str, size: int, wire: int, start: int, stop: int) -> tuple[float, ...]:
        if wire not in (LENGTH, FIXED32 if size == 4 else FIXED64) or (stop - start) % size:
            raise UnreadableModel(
                f"{stop - start} bytes of wire type {wire} at byte {self.offset(start)} are no"
                f" list of {size * 8}-bit floats"
            )
        count = min((stop - start) // size, MAX_VALUES + 1)
        return struct.unpack(f"<{count}{code}", self.data[start : start + count * size])


def signed(value: int) -> int:
    """The number that a 64-bit varint stands for in an int32 or int64 field."""
    return value - 0x10000000000000000 if value & 0x8000000000000000 else value
