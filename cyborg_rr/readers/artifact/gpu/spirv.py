"""SPIR-V modules: the header and the instructions that say what a driver must have.

Numbers: SPIR-V specification 1.6, 2.3 (physical layout), 3.31 (capabilities) and the registry of
the extensions that models use.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.artifact.found import Found
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Buffer

CAPABILITIES: Final[Mapping[int, str]] = {
    0: "Matrix", 1: "Shader", 2: "Geometry", 3: "Tessellation", 4: "Addresses", 5: "Linkage",
    6: "Kernel", 7: "Vector16", 8: "Float16Buffer", 9: "Float16", 10: "Float64", 11: "Int64",
    12: "Int64Atomics", 13: "ImageBasic", 14: "ImageReadWrite", 15: "ImageMipmap", 17: "Pipes",
    18: "Groups", 19: "DeviceEnqueue", 20: "LiteralSampler", 21: "AtomicStorage", 22: "Int16",
    38: "GenericPointer", 39: "Int8", 57: "DeviceEnqueue", 61: "GroupNonUniform",
    62: "GroupNonUniformVote", 63: "GroupNonUniformArithmetic", 64: "GroupNonUniformBallot",
    65: "GroupNonUniformShuffle", 66: "GroupNonUniformShuffleRelative",
    67: "GroupNonUniformClustered", 68: "GroupNonUniformQuad", 4433: "StorageBuffer16BitAccess",
    4434: "UniformAndStorageBuffer16BitAccess", 4435: "StoragePushConstant16",
    4441: "VariablePointersStorageBuffer", 4442: "VariablePointers",
    4448: "StorageBuffer8BitAccess", 4449: "UniformAndStorageBuffer8BitAccess",
    4450: "StoragePushConstant8", 5116: "BFloat16TypeKHR", 5117: "BFloat16DotProductKHR",
    5118: "BFloat16CooperativeMatrixKHR", 5345: "VulkanMemoryModel",
    5346: "VulkanMemoryModelDeviceScope", 5347: "PhysicalStorageBufferAddresses",
    5357: "CooperativeMatrixNV", 6016: "DotProductInputAll", 6017: "DotProductInput4x8Bit",
    6018: "DotProductInput4x8BitPacked", 6019: "DotProduct", 6022: "CooperativeMatrixKHR",
    6033: "AtomicFloat32AddEXT", 6034: "AtomicFloat64AddEXT", 6400: "GroupUniformArithmeticKHR",
}  # fmt: skip
ADDRESSING: Final = {0: "logical", 1: "32-bit", 2: "64-bit", 5348: "64-bit of storage buffers"}

_MAGIC: Final = 0x07230203
_HEADER_WORDS: Final = 5
_NATIVE: Final = "<" if sys.byteorder == "little" else ">"
_FUNCTION_END: Final = 56
_EXTENSION, _MEMORY_MODEL, _ENTRY_POINT, _CAPABILITY = 10, 14, 15, 17
_PREAMBLE: Final = frozenset({_EXTENSION, 11, _MEMORY_MODEL, _ENTRY_POINT, 16, _CAPABILITY, 331})
"""Instructions that stand in front of all others: also imports and execution modes (2.4)."""

_MAX_INSTRUCTIONS: Final = 4096
_MAX_NAME_BYTES: Final = 256
_SHOWN: Final = 8


@dataclass(slots=True)
class Preamble:
    """What a module begins with."""

    version: str
    generator: int
    capabilities: list[str] = field(default_factory=list)
    extensions: list[str] = field(default_factory=list)
    addressing: str | None = None
    entries: int = 0

    @property
    def target(self) -> Target:
        """The version and what has to be there, in the order of the file."""
        named = [*self.capabilities, *self.extensions]
        return Target("spirv", " ".join((self.version, *dict.fromkeys(named))))


def read(data: Buffer) -> Found:
    """What the module declares; refuses one that is cut off."""
    preamble = parse_preamble(data, 0, len(data))
    _check_whole(data)
    notes = []
    if preamble.addressing is not None:
        notes.append(f"its memory is addressed in the {preamble.addressing} model")
    if preamble.extensions:
        notes.append(f"it needs the extensions {list_names(preamble.extensions, _SHOWN)}")
    return Found(
        kind="spirv",
        what="SPIR-V",
        targets=(preamble.target,),
        version=preamble.version,
        producer=f"generator {preamble.generator}" if preamble.generator else None,
        notes=(*notes, f"its entry points are {preamble.entries}"),
    )


def parse_preamble(data: Buffer, start: int, stop: int) -> Preamble:
    """The instructions that say what is needed, each held to its length."""
    head = bytes(data[start : min(start + 4 * _HEADER_WORDS, stop)])
    order = ">" if head.startswith(b"\x07") else "<"
    if len(head) < 4 * _HEADER_WORDS:
        raise UnreadableModel(f"byte {start}: the header of SPIR-V is cut off")
    magic, version, generator, _, _ = struct.unpack(f"{order}5I", head)
    if magic != _MAGIC or version & 0xFF0000FF or not version:
        raise UnreadableModel(f"byte {start}: no header of SPIR-V")
    found = Preamble(f"{version >> 16 & 255}.{version >> 8 & 255}", generator >> 16)
    for code, operands in _list_instructions(data, start + len(head), stop, order):
        if code not in _PREAMBLE:
            break
        _note(found, code, operands, order)
    if not found.capabilities:
        raise UnreadableModel("the module declares no capability")
    return found


def _check_whole(data: Buffer) -> None:
    """Refuse a module whose last instruction leaves it, or ends no function where there are any.

    What has entry points has functions, of which each ends in one instruction, the last of all.
    """
    order = ">" if bytes(data[:1]) == b"\x07" else "<"
    words = memoryview(data)[: len(data) // 4 * 4].cast("I") if order == _NATIVE else None
    place, end, code, entries = _HEADER_WORDS, len(data) // 4, 0, False
    while place < end:
        word = words[place] if words else struct.unpack_from(f"{order}I", data, 4 * place)[0]
        code, count = word & 0xFFFF, word >> 16
        entries = entries or code == _ENTRY_POINT
        if not count:
            raise UnreadableModel(f"byte {4 * place}: an instruction of no words")
        place += count
    if place != end or len(data) % 4 or (entries and code != _FUNCTION_END):
        raise UnreadableModel("the module is cut off: it ends within a function or an instruction")


def _list_instructions(
    data: Buffer, place: int, stop: int, order: str
) -> Iterator[tuple[int, bytes]]:
    for _ in range(_MAX_INSTRUCTIONS):
        if place + 4 > stop:
            return
        word: int = struct.unpack(f"{order}I", data[place : place + 4])[0]
        count = word >> 16
        if not count or place + 4 * count > stop:
            raise UnreadableModel(
                f"byte {place}: an instruction of {count} words leaves the module"
            )
        code = word & 0xFFFF
        kept = code in (_EXTENSION, _MEMORY_MODEL, _CAPABILITY)
        yield code, bytes(data[place + 4 : place + 4 * count]) if kept else b""
        place += 4 * count


def _note(found: Preamble, code: int, operands: bytes, order: str) -> None:
    if code == _ENTRY_POINT:
        found.entries += 1
    elif code == _EXTENSION:
        found.extensions.append(_read_name(operands, order))
    elif code in (_CAPABILITY, _MEMORY_MODEL):
        if len(operands) < 4:
            raise UnreadableModel(f"an instruction {code} of SPIR-V lacks its operand")
        number: int = struct.unpack_from(f"{order}I", operands)[0]
        if code == _CAPABILITY:
            found.capabilities.append(CAPABILITIES.get(number, f"capability-{number}"))
        else:
            found.addressing = ADDRESSING.get(number, f"number {number}")


def _read_name(operands: bytes, order: str) -> str:
    """Text of a module: the lowest byte of a word comes first, whatever its order in the file."""
    content = operands[:_MAX_NAME_BYTES]
    if order == ">":
        words = struct.unpack(f">{len(content) // 4}I", content[: len(content) // 4 * 4])
        content = struct.pack(f"<{len(words)}I", *words)
    return printable(content.partition(b"\0")[0])
