"""Containers of AMD's FPGAs (xclbin): the header and two of the sections.

Layout: struct axlf, mem_topology and ip_layout of XRT (src/runtime_src/core/include/xclbin.h, in
the Linux kernel drivers/fpga).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.artifact.found import Found
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Buffer

MAX_SECTIONS: Final = 0x10000
"""XCLBIN_MAX_NUM_SECTION."""

_HEADER: Final = 304
"""Where struct axlf_header begins: behind magic, signature and key."""

_FIELDS: Final = struct.Struct("<3QHBBHH16s64s16s16sI")
_SECTION: Final = struct.Struct("<I16s4x2Q")
_SECTIONS: Final = 456
_MEMORY, _IP = 6, 8
_BANK: Final = struct.Struct("<BB6xQQ16s")
_KERNEL: Final = struct.Struct("<IIQ64s")
_IS_KERNEL: Final = 1
_SHOWN: Final = 8
_MIB_OF_KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Part:
    """A section: its kind, first byte and size."""

    kind: int
    start: int
    size: int


def read(data: Buffer) -> Found:
    """Platform, interface and own uuid, memory banks and kernels."""
    head = bytes(data[_HEADER:_SECTIONS])
    if len(head) < _FIELDS.size:
        raise UnreadableModel("the header of the xclbin is cut off")
    fields = _FIELDS.unpack_from(head)
    length, patch, major, minor = fields[0], fields[3], fields[4], fields[5]
    interface, platform, own, count = fields[8], _text(fields[9]), fields[10], fields[12]
    if length != len(data):
        raise UnreadableModel(f"the xclbin states {length} bytes, the file has {len(data)}")
    if not platform:
        raise UnreadableModel("the xclbin states no platform")
    parts = {part.kind: part for part in _list_sections(data, count)}
    targets = [Target("platform", platform)]
    if interface.strip(b"\0"):
        targets.append(Target("interface", str(UUID(bytes=interface))))
    if own.strip(b"\0"):
        targets.append(Target("bitstream", str(UUID(bytes=own))))
    notes = [note for part in parts.values() for note in _read_section(data, part)]
    return Found(
        kind="xclbin",
        what="an xclbin",
        targets=tuple(targets),
        version=f"{major}.{minor}.{patch}",
        producer="vitis",
        lacks=() if len(targets) > 2 else ("it states no uuid of its interface or of itself",),
        notes=tuple(dict.fromkeys(notes)),
    )


def _list_sections(data: Buffer, count: int) -> Iterator[Part]:
    if count > MAX_SECTIONS or _SECTIONS + count * _SECTION.size > len(data):
        raise UnreadableModel(f"{count} sections are described beyond the end of the file")
    for index in range(count):
        place = _SECTIONS + index * _SECTION.size
        kind, _, start, size = _SECTION.unpack(data[place : place + _SECTION.size])
        if start + size > len(data):
            raise UnreadableModel(f"section {index} of {size} bytes reaches beyond the file")
        yield Part(kind, start, size)


def _read_section(data: Buffer, part: Part) -> Iterator[str]:
    if part.kind == _MEMORY:
        used = [each for each in _list_entries(data, part, _BANK) if each[1]]
        banks = [f"{_text(each[4])} {each[2] // _MIB_OF_KIB} MiB" for each in used]
        if banks:
            yield f"banks of memory that it uses: {list_names(banks, _SHOWN)}"
    elif part.kind == _IP:
        listed = list(_list_entries(data, part, _KERNEL))
        names = [_text(each[3]) for each in listed if each[0] == _IS_KERNEL]
        if names:
            yield f"its kernels: {list_names(names, _SHOWN)}"


def _list_entries(data: Buffer, part: Part, form: struct.Struct) -> Iterator[tuple[Any, ...]]:
    """A count in eight bytes, then so many entries."""
    count = int.from_bytes(bytes(data[part.start : part.start + min(4, part.size)]), "little")
    if 8 + count * form.size > max(part.size, 8):
        raise UnreadableModel(f"a section of {part.size} bytes cannot hold {count} entries")
    for index in range(count):
        start = part.start + 8 + index * form.size
        yield form.unpack(data[start : start + form.size])


def _text(field: bytes) -> str:
    return printable(field.partition(b"\0")[0])
