"""Code for several GPUs in one file: NVIDIA's fatbin, and bundles of clang (HIP).

fatbin: as its readers know it (fatBinaryHeader of NVIDIA's fatbinary.h, and what cuobjdump shows):
a header of 16 bytes, then entries whose header has kind, sizes, architecture and flags. Bundles:
clang documentation, Clang Offload Bundler.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target, join_targets
from cyborg_rr.readers.artifact.found import Found
from cyborg_rr.readers.artifact.gpu import cubin, ptx
from cyborg_rr.readers.formats.elf import MAGIC, read_header
from cyborg_rr.readers.reading.source import HEAD_BYTES, Buffer

FATBIN: Final = b"\x50\xed\x55\xba"
BUNDLE: Final = b"__CLANG_OFFLOAD_BUNDLE__"
MAX_ENTRIES: Final = 1 << 16

_HEADER: Final = struct.Struct("<4sHHQ")
_ENTRY: Final = struct.Struct("<H2xIQI8xI")
"""Kind, size of the header, of what follows, how much of it counts (0: all), architecture: the
first 32 of its 64 bytes or more."""

_PTX: Final = 1
_CODE: Final = frozenset({2, 16})
_BUNDLE_ENTRY: Final = struct.Struct("<3Q")
_MAX_ID_BYTES: Final = 256
_AMD: Final = re.compile(r"(?:hip|hipv4|openmp)-amdgcn-amd-amdhsa-[a-z]*-(gfx[0-9a-z:+-]{3,40})")


def read(data: Buffer) -> Found:
    """All that the file holds code for."""
    if bytes(data[: len(BUNDLE)]) == BUNDLE:
        return _found("offload-bundle", "a bundle of code objects (HIP)", list_bundled(data, 0))
    return _found("fatbin", "code for several GPUs (fatbin)", list_targets(data, 0, len(data)))


def _found(kind: str, what: str, listed: Iterator[tuple[Target, bool]]) -> Found:
    targets: dict[Target, bool] = {}
    for target, is_sure in listed:
        targets[target] = targets.get(target, False) or is_sure
    if not targets:
        raise UnreadableModel(f"{what} holds no code for a GPU that is known here")
    unsure = [target.value for target, is_sure in targets.items() if not is_sure]
    lacks: tuple[str, ...] = ()
    if unsure:
        lacks = (f"whether code for {', '.join(unsure)} is for exactly that (a) is packed away",)
    return Found(kind, what, join_targets(targets), lacks=lacks)


def list_targets(data: Buffer, start: int, stop: int) -> Iterator[tuple[Target, bool]]:
    """What the fatbins in a stretch are for, and whether the suffix of the name is known."""
    for _ in range(MAX_ENTRIES):
        head = bytes(data[start : min(start + _HEADER.size, stop)])
        if len(head) < _HEADER.size:
            return
        magic, _, header, size = _HEADER.unpack(head)
        if magic != FATBIN or header < _HEADER.size:
            raise UnreadableModel(f"byte {start}: no header of a fatbin")
        begin, end = start + header, start + header + size
        if end > stop:
            raise UnreadableModel(f"byte {start}: a fatbin of {size} bytes is cut off")
        yield from _list_entries(data, begin, end)
        start = _skip_padding(data, end, stop)


def _skip_padding(data: Buffer, start: int, stop: int) -> int:
    """Fatbins of one program stand at multiples of eight bytes."""
    aligned = start + -start % 8
    return aligned if bytes(data[aligned : min(aligned + 4, stop)]) == FATBIN else stop


def _list_entries(data: Buffer, start: int, stop: int) -> Iterator[tuple[Target, bool]]:
    for _ in range(MAX_ENTRIES):
        if start + _ENTRY.size > stop:
            return
        entry = _ENTRY.unpack(bytes(data[start : start + _ENTRY.size]))
        kind, header, size, counted, number = entry
        begin, end = start + header, start + header + size
        if header < _ENTRY.size or end > stop:
            raise UnreadableModel(f"byte {start}: an entry of {size} bytes leaves its fatbin")
        content = bytes(data[begin : begin + min(counted or size, size, HEAD_BYTES)])
        if kind == _PTX:
            yield _read_ptx(content, number)
        elif kind in _CODE:
            yield _read_code(content, number)
        start = end
    raise UnreadableModel(f"a fatbin has more than {MAX_ENTRIES} entries")


def _read_ptx(content: bytes, number: int) -> tuple[Target, bool]:
    try:
        return ptx.parse_directives(content)[1], True
    except UnreadableModel:
        return Target("ptx", _name(number)), False


def _read_code(content: bytes, number: int) -> tuple[Target, bool]:
    if content.startswith(MAGIC):
        return cubin.parse_target(read_header(content)), True
    return Target("arch", _name(number)), False


def _name(number: int) -> str:
    if not 10 <= number <= 999:
        raise UnreadableModel(f"an entry of a fatbin is for architecture {number}")
    return f"sm_{number}"


def list_bundled(data: Buffer, start: int) -> Iterator[tuple[Target, bool]]:
    """What the code objects of a bundle are for; those of a host are passed over."""
    place = start + len(BUNDLE) + 8
    count = int.from_bytes(bytes(data[place - 8 : place]), "little")
    if count > MAX_ENTRIES or place + count * _BUNDLE_ENTRY.size > len(data):
        raise UnreadableModel(f"a bundle of {count} entries reaches beyond the end of the file")
    for _ in range(count):
        head = bytes(data[place : place + _BUNDLE_ENTRY.size])
        if len(head) < _BUNDLE_ENTRY.size:
            raise UnreadableModel(f"byte {place}: the entries of the bundle are cut off")
        offset, size, length = _BUNDLE_ENTRY.unpack(head)
        place += _BUNDLE_ENTRY.size
        if length > _MAX_ID_BYTES or start + offset + size > len(data):
            raise UnreadableModel(f"byte {place}: an entry of the bundle leaves the file")
        name = bytes(data[place : place + length]).decode("ascii", "replace")
        place += length
        match = _AMD.fullmatch(name)
        if match is not None:
            yield Target("arch", match[1]), True
