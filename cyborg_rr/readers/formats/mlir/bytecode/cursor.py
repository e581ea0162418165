"""Numbers of MLIR bytecode, read one behind the other between two places of a file."""

from __future__ import annotations

import struct
from typing import Final, NoReturn

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.source import Buffer

MAX_ALIGNMENT: Final = 1 << 20
_NATIVE_BITS = 64


def refuse(cause: str, position: int) -> NoReturn:
    """Refuse the file and say where."""
    raise UnreadableModel(f"{cause} at byte {position}")


class Cursor:
    """Reads from ``position`` to ``end``; ``origin`` is where in ``data`` the bytecode begins."""

    __slots__ = ("data", "end", "origin", "position")

    def __init__(self, data: Buffer, position: int, end: int, origin: int = 0) -> None:
        self.data = data
        self.position = position
        self.end = end
        self.origin = origin

    def fail(self, cause: str) -> NoReturn:
        """Refuse the file and say where."""
        refuse(cause, self.position)

    def skip(self, size: int) -> int:
        """Step over bytes; where they began."""
        begin = self.position
        if size > self.end - begin:
            self.fail(f"{size} bytes are stated where {self.end - begin} are left")
        self.position = begin + size
        return begin

    def byte(self) -> int:
        """One byte."""
        return self.data[self.skip(1)]

    def number(self) -> int:
        """A whole number without a sign: the lowest set bit of its first byte tells its length."""
        begin = self.position
        if begin >= self.end:
            self.fail("a number is missing")
        first = self.data[begin]
        if first & 1:
            self.position = begin + 1
            return first >> 1
        if first & 2 and begin + 1 < self.end:
            self.position = begin + 2
            return (first | self.data[begin + 1] << 8) >> 2
        extra = (first & -first).bit_length() - 1 if first else 8
        self.skip(extra + 1)
        if not first:
            return int.from_bytes(self.data[begin + 1 : begin + 9], "little")
        return int.from_bytes(self.data[begin : begin + extra + 1], "little") >> (extra + 1)

    def signed(self) -> int:
        """A whole number with its sign in the lowest bit."""
        number = self.number()
        return (number >> 1) ^ -(number & 1)

    def flagged(self) -> tuple[int, bool]:
        """A whole number with a flag in the lowest bit."""
        number = self.number()
        return number >> 1, bool(number & 1)

    def count(self, least: int = 1) -> int:
        """How many things follow, each of which takes ``least`` bytes."""
        count = self.number()
        if count * least > self.end - self.position:
            self.fail(f"{count} parts are stated where {self.end - self.position} bytes are left")
        return count

    def numbers(self) -> list[int]:
        """A count, and as many numbers, of which most take one byte."""
        data, found = self.data, list[int]()
        for _ in range(self.count()):
            place = self.position
            if place < self.end and data[place] & 1:
                self.position = place + 1
                found.append(data[place] >> 1)
            else:
                found.append(self.number())
        return found

    def integers(self) -> tuple[int, ...]:
        """A list of numbers with signs."""
        return tuple([self.signed() for _ in range(self.count())])

    def integer(self, bits: int) -> int:
        """A number of known width (APInt), its bits taken as two's complement."""
        if bits <= 8:
            value = self.byte()
        elif bits <= _NATIVE_BITS:
            value = self.signed()
        else:
            value = 0
            for place in range(self.count()):
                value |= (self.signed() & (1 << _NATIVE_BITS) - 1) << (_NATIVE_BITS * place)
        return value & (1 << bits) - 1

    def real(self) -> float:
        """A number in binary64."""
        value: float = struct.unpack("<d", self.integer(_NATIVE_BITS).to_bytes(8, "little"))[0]
        return value

    def section(self) -> tuple[int, Cursor]:
        """A section: its number, and a cursor over what is in it."""
        mark = self.byte()
        length = self.number()
        if mark & 0x80:
            alignment = self.number()
            if not 0 < alignment <= MAX_ALIGNMENT or alignment & (alignment - 1):
                self.fail(f"an alignment of {alignment}")
            self.skip(-(self.position - self.origin) % alignment)
        begin = self.skip(length)
        return mark & 0x7F, Cursor(self.data, begin, begin + length, self.origin)

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.position >= self.end
