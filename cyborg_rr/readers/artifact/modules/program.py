"""Programs and libraries of a host with code for devices in them, and libraries that TVM compiled.

Sections: .nv_fatbin of CUDA, .hip_fatbin of HIP (clang). TVM keeps code for devices among the
constants of its library, in a form that differs from device to device.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import LIBRARY, Target, join_targets
from cyborg_rr.readers.artifact.found import Found
from cyborg_rr.readers.artifact.gpu.fatbin import BUNDLE, list_bundled, list_targets
from cyborg_rr.readers.artifact.marks import CUDA_SECTION, DEVICE_SECTIONS, HIP_SECTION
from cyborg_rr.readers.artifact.modules import embedded
from cyborg_rr.readers.formats.elf import list_sections, read_header
from cyborg_rr.readers.reading.source import Buffer

MACHINES: Final[Mapping[int, str]] = {
    3: "x86", 21: "ppc64", 40: "arm", 62: "x86_64", 164: "hexagon", 183: "aarch64",
    243: "riscv", 258: "loongarch",
}  # fmt: skip
"""Processors of hosts by their numbers in ELF headers (System V ABI, e_machine)."""

_SEARCHED: Final = (*DEVICE_SECTIONS, ".rodata", ".lrodata", ".data", ".data.rel.ro")
"""Sections of code for devices, and of constants."""


def read(data: Buffer) -> Found:
    """What its code for devices is for, and the host's processor."""
    header = read_header(data)
    host = MACHINES.get(header.machine, f"machine {header.machine}")
    found, constants = list[Target](), list[Target]()
    searched = 0
    for section in list_sections(data, header):
        if section.name not in _SEARCHED:
            continue
        start, stop = section.start, section.start + section.size
        searched += section.size
        if searched > len(data):
            raise UnreadableModel("the sections of the program lie in one another")
        if section.name == CUDA_SECTION:
            found += [target for target, _ in list_targets(data, start, stop)]
        elif section.name == HIP_SECTION:
            if bytes(data[start : start + len(BUNDLE)]) == BUNDLE:
                found += [target for target, _ in list_bundled(data, start)]
        else:
            constants += embedded.list_targets(data, start, stop)
    return describe(dict.fromkeys(found or constants), host, "a program of a host")


def describe(targets: Mapping[Target, None], host: str, what: str) -> Found:
    """The targets of the code for devices; where none is found, only the library knows."""
    lacks: tuple[str, ...] = ()
    joined = join_targets(targets)
    if not joined:
        joined = (Target(LIBRARY, f"for hosts of {host}"),)
        lacks = ("code for a device was not found in it, or is in a form that is not read",)
    return Found(
        kind="program",
        what=what,
        targets=joined,
        encoding="elf",
        lacks=lacks,
        notes=(f"its host's processor is {host}",),
    )


def find_machine(data: Buffer, start: int, stop: int) -> str | None:
    """The processor of an object file; None where it is none."""
    try:
        return MACHINES.get(read_header(data, start, stop).machine)
    except UnreadableModel:
        return None
