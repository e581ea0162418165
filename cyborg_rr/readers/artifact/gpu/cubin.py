"""Machine code of NVIDIA in ELF (cubin): flags of the header say for which architecture.

Their layout is that of LLVM, BinaryFormat/ELF.h: up to ABI version 7 the architecture stands in the
low byte and ``a`` in bit 11, from 8 on in bits 8 to 15 and in bit 3. Code for a family (``f``) has
no mark of its own.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.readers.artifact.found import Found
from cyborg_rr.readers.formats.elf import ElfHeader, check_whole, read_header
from cyborg_rr.readers.reading.source import Buffer

_LATER_ABI: Final = 8
_SPECIFIC: Final = 1 << 11
_LATER_SPECIFIC: Final = 1 << 3
_FIRST, _LAST = 20, 199
"""Architectures that there are, or may soon be: 2.0 and later."""

FAMILIES_FROM: Final = 100


def read(data: Buffer) -> Found:
    """What the header says."""
    header = read_header(data)
    target = parse_target(header)
    check_whole(data, header)
    lacks: tuple[str, ...] = ()
    if int(target.value.strip("sm_a")) >= FAMILIES_FROM and not target.value.endswith("a"):
        lacks = ("whether the code is for the family of its architecture (f) is not recorded",)
    return Found(
        kind="cubin",
        what="machine code of NVIDIA (cubin)",
        targets=(target,),
        version=str(header.abi_version),
        encoding="elf",
        lacks=lacks,
    )


def parse_target(header: ElfHeader) -> Target:
    """The architecture that the flags name."""
    flags = header.flags
    if header.abi_version >= _LATER_ABI:
        number, specific = flags >> 8 & 0xFF, flags & _LATER_SPECIFIC
    else:
        number, specific = flags & 0xFF, flags & _SPECIFIC
    if not _FIRST <= number <= _LAST:
        raise UnreadableModel(f"the flags {flags:#x} name no architecture of NVIDIA")
    return Target("arch", f"sm_{number}{'a' if specific else ''}")
