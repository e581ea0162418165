"""Tensors that an ONNX file stores: exact type, size and place, and the values of small ones.

Weights are looked at, not read: of a large tensor only the lengths of its fields are used. Data
kept in another file is never opened, wherever its path may point.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import lru_cache

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import (
    SMALL_CONSTANT_ELEMENTS,
    Scalar,
    Shape,
    StoredKind,
    StoredLocation,
    StoredTensor,
    TensorType,
)
from cyborg_rr.domain.words import ElementType, find_bits, find_element_type
from cyborg_rr.readers.formats.protobuf_wire import LENGTH, MAX_VALUES, VARINT, Message
from cyborg_rr.readers.reading.limits import MAX_RANK

ELEMENT_TYPES = {
    1: "f32", 2: "u8", 3: "i8", 4: "u16", 5: "i16", 6: "i32", 7: "i64", 8: "str", 9: "i1",
    10: "f16", 11: "f64", 12: "u32", 13: "u64", 14: "c64", 15: "c128", 16: "bf16",
    17: "f8E4M3FN", 18: "f8E4M3FNUZ", 19: "f8E5M2", 20: "f8E5M2FNUZ", 21: "u4", 22: "i4",
    23: "f4E2M1FN", 24: "f8E8M0FNU", 25: "u2", 26: "i2", 27: "f6E2M3FN", 28: "f6E3M2FN",
}  # fmt: skip
"""Names by the numbers of TensorProto.DataType."""

SMALL_FLOAT_ELEMENTS = 256
"""Floats are kept up to here only: they steer shapes as Resize scales, never as long lists."""

MAX_TENSOR_BYTES = 1 << 62
"""No size in this service goes beyond a signed 64-bit number."""

_RAW_CODES = {
    "f32": "f", "f64": "d", "f16": "e", "i64": "q", "i32": "i", "i16": "h", "i8": "b",
    "u64": "Q", "u32": "I", "u16": "H", "u8": "B", "i1": "?",
}  # fmt: skip


@dataclass(slots=True)
class _Fields:
    """Where the data of one TensorProto is: first byte and byte after it, by field number."""

    dims: list[int]
    code: int = 0
    name: str = ""
    external: bool = False
    external_length: int | None = None
    spans: dict[int, list[tuple[int, int, int]]] | None = None


def read_tensor(message: Message, kind: StoredKind) -> tuple[str, StoredTensor]:
    """The name and the type of a TensorProto, with its values when it is small.

    Raises ``UnreadableModel`` for a type or shape that cannot be, or data of another length.
    """
    fields = _scan(message)
    place = f"tensor {fields.name or '(unnamed)'} at byte {message.offset(message.start)}"
    tensor_type = checked_type(fields.code, tuple(fields.dims), place)
    elements, size = tensor_type.elements, tensor_type.byte_size
    if elements is None or size is None:
        raise UnreadableModel(f"{place}: its size is not known")
    location: StoredLocation = "inline"
    values: tuple[Scalar, ...] | None = None
    spans = fields.spans or {}
    if fields.external:
        location = "external"
        if fields.external_length not in (None, size):
            raise UnreadableModel(
                f"{place}: the file says {fields.external_length} external bytes,"
                f" type and shape make {size}"
            )
    elif elements == 0:
        values = ()
    elif not spans:
        location = "absent"
    else:
        values = _inline(message, tensor_type, elements, size, spans, place)
    return fields.name, StoredTensor(tensor_type, kind, location, values)


def checked_type(code: int, dimensions: Shape, place: str) -> TensorType:
    """A tensor type with an element type that we know and a size that fits 64 bits."""
    element_type = ELEMENT_TYPES.get(code)
    if element_type is None:
        raise UnreadableModel(f"{place}: element type {code} is not known")
    _check_rank(dimensions, place)
    tensor_type, wrong = _make_type(element_type, dimensions)
    if wrong:
        raise UnreadableModel(f"{place}: {wrong}")
    return tensor_type


@lru_cache(maxsize=4096)
def _make_type(element_type: str, dimensions: Shape) -> tuple[TensorType, str]:
    """One object for equal types, looked at once: a model has few. What is wrong with it too."""
    tensor_type = TensorType(element_type, dimensions)
    return tensor_type, _find_wrong(tensor_type)


def check_size(tensor_type: TensorType, place: str) -> None:
    """Refuse ranks, dimensions and sizes that no tensor can have."""
    _check_rank(tensor_type.shape or (), place)
    wrong = _find_wrong(tensor_type)
    if wrong:
        raise UnreadableModel(f"{place}: {wrong}")


def _check_rank(shape: Shape, place: str) -> None:
    if len(shape) > MAX_RANK:
        raise UnreadableModel(f"{place}: rank {len(shape)}, at most {MAX_RANK} is allowed")


def _find_wrong(tensor_type: TensorType) -> str:
    shape = tensor_type.shape or ()
    sizes = [dimension for dimension in shape if isinstance(dimension, int)]
    if any(size < 0 for size in sizes):
        return f"negative dimension in {list(shape)}"
    bits = find_bits(tensor_type.element_type or "i1")
    if math.prod(size for size in sizes if size) * bits > MAX_TENSOR_BYTES * 8:
        return f"shape {list(shape)} is beyond 64-bit sizes"
    return ""


def _scan(message: Message) -> _Fields:
    fields = _Fields(dims=[])
    spans: dict[int, list[tuple[int, int, int]]] = {}
    for number, wire, value, stop in message:
        if number == 1:
            fields.dims.extend(message.integers(wire, value, stop))
            if len(fields.dims) > MAX_VALUES:
                raise UnreadableModel(f"too many dimensions before byte {message.offset(stop)}")
        elif number == 2 and wire == VARINT:
            fields.code = value
        elif number == 8 and wire == LENGTH:
            fields.name = message.name(value, stop)
        elif number in (4, 5, 6, 7, 9, 10, 11):
            known = spans.setdefault(number, [])
            if len(known) <= SMALL_CONSTANT_ELEMENTS:
                known.append((wire, value, stop))
        elif number == 13 and wire == LENGTH:
            key, text = _entry(message.message(value, stop))
            if key == "length" and text.isascii() and text.isdigit() and len(text) < 20:
                fields.external_length = int(text)
        elif number == 14 and wire == VARINT:
            fields.external = value == 1
    fields.spans = spans
    return fields


def _entry(message: Message) -> tuple[str, str]:
    """Key and value of a StringStringEntryProto."""
    key = text = ""
    for number, wire, value, stop in message:
        if wire == LENGTH and number == 1:
            key = message.text(value, stop, 64)
        elif wire == LENGTH and number == 2:
            text = message.text(value, stop, 64)
    return key, text


def _inline(
    message: Message,
    tensor_type: TensorType,
    elements: int,
    size: int,
    spans: dict[int, list[tuple[int, int, int]]],
    place: str,
) -> tuple[Scalar, ...] | None:
    """Check the length of the data that is there; its values when they are few."""
    element_type = tensor_type.element_type or ""
    few = is_small(tensor_type)
    if 9 in spans:
        _, start, stop = spans[9][-1]
        if stop - start != size:
            raise UnreadableModel(
                f"{place}: {stop - start} bytes of data, but {element_type}"
                f" {list(tensor_type.shape or ())} takes {size}"
            )
        return decode_raw(message.raw(start, stop), element_type, elements) if few else None
    if element_type == "str":
        return None
    number = _typed_field(element_type)
    found = spans.get(number)
    if found is None:
        raise UnreadableModel(f"{place}: its data is not of its type {element_type}")
    entries = _entries(element_type, elements)
    width = {4: 4, 10: 8}.get(number, 1)
    length = sum(1 if wire == VARINT else stop - start for wire, start, stop in found)
    packed = any(wire == LENGTH for wire, _, _ in found)
    if packed and (length != entries * width if width > 1 else length < entries):
        raise UnreadableModel(
            f"{place}: {length} bytes of data cannot hold {entries} values of {element_type}"
        )
    if not few:
        return None
    numbers: list[int | float] = []
    for span in found:
        if number == 4:
            numbers.extend(message.floats(*span))
        elif number == 10:
            numbers.extend(message.doubles(*span))
        else:
            numbers.extend(message.integers(*span))
    if len(numbers) != entries:
        raise UnreadableModel(f"{place}: {len(numbers)} values, its shape needs {entries}")
    return _decode_typed(numbers, element_type, elements)


def _typed_field(element_type: str) -> int:
    """Which field of TensorProto holds the values of an element type when raw_data does not."""
    if element_type in ("f32", "c64"):
        return 4
    if element_type in ("f64", "c128"):
        return 10
    if element_type in ("u32", "u64"):
        return 11
    return 7 if element_type == "i64" else 5


def _entries(element_type: str, elements: int) -> int:
    known = find_element_type(element_type)
    if known is None or known.bits == 0:
        return elements
    if known.family == "complex":
        return elements * 2
    return -(-elements // max(8 // known.bits, 1))  # one of 6 bits takes a whole byte


def is_small(tensor_type: TensorType) -> bool:
    """Whether a tensor has so few elements that their values are kept."""
    known = find_element_type(tensor_type.element_type)
    plain = known is not None and known.is_plain
    most = SMALL_FLOAT_ELEMENTS if plain else SMALL_CONSTANT_ELEMENTS
    return (tensor_type.elements or 0) <= most


def decode_raw(content: bytes, element_type: str, elements: int) -> tuple[Scalar, ...] | None:
    """Elements as they lie in raw_data; None for a type whose values are of no use."""
    code = _RAW_CODES.get(element_type)
    if code is not None:
        return struct.unpack(f"<{elements}{code}", content)
    if element_type == "bf16":
        return tuple(_bfloat(bits) for bits in struct.unpack(f"<{elements}H", content))
    packed = _find_packed(element_type)
    return None if packed is None else _unpack(content, packed, elements)


def _decode_typed(
    numbers: list[int | float], element_type: str, elements: int
) -> tuple[Scalar, ...] | None:
    if element_type in ("f32", "f64", "i64", "i32", "i16", "i8", "u16", "u8", "u32"):
        return tuple(numbers)
    if element_type == "u64":
        return tuple(int(number) & 0xFFFFFFFFFFFFFFFF for number in numbers)
    if element_type == "i1":
        return tuple(bool(number) for number in numbers)
    if element_type == "f16":
        bits = b"".join(struct.pack("<H", int(number) & 0xFFFF) for number in numbers)
        return struct.unpack(f"<{elements}e", bits)
    if element_type == "bf16":
        return tuple(_bfloat(int(number) & 0xFFFF) for number in numbers)
    packed = _find_packed(element_type)
    if packed is None:
        return None
    return _unpack(bytes(int(number) & 0xFF for number in numbers), packed, elements)


def _bfloat(bits: int) -> float:
    number: float = struct.unpack("<f", struct.pack("<I", bits << 16))[0]
    return number


def _find_packed(element_type: str) -> ElementType | None:
    """The record of a type of which a byte holds several integers; None for any other."""
    known = find_element_type(element_type)
    return known if known is not None and known.is_quantised and known.bits < 8 else None


def _unpack(content: bytes, packed: ElementType, elements: int) -> tuple[int, ...]:
    """Integers of less than a byte, the lowest bits first."""
    width = packed.bits
    mask, half = (1 << width) - 1, 1 << (width - 1)
    numbers = [byte >> shift & mask for byte in content for shift in range(0, 8, width)][:elements]
    if packed.family == "signed":
        numbers = [number - 2 * half if number >= half else number for number in numbers]
    return tuple(numbers)


def read_sparse_tensor(message: Message) -> tuple[str, StoredTensor]:
    """A SparseTensorProto as the dense tensor that a runtime makes of it."""
    name, element_type = "", "f32"
    dims: list[int] = []
    for number, wire, value, stop in message:
        if number == 1 and wire == LENGTH:
            name, tensor = read_tensor(message.message(value, stop), "parameter")
            element_type = tensor.type.element_type or element_type
        elif number == 3:
            dims.extend(message.integers(wire, value, stop))
    dense = TensorType(element_type, tuple(dims))
    check_size(dense, f"sparse tensor '{name}'")
    return name, StoredTensor(dense, "parameter")
