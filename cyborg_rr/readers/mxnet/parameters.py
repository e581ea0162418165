"""Names, types and shapes in a ``.params`` file, whose weights are passed over.

``src/ndarray/ndarray.cc`` (``NDArray::Save``, ``Load``, ``LegacyLoad``): the number 0x112, a
reserved one, how many arrays there are and the arrays, then as many names. An array begins with the
magic number of its version: V2 and V3 with the kind of storage; V1 and before have none, and before
V1 the first number is the rank, and sizes take 32 bits. Names begin with ``arg:`` or ``aux:`` where
a module wrote them. MXNet 2.0 may write archives of numpy instead (``archives``).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.mxnet.element_types import ELEMENT_TYPES
from cyborg_rr.readers.reading.limits import MAX_RANK
from cyborg_rr.readers.reading.source import Buffer

MAGIC: Final = 0x112
_V1: Final = 0xF993FAC8
_V2: Final = 0xF993FAC9
_V3: Final = 0xF993FACA
_PREFIXES: Final = ("arg:", "aux:")
_MIN_ARRAY_BYTES: Final = 4
_DENSE: Final = 0
_POSITIONS: Final = {_DENSE: 0, 1: 1, 2: 2}
"""Lists of positions that each kind of storage has: ``row_sparse`` which rows, ``csr`` two."""

MAX_NAME_LENGTH: Final = 4096


@dataclass(slots=True)
class _Cursor:
    """A place in the bytes that never goes beyond them."""

    data: Buffer
    place: int = 0

    def take(self, form: str) -> int:
        """One number of a struct format."""
        return self.take_all(form)[0]

    def take_all(self, form: str) -> tuple[int, ...]:
        """Numbers of a struct format, little-endian."""
        start, length = self.place, struct.calcsize("<" + form)
        self.skip(length)
        return struct.unpack_from("<" + form, self.data, start)

    def skip(self, length: int) -> None:
        """Pass over bytes that have to be there."""
        if length > len(self.data) - self.place:
            raise UnreadableModel(f"the parameters end within byte {self.place} and {length} more")
        self.place += length


def read_parameters(data: Buffer) -> Mapping[str, TensorType]:
    """The types of all arrays by name, without ``arg:`` and ``aux:``.

    A sparse array has the shape that it stands for. Raises ``UnreadableModel`` for what the bytes
    cannot hold.
    """
    cursor = _Cursor(data)
    magic, _ = cursor.take_all("QQ")
    if magic != MAGIC:
        raise UnreadableModel("the parameters do not begin with MXNet's number 0x112")
    count = cursor.take("Q")
    if count > (len(data) - cursor.place) // _MIN_ARRAY_BYTES:
        raise UnreadableModel(f"the parameters cannot hold {count} arrays")
    arrays = [_read_array(cursor, place) for place in range(count)]
    named = cursor.take("Q")
    if named not in (0, count):
        raise UnreadableModel(f"the parameters have {count} arrays and {named} names")
    names = [_read_name(cursor) for _ in range(named)]
    return dict(zip(names, arrays, strict=False))


def _read_name(cursor: _Cursor) -> str:
    length = cursor.take("Q")
    if not 0 < length <= MAX_NAME_LENGTH:
        raise UnreadableModel(f"a name of the parameters has {length} bytes")
    start = cursor.place
    cursor.skip(length)
    try:
        name = bytes(cursor.data[start : cursor.place]).decode()
    except UnicodeDecodeError:
        raise UnreadableModel("a name of the parameters is no text") from None
    return name[4:] if name.startswith(_PREFIXES) else name


def _read_array(cursor: _Cursor, place: int) -> TensorType:
    """One array: its version, storage, shape, device and element type, then its elements."""
    magic = cursor.take("I")
    kind = cursor.take("i") if magic in (_V2, _V3) else _DENSE
    if kind not in _POSITIONS:
        raise UnreadableModel(
            f"array {place} of the parameters is stored in a way of its own ({kind}), which is not "
            "read: make it 'default' (tostype) and save it anew"
        )
    kept = None if kind == _DENSE else _read_shape(cursor, place, magic)
    shape = _read_shape(cursor, place, magic)
    if shape is None:  # an array that was never made
        return TensorType(None, None)
    cursor.take_all("ii")
    element_type, width = _read_type(cursor, place)
    lists = [(_read_type(cursor, place)[1], _read_shape(cursor, place, magic) or ())
             for _ in range(_POSITIONS[kind])]  # fmt: skip
    for each, sizes in ((width, shape if kind == _DENSE else kept or ()), *lists):
        cursor.skip(math.prod(sizes) * each)
    return TensorType(element_type, shape)


def _read_shape(cursor: _Cursor, place: int, magic: int) -> tuple[int, ...] | None:
    """A shape: sizes of 64 bits behind a rank, of 32 before V1, where the rank stands first."""
    is_old = magic not in (_V1, _V2, _V3)
    rank = magic if is_old else cursor.take("i")
    if not -1 <= rank <= MAX_RANK:
        raise UnreadableModel(f"array {place} of the parameters has rank {rank}")
    if rank == -1 or (rank == 0 and magic != _V3):
        return None
    shape = cursor.take_all(f"{rank}{'I' if is_old else 'q'}")
    if any(size < 0 for size in shape):
        raise UnreadableModel(f"array {place} of the parameters has a negative size")
    return shape


def _read_type(cursor: _Cursor, place: int) -> tuple[str, int]:
    """An element type, and how many bytes an element takes: a truth value takes one."""
    code = cursor.take("i")
    known = find_element_type(ELEMENT_TYPES.get(code))
    if known is None:
        raise UnreadableModel(f"array {place} of the parameters has the unknown type {code}")
    return ELEMENT_TYPES[code], max(known.bits, 8) // 8
