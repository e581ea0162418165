"""Arrays as TVM saves them: a header, then elements.

``SaveDLTensor`` of include/tvm/runtime/ndarray.h: magic 0xDD5E40F096B4A13F, a reserved number, the
device, rank and element type (DLPack's code, bits and lanes), sizes, the number of bytes.
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Iterator
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import (
    SMALL_CONSTANT_ELEMENTS,
    Scalar,
    StoredTensor,
    TensorType,
)
from cyborg_rr.readers.reading.limits import MAX_RANK
from cyborg_rr.readers.tvm.written.types import find_element, make_tensor

MAGIC: Final = 0xDD5E40F096B4A13F
_HEAD: Final = struct.Struct("<QQiiiBBH")
_CODES: Final = {0: "int", 1: "uint", 2: "float", 4: "bfloat", 5: "complex", 6: "bool"}
_FORMATS: Final = {
    "f64": "d", "f32": "f", "f16": "e", "i64": "q", "i32": "i", "i16": "h", "i8": "b",
    "u64": "Q", "u32": "I", "u16": "H", "u8": "B", "i1": "?",
}  # fmt: skip

KEPT_CHARACTERS: Final = (_HEAD.size + 8 * MAX_RANK + 8 + 8 * SMALL_CONSTANT_ELEMENTS) * 4 // 3 + 4
"""Of an array in base64: its header and as many elements as a graph may need."""


def parse_array(encoded: str) -> StoredTensor:
    """The array of a text in base64, of which its beginning may be all that is there."""
    text = encoded[: KEPT_CHARACTERS // 4 * 4]
    try:
        data = binascii.a2b_base64(text[: len(text) // 4 * 4])
    except (binascii.Error, ValueError):
        raise UnreadableModel("an array is not base64") from None
    if len(data) < _HEAD.size:
        raise UnreadableModel("an array is cut off")
    magic, _, _, _, rank, code, bits, lanes = _HEAD.unpack_from(data)
    if magic != MAGIC or not 0 <= rank <= MAX_RANK:
        raise UnreadableModel("an array does not begin as TVM's do")
    end = _HEAD.size + 8 * rank
    if len(data) < end + 8:
        raise UnreadableModel("an array is cut off")
    sizes = struct.unpack_from(f"<{rank}q", data, _HEAD.size)
    element = find_element(f"{_CODES.get(code, '')}{bits}") if lanes == 1 else None
    if code == 6 or (code == 1 and bits == 1):
        element = "i1"
    if code == 4:
        element = "bf16"
    type_ = make_tensor(element, list(sizes))
    return StoredTensor(type_, "constant", values=_find_values(type_, data[end + 8 :]))


def _find_values(type_: TensorType, content: bytes) -> tuple[Scalar, ...] | None:
    """The elements where they are few and of a kind that Python has."""
    count, letter = type_.elements, _FORMATS.get(type_.element_type or "")
    if letter is None or count is None or count > SMALL_CONSTANT_ELEMENTS:
        return None
    layout = struct.Struct(f"<{count}{letter}")
    return layout.unpack_from(content) if len(content) >= layout.size else None


def as_weight(stored: StoredTensor) -> StoredTensor:
    """A constant of many elements is a weight; few are sizes, axes and scales."""
    elements = stored.type.elements
    if elements is None or elements <= 1 or (stored.type.element_type or "f").startswith("i6"):
        return stored
    return StoredTensor(stored.type, "parameter", stored.location, stored.values)


def list_arrays(encoded: list[object]) -> Iterator[StoredTensor]:
    """The arrays of a list of texts."""
    for each in encoded:
        if not isinstance(each, str):
            raise UnreadableModel("an array is not a text")
        yield parse_array(each)
