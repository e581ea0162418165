"""The header of one GGUF file: all that is read of it."""

from __future__ import annotations

from dataclasses import dataclass

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.gguf.cursor import Cursor, CutOff
from cyborg_rr.readers.gguf.marks import MAGIC
from cyborg_rr.readers.gguf.metadata import Metadata, read_metadata
from cyborg_rr.readers.gguf.tensors import StatedTensor, check_places, read_tensors
from cyborg_rr.readers.reading.source import Buffer

NEWEST_VERSION = 3
DEFAULT_ALIGNMENT = 32
MAX_ALIGNMENT = 1 << 20
_FIXED_BYTES = 4 + 4 + 8 + 8


@dataclass(frozen=True, slots=True)
class Header:
    """What a file states; ``data_start`` is the byte at which the data of its tensors begins."""

    version: int
    order: str
    metadata: Metadata
    tensors: tuple[StatedTensor, ...]
    data_start: int
    size_bytes: int

    @property
    def missing_bytes(self) -> int:
        """How much of the data the file has not."""
        stop = max((tensor.stop for tensor in self.tensors), default=0)
        return max(0, self.data_start + stop - self.size_bytes) if stop else 0

    def holds(self, tensor: StatedTensor) -> bool:
        """Whether the file reaches to the end of a tensor's data."""
        return self.data_start + tensor.stop <= self.size_bytes


def read_header(data: Buffer) -> Header:
    """Read a file up to where its weights begin."""
    if data[:4] != MAGIC:
        raise UnreadableModel("it does not begin with GGUF")
    version, order = _read_version(bytes(data[4:8]))
    cursor = Cursor(data, order, 8)
    tensor_count, key_count = cursor.count(), cursor.count()
    metadata = read_metadata(cursor, key_count)
    tensors = read_tensors(cursor, tensor_count)
    alignment = _find_alignment(metadata)
    data_start = -(-cursor.place // alignment) * alignment
    check_places(tensors, alignment, len(data) - data_start)
    return Header(version, order, metadata, tensors, data_start, len(data))


def _read_version(field: bytes) -> tuple[int, str]:
    """Version and byte order: a version that is huge in one order was written in the other."""
    if len(field) < 4:
        raise CutOff("the file is cut off after the magic number")
    version, order = int.from_bytes(field, "little"), "little"
    if version & 0xFFFF == 0:
        version, order = int.from_bytes(field, "big"), "big"
    if version == 1:
        raise UnreadableModel(
            "GGUF version 1, of August 2023, is not read: convert the model anew with a current "
            "llama.cpp"
        )
    if not 2 <= version <= NEWEST_VERSION:
        raise UnreadableModel(
            f"GGUF version {version} is not known here; the newest known is {NEWEST_VERSION}"
        )
    return version, order


def _find_alignment(metadata: Metadata) -> int:
    if "general.alignment" not in metadata.values:
        return DEFAULT_ALIGNMENT
    alignment = metadata.find_count("general.alignment") or 0
    if alignment & (alignment - 1) or not 0 < alignment <= MAX_ALIGNMENT:
        raise UnreadableModel("general.alignment is no power of 2, or more than 1 MiB")
    return alignment
