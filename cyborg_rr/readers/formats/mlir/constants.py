"""Dense constants of MLIR text: their type always, their elements only while they are few."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from cyborg_rr.domain.graph.graph import (
    SMALL_CONSTANT_ELEMENTS,
    Scalar,
    StoredLocation,
    TensorType,
)
from cyborg_rr.domain.words import find_bits, find_element_type
from cyborg_rr.readers.formats.mlir.scanner import Scanner
from cyborg_rr.readers.reading.source import Buffer

_ELEMENT = re.compile(
    rb"(true|false)|(-?+0x[0-9A-Fa-f]++)|(-?+[0-9]++(?:\.[0-9]*+)?+(?:[eE][-+]?+[0-9]++)?+)"
)
_MAX_ELEMENT_LENGTH = 64
_FLOAT_FORMATS = {"f64": "<d", "f32": "<f", "f16": "<e"}


@dataclass(frozen=True, slots=True)
class DenseConstant:
    """A constant: ``values`` are its elements (one if ``splat``), None while large or not numbers.

    ``resource`` names the blob at the end of the file that holds the elements.
    """

    type: TensorType
    values: tuple[Scalar, ...] | None = None
    splat: bool = False
    resource: str | None = None
    location: StoredLocation = "inline"


def find_dense_end(scanner: Scanner, start: int) -> int:
    """The offset behind the ``>`` of ``dense<``, whose ``<`` is at ``start``.

    Elements are not looked at: hundreds of megabytes cost one search.
    """
    data, position = scanner.data, start + 1
    close = data.find(b">", position)
    if close < 0:
        scanner.fail("'dense<' is not closed", start)
    quote = data.find(b'"', position, close)
    return close + 1 if quote < 0 else scanner.find_angle_end(start)


def parse_dense(scanner: Scanner, begin: int, end: int, tensor: TensorType) -> DenseConstant:
    """The constant whose elements stand between two offsets."""
    data = scanner.data
    length = end - begin
    elements = tensor.elements
    if elements is None or tensor.element_type is None:
        return DenseConstant(tensor)
    if data[begin : begin + 1] == b'"':
        return _parse_hex(data[begin + 1 : begin + 3 + 2 * 16 * SMALL_CONSTANT_ELEMENTS],
                          length, elements, tensor)  # fmt: skip
    listed = data[begin : begin + 1] == b"["
    if not listed and length <= _MAX_ELEMENT_LENGTH * 2:
        values = _parse_elements(data[begin:end], tensor.element_type)
        return DenseConstant(tensor, values, splat=True)
    if elements > SMALL_CONSTANT_ELEMENTS or length > _MAX_ELEMENT_LENGTH * (elements + 1):
        return DenseConstant(tensor)
    values = _parse_elements(data[begin:end], tensor.element_type)
    if values is not None and len(values) != elements:
        scanner.fail(f"a constant has {len(values)} elements where its type says {elements}", begin)
    return DenseConstant(tensor, values)


def _parse_elements(text: bytes, element_type: str) -> tuple[Scalar, ...] | None:
    if is_complex(element_type) or b'"' in text:
        return None
    values: list[Scalar] = []
    floating = is_floating(element_type)
    for truth, bits, number in _ELEMENT.findall(text):
        if truth:
            values.append(truth == b"true")
        elif bits:
            value = value_from_bits(int(bits, 16), element_type) if len(bits) <= 18 else None
            if value is None:
                return None
            values.append(value)
        elif floating or b"." in number or b"e" in number or b"E" in number:
            values.append(float(number))
        elif len(number) > 40:
            return None
        else:
            values.append(int(number))
    return tuple(values)


def is_floating(element_type: str | None) -> bool:
    """Whether the elements are real numbers in floating point."""
    found = find_element_type(element_type)
    return found is not None and found.is_float


def is_complex(element_type: str) -> bool:
    """Whether each element is a pair of numbers."""
    found = find_element_type(element_type)
    return found is not None and found.family == "complex"


def value_from_bits(bits: int, element_type: str) -> Scalar | None:
    """The value of an element that is written by its bits."""
    if element_type == "bf16":
        bits, element_type = bits << 16, "f32"
    pattern = _FLOAT_FORMATS.get(element_type)
    if pattern is not None:
        size = struct.calcsize(pattern)
        if bits < 0 or bits.bit_length() > 8 * size:
            return None
        value: float = struct.unpack(pattern, bits.to_bytes(size, "little"))[0]
        return value
    found = find_element_type(element_type)
    if found is None or not found.is_whole:
        return None
    if found.family == "boolean":
        return bool(bits)
    if found.family == "signed" and bits >> (found.bits - 1) & 1:
        return bits - (1 << found.bits)
    return bits


def _parse_hex(head: bytes, length: int, elements: int, tensor: TensorType) -> DenseConstant:
    """Elements as one string of little-endian bytes; ``length`` is that of the quoted string."""
    size = (length - 4) // 2  # quotes and 0x
    if not head.startswith(b"0x") or not _is_kept(size, elements, tensor):
        return DenseConstant(tensor)
    try:
        raw = bytes.fromhex(head[2 : 2 + 2 * size].decode("ascii"))
    except ValueError:
        return DenseConstant(tensor)
    return _read_elements(raw, tensor, splat=size == _width(tensor) and elements != 1)


def make_constant(tensor: TensorType, data: Buffer, begin: int, size: int) -> DenseConstant:
    """The constant whose elements are ``size`` little-endian bytes; one stands for all of them."""
    elements = tensor.elements
    if elements is None:
        return DenseConstant(tensor)
    if tensor.element_type == "i1" and size != elements and size == -(-elements // 8):
        return _read_bits(bytes(data[begin : begin + min(size, SMALL_CONSTANT_ELEMENTS)]), tensor)
    if not _is_kept(size, elements, tensor):
        return DenseConstant(tensor)
    raw = bytes(data[begin : begin + size])
    return _read_elements(raw, tensor, splat=size == _width(tensor))


def _width(tensor: TensorType) -> int:
    return max(find_bits(tensor.element_type), 8) // 8


def _is_kept(size: int, elements: int, tensor: TensorType) -> bool:
    """Whether so many bytes are the elements, and these few enough to be looked at."""
    width = _width(tensor)
    small = elements <= SMALL_CONSTANT_ELEMENTS
    return size == width or (small and size == width * elements)


def _read_bits(raw: bytes, tensor: TensorType) -> DenseConstant:
    """Truth values packed as MLIR does: eight in a byte, the first lowest; 0 and 255 are all."""
    elements = tensor.elements or 0
    if raw in (b"\x00", b"\xff"):
        return DenseConstant(tensor, (raw == b"\xff",), splat=True)
    if elements > SMALL_CONSTANT_ELEMENTS:
        return DenseConstant(tensor)
    bits = [bool(raw[place >> 3] >> (place & 7) & 1) for place in range(elements)]
    return DenseConstant(tensor, tuple(bits))


def _read_elements(raw: bytes, tensor: TensorType, splat: bool) -> DenseConstant:
    element_type = tensor.element_type or ""
    if is_complex(element_type):
        return DenseConstant(tensor, splat=splat)
    width = _width(tensor)
    values = [
        value_from_bits(int.from_bytes(raw[place : place + width], "little"), element_type)
        for place in range(0, len(raw), width)
    ]
    if any(value is None for value in values):
        return DenseConstant(tensor, splat=splat)
    return DenseConstant(tensor, tuple(v for v in values if v is not None), splat=splat)
