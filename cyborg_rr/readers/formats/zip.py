"""ZIP archives, read by their central directory and never unpacked to anywhere.

Format: PKWARE APPNOTE 6.3.10: end of the central directory (4.3.16), its ZIP64 form (4.3.14,
4.3.15), entries (4.3.12, 4.5.3) and local headers (4.3.7). Members are stored or deflated; nothing
is checked against its CRC, since what is read is looked at no less closely for it.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import HEAD_BYTES, Buffer

MAX_MEMBERS: Final = 1 << 20
"""No package of a model comes near; each costs the file 46 bytes at least."""

MAX_TEXT_BYTES: Final = 256 << 20
"""The largest member that is taken out; weights are looked at where they lie instead."""

MAX_RATIO: Final = 200
"""Text that people write deflates to a tenth or a thirtieth; a bomb does to a thousandth."""

MAX_NAME_BYTES: Final = 1024
TAIL_BYTES: Final = 65535 + 22 + 20
"""Where the end of the directory may lie: the longest comment, its record, the ZIP64 locator."""

_END: Final = struct.Struct("<4s4H2LH")
_LOCATOR: Final = struct.Struct("<4sLQL")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_MEMBER: Final = b"PK\x03\x04"
_FULL32: Final = 0xFFFFFFFF
_STORED, _DEFLATED = 0, 8
_OUTSIDE: Final = re.compile(r"(?:^|/)\.\.?(?:/|$)|^/|[\\\x00-\x1f\x7f]|^[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive: its sizes and where its local header begins."""

    name: str
    method: int
    packed_bytes: int
    size_bytes: int
    offset: int
    encrypted: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory lies and how many entries it has.

    ``shift`` is what stands in front of the archive, by which all its offsets are too small.
    """

    start: int
    size_bytes: int
    count: int
    shift: int


def find_directory(data: Buffer, begin: int = 0, stop: int | None = None) -> Directory | None:
    """The central directory, by the record at the end of the archive; None where there is none.

    What begins with a member is an archive from there on. A directory that counts from elsewhere
    is of an archive that is stored within this one, whose own directory was cut off.
    """
    total = len(data) if stop is None else stop
    tail_start = max(begin, total - TAIL_BYTES)
    tail = bytes(data[tail_start:total])
    place = len(tail)
    is_member = bytes(data[begin : begin + len(_MEMBER)]) == _MEMBER
    while (place := tail.rfind(b"PK\x05\x06", 0, place)) >= 0:
        if place + _END.size <= len(tail):
            found = _read_end(data, tail, tail_start, place)
            if found is not None and (found.shift == begin or not is_member):
                return found
    return None


def read_directory_ends(data: Buffer) -> tuple[bytes, ...]:
    """Beginning and end of the central directory: the names in it tell what an archive is.

    Of a file without one, such as one that was cut off, its own beginning alone.
    """
    directory = find_directory(data)
    if directory is None:
        return (bytes(data[:HEAD_BYTES]),)
    start, stop = directory.start, directory.start + directory.size_bytes
    first = bytes(data[start : min(stop, start + HEAD_BYTES)])
    return (first, bytes(data[max(start, stop - HEAD_BYTES) : stop]))


def _read_end(data: Buffer, tail: bytes, tail_start: int, place: int) -> Directory | None:
    """The directory that an end record names, where it lies before the record."""
    _, _, _, _, count, size, start, comment = _END.unpack_from(tail, place)
    if place + _END.size + comment > len(tail):
        return None
    stop = tail_start + place
    if place >= _LOCATOR.size and tail.startswith(b"PK\x06\x07", place - _LOCATOR.size):
        _, _, stated, _ = _LOCATOR.unpack_from(tail, place - _LOCATOR.size)
        for at in (stop - _LOCATOR.size - _END64.size, stated):
            record = bytes(data[at : at + _END64.size]) if 0 <= at < stop else b""
            if len(record) == _END64.size and record.startswith(b"PK\x06\x06"):
                count, size, start = _END64.unpack(record)[7:]
                stop = at
                break
        else:
            return None
    shift = stop - size - start
    if shift < 0 or count * _ENTRY.size > size:
        return None
    return Directory(start + shift, size, count, shift)


class Archive:
    """The members of an archive by name.

    Raises ``UnreadableModel`` for a directory that cannot be, for a name twice and for a name
    that leads elsewhere.
    """

    def __init__(self, data: Buffer, begin: int = 0, stop: int | None = None) -> None:
        """An archive between two places; what is no member in front of it is passed over."""
        directory = find_directory(data, begin, stop)
        if directory is None:
            raise UnreadableModel("the archive has no central directory: the file is cut off")
        if directory.count > MAX_MEMBERS:
            raise UnreadableModel(f"the archive has more than {MAX_MEMBERS} members")
        self._data = data
        self._start = directory.start
        members: dict[str, Member] = {}
        for member in list_members(data, directory):
            if member.name in members:
                raise UnreadableModel(f"the archive has the member '{_shown(member.name)}' twice")
            members[member.name] = member
        self.members: Mapping[str, Member] = members

    def read(self, name: str) -> bytes:
        """The content of a member that is small enough to be taken out."""
        data, begin, stop = self.unpack(name)
        return bytes(data[begin:stop])

    def unpack(self, name: str) -> tuple[Buffer, int, int]:
        """Where the content of such a member stands: in the archive where it is stored there."""
        member = self.members.get(name)
        if member is None:
            raise UnreadableModel(f"the archive lacks its member '{_shown(name)}'")
        shown = f"member '{_shown(name)}' of the archive"
        if member.encrypted:
            raise UnreadableModel(f"{shown} is encrypted: give the file without a password")
        if member.size_bytes > MAX_TEXT_BYTES:
            raise UnreadableModel(f"{shown} has {member.size_bytes} bytes: too many")
        begin = self._locate(member, shown)
        if member.method == _STORED:
            if member.packed_bytes != member.size_bytes:
                raise UnreadableModel(f"{shown} states two sizes")
            return self._data, begin, begin + member.size_bytes
        if member.method != _DEFLATED:
            raise UnreadableModel(
                f"{shown} is packed by method {member.method}: pack it anew, deflated or stored"
            )
        return self._inflate(member, begin, shown), 0, member.size_bytes

    def peek(self, name: str, length: int) -> bytes:
        """The first bytes of a member, whatever its size: a header in front of weights."""
        member = self.members.get(name)
        if member is None or member.encrypted or member.method not in (_STORED, _DEFLATED):
            raise UnreadableModel(f"member '{_shown(name)}' of the archive cannot be looked at")
        begin = self._locate(member, f"member '{_shown(name)}' of the archive")
        packed = bytes(self._data[begin : begin + min(member.packed_bytes, length)])
        if member.method == _STORED:
            return packed
        try:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, length)
        except zlib.error as error:
            raise UnreadableModel(f"member '{_shown(name)}' cannot be unpacked") from error

    def open(self, name: str) -> Archive:
        """The archive that a stored member is, looked at where it lies."""
        member = self.members.get(name)
        if member is None or member.method != _STORED or member.encrypted:
            raise UnreadableModel(f"member '{_shown(name)}' is not stored in the archive as it is")
        begin = self._locate(member, f"member '{_shown(name)}' of the archive")
        return Archive(self._data, begin, begin + member.packed_bytes)

    def _locate(self, member: Member, shown: str) -> int:
        """Where the content begins: the local header has a name and an extra field of its own."""
        header = bytes(self._data[member.offset : member.offset + _LOCAL.size])
        if len(header) < _LOCAL.size or not header.startswith(_MEMBER):
            raise UnreadableModel(f"{shown} does not begin where the directory says")
        lengths: tuple[int, ...] = _LOCAL.unpack(header)[-2:]
        begin = member.offset + _LOCAL.size + sum(lengths)
        if begin + member.packed_bytes > self._start:
            raise UnreadableModel(f"{shown} reaches beyond the members")
        return begin

    def _inflate(self, member: Member, begin: int, shown: str) -> bytes:
        if member.size_bytes > MAX_RATIO * member.packed_bytes + 1024:
            raise UnreadableModel(f"{shown} unpacks to more than {MAX_RATIO} times its size")
        unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
        packed = bytes(self._data[begin : begin + member.packed_bytes])
        try:
            content = unpacking.decompress(packed, member.size_bytes + 1)
        except zlib.error as error:
            raise UnreadableModel(f"{shown} cannot be unpacked") from error
        if len(content) != member.size_bytes:
            raise UnreadableModel(f"{shown} does not have the size that it states")
        return content


def list_members(data: Buffer, directory: Directory) -> Iterator[Member]:
    """The entries of a directory, in its order."""
    place, stop = directory.start, directory.start + directory.size_bytes
    for _ in range(directory.count):
        record = bytes(data[place : place + _ENTRY.size])
        if place + _ENTRY.size > stop or not record.startswith(b"PK\x01\x02"):
            raise UnreadableModel(f"the archive's directory is broken at byte {place}")
        fields = _ENTRY.unpack(record)
        lengths = fields[10:13]
        place += _ENTRY.size
        if place + sum(lengths) > stop:
            raise UnreadableModel(f"the archive's directory is broken at byte {place}")
        content = bytes(data[place : place + lengths[0] + lengths[1]])
        place += sum(lengths)
        yield _make_member(fields, content, lengths[0], directory)


def _make_member(
    fields: tuple[int, ...], content: bytes, name_bytes: int, directory: Directory
) -> Member:
    name = _read_name(content[:name_bytes])
    packed, size, offset = _widen(fields[8], fields[9], fields[16], content[name_bytes:])
    offset += directory.shift
    if offset + packed > directory.start:
        raise UnreadableModel(f"member '{_shown(name)}' of the archive lies outside of it")
    return Member(name, fields[4], packed, size, offset, bool(fields[3] & 1))


def _widen(packed: int, size: int, offset: int, extra: bytes) -> tuple[int, int, int]:
    """Sizes and offset with those that ZIP64 keeps in an extra field (APPNOTE 4.5.3)."""
    if _FULL32 not in (packed, size, offset):
        return packed, size, offset
    wide = iter(_find_wide(extra))
    size = next(wide, size) if size == _FULL32 else size
    packed = next(wide, packed) if packed == _FULL32 else packed
    offset = next(wide, offset) if offset == _FULL32 else offset
    return packed, size, offset


def _find_wide(extra: bytes) -> tuple[int, ...]:
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        place += 4
        if kind == 1:
            count = min(length, len(extra) - place) // 8
            return struct.unpack_from(f"<{min(count, 3)}Q", extra, place)
        place += length
    return ()


def _read_name(content: bytes) -> str:
    try:
        name = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableModel("the archive has a member whose name is no UTF-8") from error
    if not name or len(content) > MAX_NAME_BYTES or _OUTSIDE.search(name):
        raise UnreadableModel(f"the archive has a member of the name '{_shown(name)}'")
    return name


def _shown(name: str) -> str:
    return printable(name.encode(errors="replace"))
