"""Headers of TVM's ``.params``: names, element types and shapes; the numbers are passed over.

A list of arrays begins with ``kTVMNDArrayListMagic`` and eight reserved bytes; then the names with
their lengths, then each array with a magic number of its own: ``save_param_dict`` and
``NDArray::Save`` of TVM (``src/runtime/graph/graph_runtime.cc``,
``include/tvm/runtime/ndarray.h``), the same since 2017.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.formats.nnvm.element_types import find_by_code
from cyborg_rr.readers.reading.limits import MAX_RANK
from cyborg_rr.readers.reading.source import Buffer

LIST_MAGIC: Final = b"\xb7\x9c\x04\x05\x4f\x8d\xe5\xf7"
"""0xF7E58D4F05049CB7, little endian."""

_ARRAY_MAGIC: Final = 0xDD5E40F096B4A13F
_ARRAY: Final = struct.Struct("<QQiiiBBH")
"""Magic number, reserved, kind and number of a device, rank, code, bits and lanes of elements."""

_LEAST_ARRAY_BYTES: Final = _ARRAY.size + 8
_MAX_NAME_BYTES: Final = 4096


def holds_parameters(data: Buffer) -> bool:
    """Whether a file begins as one of parameters does."""
    return data[: len(LIST_MAGIC)] == LIST_MAGIC


def parse_parameters(data: Buffer) -> Mapping[str, TensorType]:
    """The arrays of a file by name, in its order.

    Raises ``UnreadableModel`` with the place of what is cut off or contradicts itself.
    """
    if not holds_parameters(data):
        raise UnreadableModel("the parameters do not begin as those of TVM do")
    return _Parameters(data).read()


class _Parameters:
    """A place in a file that is walked once."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self._position = 2 * len(LIST_MAGIC)

    def read(self) -> Mapping[str, TensorType]:
        names = [self._read_name() for _ in range(self._read_count("names"))]
        if len(set(names)) != len(names):
            raise self._refuse("a name stands twice")
        count = self._read_count("arrays")
        if count != len(names):
            raise self._refuse(f"{count} arrays have {len(names)} names")
        return {name: self._read_array(name) for name in names}

    def _read_count(self, what: str) -> int:
        count = self._read_number()
        if count * _LEAST_ARRAY_BYTES > len(self._data):
            raise self._refuse(f"{count} {what} are more than the file has room for")
        return count

    def _read_number(self) -> int:
        return int.from_bytes(self._take(8), "little")

    def _read_name(self) -> str:
        length = self._read_number()
        if length > _MAX_NAME_BYTES:
            raise self._refuse(f"a name has {length} bytes")
        try:
            return self._take(length).decode()
        except UnicodeDecodeError:
            raise self._refuse("a name is not UTF-8") from None

    def _read_array(self, name: str) -> TensorType:
        magic, _, _, _, rank, code, bits, lanes = _ARRAY.unpack(self._take(_ARRAY.size))
        if magic != _ARRAY_MAGIC:
            raise self._refuse(f"the array {quote(name)} does not begin as one of TVM does")
        if not 0 <= rank <= MAX_RANK:
            raise self._refuse(f"the array {quote(name)} has {rank} dimensions")
        shape: tuple[int, ...] = struct.unpack(f"<{rank}q", self._take(8 * rank))
        if lanes != 1:
            shape = (*shape, lanes)
        size = self._read_number()
        if min(shape, default=0) < 0 or size != (math.prod(shape) * bits + 7) // 8:
            raise self._refuse(f"the array {quote(name)} says that it has {size} bytes")
        self._skip(size)
        return TensorType(find_by_code(code, bits), shape)

    def _take(self, count: int) -> bytes:
        start = self._position
        self._skip(count)
        return bytes(self._data[start : self._position])

    def _skip(self, count: int) -> None:
        if count > len(self._data) - self._position:
            raise self._refuse(f"{count} bytes are wanted beyond the end")
        self._position += count

    def _refuse(self, cause: str) -> UnreadableModel:
        return UnreadableModel(f"the parameters, byte {self._position}: {cause}")
