"""TAR archives, whole or behind gzip, looked at and never unpacked to anywhere.

Format: POSIX.1-1988 ustar with the base-256 sizes of GNU tar; long names of GNU tar and records of
pax are passed over, so that their members keep the short name. gzip: RFC 1952.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Buffer

BLOCK: Final = 512
MAX_MEMBERS: Final = 1 << 16
MAX_RATIO: Final = 200
"""As of ZIP archives: what unpacks to more is a bomb."""

_FILES: Final = frozenset(b"0\0")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, and where its bytes stand."""

    name: str
    start: int
    size: int


def is_tar(head: bytes) -> bool:
    """Whether an archive of ustar or GNU tar begins."""
    return head[257:262] == b"ustar"


def list_members(data: Buffer, start: int = 0, stop: int | None = None) -> Iterator[Member]:
    """The files in an archive; one that is cut off ends the list, anything else is refused."""
    end = len(data) if stop is None else stop
    for _ in range(MAX_MEMBERS):
        head = bytes(data[start : min(start + BLOCK, end)])
        if len(head) < BLOCK or not head.strip(b"\0"):
            return
        if not is_tar(head) or _number(head[148:156]) != _checksum(head):
            raise UnreadableModel(f"byte {start}: no header of a TAR archive")
        size = _number(head[124:136])
        start += BLOCK
        if start + size > end:
            return
        if head[156] in _FILES:
            yield Member(printable(head[:100].partition(b"\0")[0]), start, size)
        start += -(-size // BLOCK) * BLOCK
    raise UnreadableModel(f"the archive has more than {MAX_MEMBERS} members")


def inflate(data: Buffer, start: int, stop: int, most: int) -> bytes:
    """The first bytes of what is packed by gzip, at most so many.

    What would unpack to more than ``MAX_RATIO`` times its size is cut there.
    """
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    packed = bytes(data[start : min(stop, start + most)])
    try:
        return unpacking.decompress(packed, max(1, min(most, MAX_RATIO * len(packed))))
    except zlib.error as error:
        raise UnreadableModel(f"byte {start}: what is packed by gzip cannot be unpacked") from error


def _checksum(head: bytes) -> int:
    """The sum of a header's bytes with its own field taken as spaces."""
    return sum(head[:148]) + 8 * 32 + sum(head[156:])


def _number(field: bytes) -> int:
    """An octal number, or one of base 256 behind a set bit."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big") | (field[0] & 0x7F) << 8 * (len(field) - 1)
    text = field.strip(b" \0")
    if not text:
        return 0
    try:
        return int(text, 8)
    except ValueError as error:
        raise UnreadableModel("a number of a TAR archive is not octal") from error
