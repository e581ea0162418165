"""Reads FlatBuffers: tables of optional fields that refer to one another by offsets.

Layout: flatbuffers.dev, internals. Every offset and length is held against the file before it is
followed. Tables may be shared, so that a short file can stand for a long one: what is read is
counted, and a file that asks for far more than it holds is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final, Literal, get_args

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.source import Buffer, let_go

MAX_TEXT_BYTES: Final = 4096
"""Longest text that is kept."""

MAX_UNITS: Final = 50_000_000
"""Tables and numbers that are read of one file: the largest that we met have under a million."""

_SPARE_UNITS: Final = 4096
_KEPT_KINDS: Final = 1024
_KEPT_FIELDS: Final = 64
"""So many kinds of tables are remembered, of so many fields: schemas have fewer."""

_RELEASED: Final = 4095
"""After so many tables of a vector and one, the pages that they lie in are given back."""

_TEXT_UNIT: Final = 16
"""Bytes of text that count as one number."""

Code = Literal["?", "b", "B", "h", "H", "i", "I", "q", "Q", "f", "d"]
"""How a number is stored, in the letters of ``struct``; always little-endian."""

Number = int | float | bool

_FORMS: Final = {code: struct.Struct(f"<{code}") for code in get_args(Code)}
_OFFSET: Final = _FORMS["I"]
_BACK: Final = _FORMS["i"]


class FlatFile:
    """The bytes of a file, with what may still be read of it."""

    __slots__ = ("_places", "_units", "data", "size")

    def __init__(self, data: Buffer) -> None:
        self.data = data
        self.size = len(data)
        self._units = min(self.size + _SPARE_UNITS, MAX_UNITS)
        self._places: dict[int, tuple[int, ...]] = {}

    def number(self, code: Code, position: int) -> Number:
        """A number at a place."""
        form = _FORMS[code]
        if position < 0 or position + form.size > self.size:
            self.check(position, form.size)
        found: Number = form.unpack_from(self.data, position)[0]
        return found

    def offset(self, position: int) -> int:
        """The place that the unsigned offset at a place leads to."""
        if position < 0 or position + 4 > self.size:
            self.check(position, 4)
        leads: int = _OFFSET.unpack_from(self.data, position)[0]
        return position + leads

    def vector(self, position: int, width: int) -> tuple[int, int]:
        """First byte and number of elements of the vector that the offset at a place leads to."""
        start = self.offset(position)
        if start + 4 > self.size:
            self.check(start, 4)
        count: int = _OFFSET.unpack_from(self.data, start)[0]
        start += 4
        if start + count * width > self.size:
            self.check(start, count * width)
        return start, count

    def places(self, position: int) -> tuple[int, ...]:
        """Where each field of the table at a place stands, counted from there; 0 for an absent one.

        Tables of one kind share the list of them, which is read once and counts for each.
        """
        if position < 0 or position + 4 > self.size:
            self.check(position, 4)
        listed = position - _BACK.unpack_from(self.data, position)[0]
        found = self._places.get(listed)
        if found is None:
            found = self._read_places(listed, position)
            if len(found) <= _KEPT_FIELDS and len(self._places) < _KEPT_KINDS:
                self._places[listed] = found
        self._units -= 3 + len(found)
        if self._units < 0:
            self.spend(0, position)
        return found

    def _read_places(self, listed: int, position: int) -> tuple[int, ...]:
        size = int(self.number("H", listed)) if listed >= 0 else 0
        if size < 4 or size % 2:
            raise UnreadableModel(f"byte {position}: the table's fields have no place")
        self.check(listed, size)
        return struct.unpack_from(f"<{size // 2 - 2}H", self.data, listed + 4)

    def check(self, position: int, size: int) -> None:
        """Refuse what does not lie within the file."""
        if position < 0 or size < 0 or position + size > self.size:
            raise UnreadableModel(f"byte {position}: {size} bytes lie beyond the end of the file")

    def spend(self, units: int, position: int) -> None:
        """Count what is read."""
        self._units -= units
        if self._units < 0:
            raise UnreadableModel(f"byte {position}: more is referred to than the file can mean")

    def text(self, start: int, count: int) -> str:
        """So many bytes as text, once they are known to be there."""
        if count > MAX_TEXT_BYTES:
            raise UnreadableModel(f"byte {start}: a name of {count} bytes")
        if count >= _TEXT_UNIT:
            self.spend(count // _TEXT_UNIT, start)
        return str(self.data[start : start + count], "utf-8", "replace")

    def root(self) -> Table:
        """The table that all others are reached from."""
        return Table(self, self.offset(0))


class Table:
    """One table. Fields are asked for by their number in the schema; absent ones have a default."""

    __slots__ = ("_file", "_fields", "position")

    def __init__(self, file: FlatFile, position: int) -> None:
        self._file = file
        self.position = position
        self._fields = file.places(position)

    def place(self, field: int) -> int:
        """Where a field stands; 0 where it is absent."""
        within = self._fields[field] if field < len(self._fields) else 0
        return self.position + within if within else 0

    def number(self, field: int, code: Code, default: Number = 0) -> Number:
        """A number, whole or not."""
        within = self._fields[field] if field < len(self._fields) else 0
        return self._file.number(code, self.position + within) if within else default

    def integer(self, field: int, code: Code, default: int = 0) -> int:
        """A whole number."""
        within = self._fields[field] if field < len(self._fields) else 0
        if not within:
            return default
        file, form, position = self._file, _FORMS[code], self.position + within
        if position + form.size > file.size:
            file.check(position, form.size)
        return int(form.unpack_from(file.data, position)[0])

    def table(self, field: int) -> Table | None:
        """Another table."""
        within = self._fields[field] if field < len(self._fields) else 0
        if not within:
            return None
        file, position = self._file, self.position + within
        if position + 4 > file.size:
            file.check(position, 4)
        return Table(file, position + _OFFSET.unpack_from(file.data, position)[0])

    def span(self, field: int, width: int = 1) -> tuple[int, int]:
        """First byte and number of elements of a vector of elements of ``width`` bytes."""
        within = self._fields[field] if field < len(self._fields) else 0
        return self._file.vector(self.position + within, width) if within else (0, 0)

    def numbers(self, field: int, code: Code) -> tuple[Number, ...]:
        """A vector of numbers."""
        return self._unpack(field, code)

    def _unpack(self, field: int, code: Code) -> tuple[Any, ...]:
        start, count = self.span(field, _FORMS[code].size)
        if not count:
            return ()
        self._file.spend(count, start)
        return struct.unpack_from(f"<{count}{code}", self._file.data, start)

    def content(self, start: int, stop: int) -> bytes:
        """Some bytes of the file, counted by their length."""
        self._file.check(start, stop - start)
        self._file.spend((stop - start) // _TEXT_UNIT, start)
        return bytes(self._file.data[start:stop])

    def integers(self, field: int, code: Code = "i") -> tuple[int, ...]:
        """A vector of whole numbers."""
        return self._unpack(field, code)

    def tables(self, field: int) -> Iterator[Table]:
        """A vector of tables."""
        start, count = self.span(field, 4)
        file = self._file
        for index, place in enumerate(range(start, start + 4 * count, 4)):  # within the file
            yield Table(file, place + _OFFSET.unpack_from(file.data, place)[0])
            if index & _RELEASED == _RELEASED:
                let_go(file.data)

    def text(self, field: int) -> str:
        """A text, empty where it is absent; bytes that are no UTF-8 are replaced."""
        start, count = self.span(field)
        return self._file.text(start, count)

    def texts(self, field: int) -> list[str]:
        """A vector of texts."""
        start, count = self.span(field, 4)
        file, found = self._file, []
        file.spend(count, start)
        for place in range(start, start + 4 * count, 4):
            begin, size = file.vector(place, 1)
            found.append(file.text(begin, size))
        return found
