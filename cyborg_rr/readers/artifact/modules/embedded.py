"""Code for devices that lies in other files: found where it begins, and read there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.readers.artifact.gpu import cubin, hsaco, ptx, spirv
from cyborg_rr.readers.artifact.marks import EM_AMDGPU, EM_CUDA
from cyborg_rr.readers.formats.elf import read_header
from cyborg_rr.readers.reading.source import HEAD_BYTES, Buffer, let_go

MAX_SEARCHED_BYTES: Final = 64 << 20
"""Of one stretch: code for devices is smaller, and what is not code need not be looked at."""

MAX_BEGINNINGS: Final = 256
_BEGINNINGS: Final = re.compile(
    rb"\.version\s{1,8}\d{1,3}\.\d{1,3}\s{1,8}\.target\s{1,8}sm_|\x7fELF[\x01\x02]\x01\x01"
    rb"|\x03\x02\x23\x07\x00[\x00-\x0f]\x01\x00"
)
"""Directives of PTX, an ELF file, a SPIR-V module of version 1: little-endian all of them."""


def list_targets(data: Buffer, start: int, stop: int) -> Iterator[Target]:
    """What the code that begins in a stretch is for; what only looks like code is passed over."""
    end = min(stop, start + MAX_SEARCHED_BYTES)
    for match in islice(_BEGINNINGS.finditer(data, start, end), MAX_BEGINNINGS):
        try:
            target = _read(data, match.start(), end)
        except UnreadableModel:
            continue
        if target is not None:
            yield target
    let_go(data)


def _read(data: Buffer, start: int, stop: int) -> Target | None:
    mark = data[start : start + 1]
    if mark == b".":
        return ptx.parse_directives(bytes(data[start : min(stop, start + HEAD_BYTES)]))[1]
    if mark == b"\x03":
        return spirv.parse_preamble(data, start, stop).target
    header = read_header(data, start, stop)
    if header.machine == EM_CUDA:
        return cubin.parse_target(header)
    return hsaco.find_target(header) if header.machine == EM_AMDGPU else None
