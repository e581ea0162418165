"""TVM's ``.params``: names and arrays, of which only headers are read.

``SaveParams`` of src/runtime/file_utils.cc (NNVM: src/compiler/graph_runtime.cc): a magic number, a
reserved one, the names, as many arrays; each array as ``SaveDLTensor`` writes it
(include/tvm/runtime/ndarray.h). Elements are passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.shapes import MAX_ELEMENTS
from cyborg_rr.readers.reading.limits import MAX_RANK
from cyborg_rr.readers.reading.source import Buffer

MAGIC: Final = 0xF7E58D4F05049CB7
ARRAY_MAGIC: Final = 0xDD5E40F096B4A13F

_U64: Final = struct.Struct("<Q")
_ARRAY: Final = struct.Struct("<QQiiiBBH")
_CODES: Final = {0: "i", 1: "u", 2: "f", 4: "bf", 5: "c", 6: "i"}
_MAX_NAME: Final = 4096


def holds_parameters(data: Buffer) -> bool:
    """Whether a file begins as one of parameters does."""
    return bytes(data[:8]) == _U64.pack(MAGIC)


def parse_parameters(data: Buffer) -> Mapping[str, TensorType]:
    """The type of each parameter by its name.

    Raises ``UnreadableModel`` for what is cut off or no such file.
    """
    if not holds_parameters(data):
        raise UnreadableModel("the parameters do not begin as TVM's do")
    names, position = _parse_names(data, 16)
    (count,), position = _unpack(_U64, data, position)
    if count != len(names):
        raise UnreadableModel(f"{len(names)} parameters have names and {count} are there")
    found: dict[str, TensorType] = {}
    for name in names:
        found[name], position = _parse_array(data, position, name)
    if len(found) != len(names):
        raise UnreadableModel("two parameters have one name")
    return found


def _parse_names(data: Buffer, position: int) -> tuple[list[str], int]:
    (count,), position = _unpack(_U64, data, position)
    if count > (len(data) - position) // 8:
        raise UnreadableModel("there are fewer parameters than are said to be")
    names = []
    for _ in range(count):
        (length,), position = _unpack(_U64, data, position)
        if length > min(_MAX_NAME, len(data) - position):
            raise UnreadableModel("the name of a parameter is cut off or too long")
        names.append(bytes(data[position : position + length]).decode("utf-8", "replace"))
        position += length
    return names, position


def _parse_array(data: Buffer, position: int, name: str) -> tuple[TensorType, int]:
    what = f"the parameter {quote(name)}"
    header, position = _unpack(_ARRAY, data, position)
    magic, _, _, _, rank, code, bits, lanes = header
    if magic != ARRAY_MAGIC or not 0 <= rank <= MAX_RANK or lanes != 1:
        raise UnreadableModel(f"{what} does not begin as an array does")
    sizes, position = _unpack(struct.Struct(f"<{rank}q"), data, position)
    (length,), position = _unpack(_U64, data, position)
    elements = 1
    for size in sizes:
        elements *= size
        if size < 0 or elements >= MAX_ELEMENTS:
            raise UnreadableModel(f"{what} has a size that cannot be")
    if length > len(data) - position:
        raise UnreadableModel(f"{what} is cut off")
    is_truth = code == 6 or (code == 1 and bits == 1)
    element = "i1" if is_truth else f"{_CODES.get(code, '?')}{bits}"
    return TensorType(element, tuple(sizes)), position + length


def _unpack(layout: struct.Struct, data: Buffer, position: int) -> tuple[tuple[int, ...], int]:
    if position + layout.size > len(data):
        raise UnreadableModel("the parameters are cut off")
    return layout.unpack_from(data, position), position + layout.size
