"""The header of an ELF file and its table of sections; nothing of a file is linked or loaded.

Layout: System V ABI, chapter 4 (object files), with the extended numbering of sections. Machines
and their flags are those of whoever asks. Every offset and count is held against the file first.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Buffer

MAGIC: Final = b"\x7fELF"
MAX_SECTIONS: Final = 1 << 16
MAX_NAME_BYTES: Final = 256

_IDENT: Final = struct.Struct("4s5B7x")
_HEADERS: Final = {1: "HHIIIIIHHHHHH", 2: "HHIQQQIHHHHHH"}
_SECTIONS: Final = {1: "IIIIIIIIII", 2: "IIQQQQIIQQ"}
_ORDERS: Final = {1: "<", 2: ">"}
_NO_BITS: Final = 8
"""A section that takes no room in the file (SHT_NOBITS)."""

_EXTENDED: Final = 0xFFFF
"""An index that stands in the first section instead (SHN_XINDEX)."""


@dataclass(frozen=True, slots=True)
class ElfHeader:
    """What a file says it is for, and where its table of sections stands from the file's start."""

    wide: int
    order: str
    os_abi: int
    abi_version: int
    kind: int
    machine: int
    flags: int
    table: int
    entry_bytes: int
    count: int
    names: int


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the file with a name."""

    name: str
    start: int
    size: int


def read_header(data: Buffer, start: int = 0, stop: int | None = None) -> ElfHeader:
    """The header of the ELF file that begins at ``start``; ``UnreadableModel`` where it is none."""
    end = len(data) if stop is None else stop
    head = bytes(data[start : min(start + 64, end)])
    if len(head) < _IDENT.size or not head.startswith(MAGIC):
        raise UnreadableModel(f"byte {start}: no ELF header")
    _, wide, order, _, os_abi, abi_version = _IDENT.unpack_from(head)
    if wide not in _HEADERS or order not in _ORDERS:
        raise UnreadableModel(f"byte {start}: an ELF header of class {wide} and byte order {order}")
    form = struct.Struct(_ORDERS[order] + _HEADERS[wide])
    if len(head) < _IDENT.size + form.size:
        raise UnreadableModel(f"byte {start}: the ELF header is cut off")
    kind, machine, _, _, _, table, flags, _, _, _, entry, count, names = form.unpack_from(
        head, _IDENT.size
    )
    return ElfHeader(
        wide, _ORDERS[order], os_abi, abi_version, kind, machine, flags, table, entry, count, names
    )


def list_sections(data: Buffer, header: ElfHeader) -> Iterator[Section]:
    """The sections of a whole file that have bytes in it, by the table at the header's place."""
    if not header.table:
        return
    form = struct.Struct(header.order + _SECTIONS[header.wide])
    if header.entry_bytes < form.size:
        raise UnreadableModel(f"sections are described by {header.entry_bytes} bytes each")
    first = _entry(data, header, form, 0)
    count = header.count or first[5]
    if count > MAX_SECTIONS or header.table + count * header.entry_bytes > len(data):
        raise UnreadableModel(f"the table of {count} sections reaches beyond the end of the file")
    index = first[6] if header.names == _EXTENDED else header.names
    if not index:
        return  # no section has a name
    if index >= count:
        raise UnreadableModel(f"the names of sections stand in section {index} of {count}")
    names_start, names_size = _span(_entry(data, header, form, index), len(data))
    for place in range(1, count):
        entry = _entry(data, header, form, place)
        start, size = _span(entry, len(data))
        if size:
            yield Section(_name(data, names_start, names_size, entry[0]), start, size)


def check_whole(data: Buffer, header: ElfHeader) -> None:
    """Refuse a file whose sections, or their table, are not all there."""
    deque(list_sections(data, header), maxlen=0)


def _entry(data: Buffer, header: ElfHeader, form: struct.Struct, place: int) -> tuple[int, ...]:
    start = header.table + place * header.entry_bytes
    if start + form.size > len(data):
        raise UnreadableModel(f"section {place} is described beyond the end of the file")
    return form.unpack(data[start : start + form.size])


def _span(entry: tuple[int, ...], end: int) -> tuple[int, int]:
    """First byte and size of a section; none for one without bytes."""
    if entry[1] == _NO_BITS:
        return 0, 0
    start, size = entry[4], entry[5]
    if start + size > end:
        raise UnreadableModel(f"a section of {size} bytes at byte {start} reaches beyond the file")
    return start, size


def _name(data: Buffer, start: int, size: int, place: int) -> str:
    if place >= size:
        raise UnreadableModel(f"the name of a section stands at {place} of {size} bytes")
    stop = min(start + place + MAX_NAME_BYTES, start + size)
    return printable(bytes(data[start + place : stop]).partition(b"\0")[0])
