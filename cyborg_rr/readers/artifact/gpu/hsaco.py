"""Code objects of AMD in ELF (hsaco): flags of the header say for which processor and modes.

Numbers and flags: LLVM, AMDGPUUsage (ELF code object, ``e_flags``) and BinaryFormat/ELF.h.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.readers.artifact.found import BUILT_ON, Found
from cyborg_rr.readers.formats.elf import ElfHeader, check_whole, read_header
from cyborg_rr.readers.reading.source import Buffer

PROCESSORS: Final[Mapping[int, str]] = {
    0x20: "gfx600", 0x21: "gfx601", 0x22: "gfx700", 0x23: "gfx701", 0x24: "gfx702", 0x25: "gfx703",
    0x26: "gfx704", 0x28: "gfx801", 0x29: "gfx802", 0x2a: "gfx803", 0x2b: "gfx810", 0x2c: "gfx900",
    0x2d: "gfx902", 0x2e: "gfx904", 0x2f: "gfx906", 0x30: "gfx908", 0x31: "gfx909", 0x32: "gfx90c",
    0x33: "gfx1010", 0x34: "gfx1011", 0x35: "gfx1012", 0x36: "gfx1030", 0x37: "gfx1031",
    0x38: "gfx1032", 0x39: "gfx1033", 0x3a: "gfx602", 0x3b: "gfx705", 0x3c: "gfx805",
    0x3d: "gfx1035", 0x3e: "gfx1034", 0x3f: "gfx90a", 0x40: "gfx940", 0x41: "gfx1100",
    0x42: "gfx1013", 0x43: "gfx1150", 0x44: "gfx1103", 0x45: "gfx1036", 0x46: "gfx1101",
    0x47: "gfx1102", 0x48: "gfx1200", 0x49: "gfx1250", 0x4a: "gfx1151", 0x4b: "gfx941",
    0x4c: "gfx942", 0x4e: "gfx1201", 0x4f: "gfx950", 0x50: "gfx1310", 0x51: "gfx9-generic",
    0x52: "gfx10-1-generic", 0x53: "gfx10-3-generic", 0x54: "gfx11-generic", 0x55: "gfx1152",
    0x57: "gfx1154", 0x58: "gfx1153", 0x59: "gfx12-generic", 0x5a: "gfx1251",
    0x5b: "gfx12-5-generic", 0x5c: "gfx1172", 0x5d: "gfx1170", 0x5e: "gfx1171",
    0x5f: "gfx9-4-generic", 0x62: "gfx11-7-generic", 0x63: "gfx13-generic",
}  # fmt: skip

_V3, _V4 = 1, 2
"""ABI versions of code object 3, whose modes are bits, and of 4 and later."""

_MODES: Final = {2: "-", 3: "+"}
"""Of a feature: off and on; 0 is not there, 1 runs in either mode."""


def read(data: Buffer) -> Found:
    """What the header says."""
    header = read_header(data)
    check_whole(data, header)
    target = find_target(header)
    lacks: tuple[str, ...] = ()
    if target is None:
        target = Target(BUILT_ON, "processor of AMD")
        lacks = (f"the flags {header.flags:#x} name no processor that is known here",)
    return Found(
        kind="hsaco",
        what="a code object of AMD (hsaco)",
        targets=(target,),
        version=str(header.abi_version + 2),
        encoding="elf",
        lacks=lacks,
    )


def find_target(header: ElfHeader) -> Target | None:
    """The processor that the flags name, with the modes that it has to run in."""
    name = PROCESSORS.get(header.flags & 0xFF)
    if name is None:
        return None
    return Target("arch", "".join((name, *_list_modes(header))))


def _list_modes(header: ElfHeader) -> list[str]:
    """``:sramecc+``, ``:xnack-``, in the order of target ids."""
    flags = header.flags
    if header.abi_version >= _V4:
        states = {"sramecc": _MODES.get(flags >> 10 & 3), "xnack": _MODES.get(flags >> 8 & 3)}
    elif header.abi_version == _V3:
        states = {
            "sramecc": "+" if flags & 0x200 else None,
            "xnack": "+" if flags & 0x100 else None,
        }
    else:
        return []
    return [f":{name}{state}" for name, state in states.items() if state is not None]
