"""A place in a file that moves on as numbers and texts are taken from it."""

from __future__ import annotations

from struct import Struct
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.source import Buffer

MAX_PASSED = 4_000_000
"""Strings of a file's lists, which are passed one by one: vocabularies have up to a million."""

_LENGTH_BYTES = 8

_LARGEST_FILE: Final = 1 << 44
"""No file of one model has 16 TiB."""


class CutOff(UnreadableModel):
    """The header goes on beyond the end of the file."""


class Cursor:
    """Reads numbers of the file's byte order; whatever reaches beyond its end is ``CutOff``."""

    __slots__ = ("_data", "_structs", "passed", "place", "size_bytes")

    def __init__(self, data: Buffer, order: str, place: int) -> None:
        self._data = data
        self.size_bytes = len(data)
        self.place = place
        self.passed = 0
        sign = "<" if order == "little" else ">"
        self._structs = {code: Struct(sign + code) for code in "bBhHiIqQfd?"}

    @property
    def left(self) -> int:
        """Bytes between the place and the end of the file."""
        return self.size_bytes - self.place

    def take(self, code: str) -> int | float:
        """The next number, by its code of ``struct``."""
        form = self._structs[code]
        place = self._pass(form.size)
        value: int | float = form.unpack_from(self._data, place)[0]
        return value

    def count(self, code: str = "Q") -> int:
        """The next whole number."""
        return int(self.take(code))

    def numbers(self, code: str, count: int) -> tuple[int | float, ...]:
        """The next numbers, all of one kind; the caller has bounded their count."""
        form = Struct(self._structs[code].format[0] + f"{count}{code}")
        return form.unpack_from(self._data, self._pass(form.size))

    def text(self, most: int) -> bytes:
        """The next string; one longer than ``most`` bytes is refused."""
        length = self.count()
        if length > most:
            if length > self.left:
                raise self._cut(length)
            raise UnreadableModel(f"the name at byte {self.place} is longer than {most} bytes")
        place = self._pass(length)
        return bytes(self._data[place : place + length])

    def skip(self, size_bytes: int) -> None:
        """Leave out so many bytes."""
        self._pass(size_bytes)

    def expect(self, count: int, smallest: int) -> None:
        """Refuse a count of entries that the rest of the file has no room for."""
        if count * smallest > self.left:
            raise self._cut(count * smallest)

    def charge(self, count: int) -> None:
        """Refuse more entries of lists than are worth the time."""
        self.passed += count
        if self.passed > MAX_PASSED:
            raise UnreadableModel(f"its lists hold more than {MAX_PASSED} strings")

    def skip_texts(self, count: int) -> None:
        """Leave out so many strings: each length is looked at, and nothing else."""
        self.expect(count, _LENGTH_BYTES)
        self.charge(count)
        unpack, data, place = self._structs["Q"].unpack_from, self._data, self.place
        last = self.size_bytes - _LENGTH_BYTES
        for _ in range(count):
            if place > last:
                raise self._cut(_LENGTH_BYTES)
            place += _LENGTH_BYTES + unpack(data, place)[0]
        self._pass(place - self.place)

    def _pass(self, size_bytes: int) -> int:
        place = self.place
        if size_bytes > self.size_bytes - place:
            raise self._cut(size_bytes)
        self.place = place + size_bytes
        return place

    def _cut(self, size_bytes: int) -> CutOff:
        wanted = size_bytes if size_bytes < 1 << 63 else "2**63 or more"
        why = "cut off, as by a download that has not finished, or damaged"
        if size_bytes > _LARGEST_FILE:
            why = "damaged, since no model is so large"
        return CutOff(
            f"the header wants {wanted} bytes at byte {self.place} of a file of "
            f"{self.size_bytes}: the file is {why}"
        )
