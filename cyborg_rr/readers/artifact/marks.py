"""The kinds of compiled artifacts: how each is told, by the module that reads its header.

Whatever tells a kind looks at the beginning of a file, but for programs of a host, whose sections
are described elsewhere. A kind is one line here and its module.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats import elf, tar
from cyborg_rr.readers.reading.source import HEAD_BYTES, Buffer

Test = Callable[[bytes, Buffer], bool]

EM_CUDA, EM_AMDGPU = 190, 224
"""Machines of ELF files that are code for NVIDIA's and AMD's GPUs (LLVM, BinaryFormat/ELF.h)."""

CUDA_SECTION: Final = ".nv_fatbin"
HIP_SECTION: Final = ".hip_fatbin"
DEVICE_SECTIONS: Final = (CUDA_SECTION, HIP_SECTION)
"""Sections of a host's program with code for devices, of CUDA and of HIP."""

TVM_SYMBOLS: Final = re.compile(rb"\b__tvm_(?:dev_mblob|module_ctx|main__|ffi_)")
"""Symbols of the libraries that TVM compiles (include/tvm/runtime/module.h; later: tvm-ffi)."""

TVM_MEMBER: Final = re.compile(r"(?:lib[0-9]{1,4}|devc)\.(?:o|c|cc)")
"""Members of what TVM exports as .tar (python/tvm/runtime/module.py: export_library)."""

PTX: Final = re.compile(
    rb"\A(?>\s+|//[^\n]*\n|/\*.*?\*/)*+\.version\s+(\d{1,3}\.\d{1,3})\s+\.target\s+(sm_\d{2,3}[af]?)\b",
    re.DOTALL,
)
"""The two directives that a PTX module begins with, behind comments (PTX ISA, 11.1)."""

QNN: Final = bytes.fromhex("00000002 00000003 00000000 00000001")
"""What context binaries of QNN begin with, as seen; the format is not published."""

GZIP: Final = b"\x1f\x8b"
_NEFF: Final = struct.Struct("<5Q")
_NEFF_HEADER: Final = 1024


def _starts(*magic: bytes) -> Test:
    return lambda head, data: head.startswith(magic)


def _machine(machine: int) -> Test:
    """A little-endian ELF file for such processors."""
    wanted = machine.to_bytes(2, "little")
    return lambda head, data: head.startswith(elf.MAGIC) and head[18:20] == wanted


def _is_vmfb(head: bytes, data: Buffer) -> bool:
    """A FlatBuffer with IREE's identifier, its size in front or not, alone or in an archive."""
    if head.startswith(b"PK\x03\x04"):
        return head[30:39] == b"module.fb"
    return b"IREE" in (head[4:8], head[8:12])


def _is_neff(head: bytes, data: Buffer) -> bool:
    """It has no magic number, but versions, the header's size and a TAR archive, packed or not."""
    if len(head) < _NEFF_HEADER + tar.BLOCK // 32:
        return False
    package, header, _, major, _ = _NEFF.unpack_from(head)
    if package not in (1, 2) or header != _NEFF_HEADER or major > 16:
        return False
    return head.startswith(GZIP, _NEFF_HEADER) or tar.is_tar(head[_NEFF_HEADER:])


def _is_engine(head: bytes, data: Buffer) -> bool:
    """TensorRT's magic, which Ultralytics puts a length and JSON in front of."""
    if head.startswith((b"ptrt", b"ftrt")):
        return True
    if head[3:5] != b"\0{":
        return False
    start = 4 + int.from_bytes(head[:4], "little")
    return head[start : start + 4] in (b"ptrt", b"ftrt")


def _is_openvino(head: bytes, data: Buffer) -> bool:
    """A blob of OpenVINO's cache, of its CPU plugin or of its NPU plugin."""
    if head.startswith(b"RR_UPCVO") or b"<compiled_blob " in head[:128]:
        return True
    return head.startswith(b"OVNPU") or bytes(data[-5:]) == b"OVNPU"


def _is_host_program(head: bytes, data: Buffer) -> bool:
    """A program of a host with code for devices in it, or a library that TVM compiled."""
    if not head.startswith(elf.MAGIC):
        return False
    try:
        sections = {each.name: each for each in elf.list_sections(data, elf.read_header(data))}
    except UnreadableModel:
        return False
    if any(name in sections for name in DEVICE_SECTIONS):
        return True
    named = (sections[name] for name in (".dynstr", ".strtab") if name in sections)
    return any(
        TVM_SYMBOLS.search(data[each.start : each.start + min(each.size, HEAD_BYTES)])
        for each in named
    )


def _is_tvm_archive(head: bytes, data: Buffer) -> bool:
    """By the first member of an archive, packed or not."""
    try:
        if head.startswith(GZIP):
            head = tar.inflate(head, 0, len(head), tar.BLOCK)
        name = head[:100].partition(b"\0")[0].decode("ascii", "replace")
    except UnreadableModel:
        return False
    return tar.is_tar(head) and TVM_MEMBER.fullmatch(name) is not None


KINDS: Final[Mapping[str, Test]] = {
    "gpu.ptx": lambda head, data: PTX.match(head) is not None,
    "gpu.spirv": _starts(b"\x03\x02\x23\x07", b"\x07\x23\x02\x03"),
    "gpu.cubin": _machine(EM_CUDA),
    "gpu.hsaco": _machine(EM_AMDGPU),
    "gpu.fatbin": _starts(b"\x50\xed\x55\xba", b"__CLANG_OFFLOAD_BUNDLE__"),
    "gpu.tensorrt": _is_engine,
    "fpga.xclbin": _starts(b"xclbin2\0"),
    "fpga.gbs": _starts(b"XeonFPGA\xb7GBSv001"),
    "npu.ascend": _starts(b"IMOD\0\1\0\0"),
    "npu.neff": _is_neff,
    "npu.hef": _starts(b"\x01HEF"),
    "npu.qnn": _starts(QNN),
    "npu.openvino": _is_openvino,
    "modules.vmfb": _is_vmfb,
    "modules.program": _is_host_program,
    "modules.archive": _is_tvm_archive,
}
"""By module below this package; the first that fits."""


def find_kind(data: Buffer) -> str | None:
    """The module of the kind that the file is of; None for any other file."""
    head = bytes(data[:HEAD_BYTES])
    return next((module for module, tells in KINDS.items() if tells(head, data)), None)
