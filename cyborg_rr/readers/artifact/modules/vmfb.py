"""Modules of IREE (.vmfb): a FlatBuffer of VM bytecode whose constants are executables for devices.

Layout: runtime/src/iree/schemas/bytecode_module_def.fbs (fields of BytecodeModuleDef and
RodataSegmentDef) and the compiler's archive: a stored member module.fb, a size in front of the
FlatBuffer, executables behind it at multiples of 64 bytes. A module loads each executable in one of
its formats, whichever the device takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target, join_targets
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.artifact.found import BUILT_ON, Found
from cyborg_rr.readers.artifact.modules import embedded
from cyborg_rr.readers.formats.flatbuffers import FlatFile, Table
from cyborg_rr.readers.reading.source import Buffer

_IDENTIFIER: Final = b"IREE"
_ALIGNMENT: Final = 64
_LOCAL: Final = 30
"""Bytes of a ZIP archive's local header, in front of a member's name and extra field."""

_NAME, _DEPENDENCIES, _CONSTANTS, _VERSION = 0, 5, 9, 13
_OUTSIDE_AT, _OUTSIDE_SIZE = 3, 4
_WITHIN: Final = 2
_MAX_FORMAT_BYTES: Final = 64
_FORMAT: Final = re.compile(
    rb"(?:cuda-nvptx|rocm-hsaco|hip|amdgpu|vulkan-spirv|opencl-spirv|metal|webgpu|vmvx-bytecode"
    rb"|embedded-elf|system-(?:elf|dll|dylib|wasm)|static)-[a-z0-9_.-]{1,40}"
)
_HOSTS: Final = ("embedded-elf-", "system-", "static", "vmvx-")
"""Formats that a CPU runs (iree/hal/local)."""

_BACKENDS: Final[Mapping[str, str]] = {
    "cuda": "cuda",
    "rocm": "rocm",
    "hip": "rocm",
    "amdgpu": "rocm",
}
_CODE: Final[Mapping[str, tuple[str, ...]]] = {
    "cuda": ("sm_",),
    "rocm": ("gfx",),
    "hip": ("gfx",),
    "amdgpu": ("gfx",),
    "vulkan": ("1.",),
    "opencl": ("1.",),
}
"""How the targets of code begin that is packed in such a format."""

_EXECUTABLES: Final = re.compile(
    rb"\A(?:.{4})?(?:CDA1|CUDA|HIP1|ROCM|VKE1|SPVE|\x7fELF)", re.DOTALL
)
"""Identifiers of executables (iree/schemas/*_executable_def.fbs), at their beginning or in the
FlatBuffer; other constants are weights, in which no code is looked for."""
_PATCH_BITS: Final = 16


def read(data: Buffer) -> Found:
    """The formats of the executables, and what each is for."""
    start, size = _find_module(data)
    file = FlatFile(data)
    root = Table(file, file.offset(start))
    base = -(-(start + size) // _ALIGNMENT) * _ALIGNMENT
    formats: list[str] = []
    targets: list[Target] = []
    searched = 0
    for table in root.tables(_CONSTANTS):
        first, count = _find_constant(data, base, table)
        small = bytes(data[first : first + count]) if count <= _MAX_FORMAT_BYTES else b""
        if _FORMAT.fullmatch(small):
            formats.append(small.decode())
        elif _EXECUTABLES.match(bytes(data[first : first + min(count, 16)])):
            searched += count
            if searched > len(data):
                raise UnreadableModel("the executables of the module lie in one another")
            targets += embedded.list_targets(data, first, first + count)
    version = root.integer(_VERSION, "I")
    needs = [table.text(0) for table in root.tables(_DEPENDENCIES)]
    return _conclude(
        dict.fromkeys(formats), dict.fromkeys(targets), root.text(_NAME), version, needs
    )


def _conclude(
    formats: Mapping[str, None],
    targets: Mapping[Target, None],
    name: str,
    version: int,
    needs: list[str],
) -> Found:
    found = list(targets)
    lacks = []
    for each in formats:
        if each.startswith(_HOSTS):
            found.append(Target("host", each))
        elif not _is_found(each, targets):
            backend = _BACKENDS.get(each.partition("-")[0])
            found.append(Target("backend", backend) if backend else Target(BUILT_ON, "device"))
            lacks.append(f"the architecture of its executables in {each} is not known")
    if not found:
        lacks.append("it holds no executable: it runs on the host that loads it")
        found.append(Target("host", "IREE's VM"))
    shown = list_names(list(formats), 8) if formats else "none"
    return Found(
        kind="vmfb",
        what="a module of IREE (.vmfb)",
        targets=join_targets(found),
        version=f"{version >> _PATCH_BITS}.{version & 0xFFFF}",
        encoding="flatbuffer",
        producer="iree",
        name=name,
        lacks=tuple(lacks),
        notes=(
            f"formats of its executables: {shown}; modules that it needs: {list_names(needs, 8)}",
        ),
    )


def _is_found(form: str, targets: Iterable[Target]) -> bool:
    """Whether code in that format says what it is for."""
    begin = _CODE.get(form.partition("-")[0], ())
    return any(each.value.startswith(begin) for each in targets if begin)


def _find_module(data: Buffer) -> tuple[int, int]:
    """Where the FlatBuffer stands, and its size with the offset of its root."""
    head = bytes(data[:_LOCAL])
    start = 0
    if head.startswith(b"PK\x03\x04"):
        if len(head) < _LOCAL or head[8:10] != b"\0\0":
            raise UnreadableModel("the module is packed in its archive: it has to be stored")
        start = (
            _LOCAL + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        )
    mark = bytes(data[start : start + 12])
    if mark[8:12] == _IDENTIFIER:
        size = int.from_bytes(mark[:4], "little")
        start += 4
    elif mark[4:8] == _IDENTIFIER:
        size = len(data) - start
    else:
        raise UnreadableModel("the archive's module.fb is no module of IREE")
    if start + size > len(data):
        raise UnreadableModel(f"the module of {size} bytes is cut off")
    return start, size


def _find_constant(data: Buffer, base: int, table: Table) -> tuple[int, int]:
    """First byte and size of a constant: in the FlatBuffer, or behind it."""
    if table.place(_WITHIN):
        return table.span(_WITHIN)
    first, count = base + table.integer(_OUTSIDE_AT, "Q"), table.integer(_OUTSIDE_SIZE, "Q")
    if first + count > len(data):
        raise UnreadableModel(f"a constant of {count} bytes at byte {first} lies beyond the file")
    return first, count
