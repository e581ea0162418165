"""Attributes and types of MLIR's own dialect (mlir/IR/BuiltinDialectBytecode.td)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.graph.graph import SMALL_CONSTANT_ELEMENTS, Dimension, TensorType
from cyborg_rr.domain.words import COMPLEX_OF, find_bits
from cyborg_rr.readers.formats.mlir.bytecode.entries import EntryCursor, Rules, TypeRule
from cyborg_rr.readers.formats.mlir.constants import (
    DenseConstant,
    make_constant,
    value_from_bits,
)
from cyborg_rr.readers.formats.mlir.scanner import MAX_NAME_LENGTH
from cyborg_rr.readers.formats.mlir.types import (
    BadType,
    FunctionType,
    MlirType,
    OpaqueType,
    TupleType,
    apply_bounds,
    make_tensor,
    parse_type,
)
from cyborg_rr.readers.formats.mlir.values import DialectAttribute, Symbol, Value

_OPEN_SIZES: Final = (-(2**63), -1)
"""How open dimensions are written: ``ShapedType::kDynamic``, before November 2022 -1."""


_FLOATS: Final = {
    3: "bf16", 4: "f16", 5: "f32", 6: "f64", 21: "tf32", 22: "f8E5M2", 23: "f8E4M3",
    24: "f8E4M3FN", 25: "f8E5M2FNUZ", 26: "f8E4M3FNUZ", 27: "f8E4M3B11FNUZ", 28: "f8E3M4",
    29: "f4E2M1FN", 30: "f6E2M3FN", 31: "f6E3M2FN", 32: "f8E8M0FNU",
}  # fmt: skip
"""Codes from 21 on are those of MLIR 23; before it these types stand in the file as text."""


def scalar(name: str | None) -> TensorType:
    """The type of one element."""
    return TensorType(name, ())


def element_name(type_: MlirType) -> str | None:
    """The name of an element's type; None for one that holds no number."""
    is_element = isinstance(type_, TensorType) and type_.shape == ()
    return type_.element_type if is_element and isinstance(type_, TensorType) else None


def read_dimensions(cursor: EntryCursor) -> list[Dimension]:
    """A shape, with open dimensions as in text."""
    sizes: list[Dimension] = []
    for size in cursor.integers():
        if size < 0 and size not in _OPEN_SIZES:
            raise BadType(f"a dimension is {size}")
        sizes.append("?" if size < 0 else size)
    return sizes


def read_tensor(cursor: EntryCursor) -> TensorType:
    """A tensor with a rank."""
    dimensions = read_dimensions(cursor)
    return make_tensor(element_name(cursor.type()), dimensions)


def read_encoded_tensor(cursor: EntryCursor) -> TensorType:
    """The same with an encoding, of which only bounds of open dimensions matter."""
    encoding = cursor.attribute()
    dimensions = read_dimensions(cursor)
    if isinstance(encoding, DialectAttribute) and encoding.name.endswith("bounds"):
        dimensions = apply_bounds(dimensions, encoding.body.encode())
    return make_tensor(element_name(cursor.type()), dimensions)


def read_unranked(cursor: EntryCursor) -> TensorType:
    """A tensor of any rank."""
    return TensorType(element_name(cursor.type()), None)


def read_complex(cursor: EntryCursor) -> TensorType:
    """A pair of numbers."""
    return scalar(COMPLEX_OF.get(element_name(cursor.type()) or ""))


def read_function(cursor: EntryCursor) -> FunctionType:
    """Types of operands and results."""
    return FunctionType(cursor.types(), cursor.types())


def read_tuple(cursor: EntryCursor) -> TupleType:
    """Several values."""
    return TupleType(cursor.types())


def read_number(cursor: EntryCursor) -> Value:
    """A whole number or one in floating point, behind its type."""
    element = element_name(cursor.type()) or ""
    bits = find_bits(element)
    if not bits:
        cursor.pass_over()
        return None
    return value_from_bits(cursor.integer(bits), element)


def read_constant(cursor: EntryCursor) -> DenseConstant:
    """Elements behind their type: they are looked at only while they are few."""
    type_ = cursor.type()
    size = cursor.number()
    begin = cursor.skip(size)
    tensor = type_ if isinstance(type_, TensorType) else TensorType(None, None)
    constant = make_constant(tensor, cursor.data, begin, size)
    cursor.entries.spend(len(constant.values or ()), cursor)
    return constant


def read_type_value(cursor: EntryCursor) -> Value:
    """A type as an attribute."""
    type_ = cursor.type()
    return None if isinstance(type_, TupleType) else type_


def read_list(cursor: EntryCursor) -> Value:
    """A list of attributes."""
    return list(cursor.attributes())


def read_dictionary(cursor: EntryCursor) -> Value:
    """Attributes by name."""
    return dict(cursor.dictionary())


def read_string(cursor: EntryCursor) -> str:
    """Text."""
    return cursor.string()


def read_symbol(cursor: EntryCursor) -> Symbol:
    """A reference to a function and the like."""
    name = cursor.attribute()
    if not isinstance(name, str):
        cursor.fail("a reference names nothing")
    return Symbol(name[:MAX_NAME_LENGTH])


def _read_typed_string(cursor: EntryCursor) -> str:
    text = cursor.string()
    cursor.type()
    return text


def _read_nested_symbol(cursor: EntryCursor) -> Symbol:
    root = read_symbol(cursor)
    nested = cursor.attributes()
    last = nested[-1] if nested else root
    return last if isinstance(last, Symbol) else root


def _read_flag(_cursor: EntryCursor) -> bool:
    return True


def _read_nothing(cursor: EntryCursor) -> None:
    cursor.pass_over()


def _read_resource(cursor: EntryCursor) -> DenseConstant:
    type_ = cursor.type()
    number = cursor.number()
    names: Sequence[str] = cursor.entries.resources.names
    if number >= len(names):
        cursor.fail(f"the resource {number} is not there")
    tensor = type_ if isinstance(type_, TensorType) else TensorType(None, None)
    return DenseConstant(tensor, resource=names[number])


def _read_array(cursor: EntryCursor) -> Value:
    """``array<i64: 1, 2>``; one that is longer than any list of axes stays a constant."""
    element = element_name(cursor.type()) or ""
    count, size = cursor.number(), cursor.number()
    begin = cursor.skip(size)
    width = max(find_bits(element), 8) // 8
    tensor = TensorType(element or None, (count,))
    if count > SMALL_CONSTANT_ELEMENTS or not find_bits(element):
        return DenseConstant(tensor)
    if size != count * width:
        cursor.fail(f"a list of {count} numbers takes {size} bytes")
    raw = bytes(cursor.data[begin : begin + size])
    return [
        value_from_bits(int.from_bytes(raw[place : place + width], "little"), element)
        for place in range(0, size, width)
    ]


def _read_untold_constant(cursor: EntryCursor) -> DenseConstant:
    type_ = cursor.type()
    cursor.pass_over()
    return DenseConstant(type_ if isinstance(type_, TensorType) else TensorType(None, None))


def _read_distinct(cursor: EntryCursor) -> Value:
    return cursor.attribute()


def _read_integer_type(cursor: EntryCursor) -> MlirType:
    stated = cursor.number()
    sign = ("i", "si", "ui", "i")[stated & 3]
    return parse_type(f"{sign}{stated >> 2}".encode())


def named(name: str) -> TypeRule:
    """The type of one element, which has nothing but its name."""
    return lambda _: TensorType(name, ())


def _read_opaque(cursor: EntryCursor) -> OpaqueType:
    cursor.pass_over()
    return OpaqueType("builtin")


BUILTIN: Final = Rules(
    {
        0: read_list, 1: read_dictionary, 2: read_string, 3: _read_typed_string,
        4: read_symbol, 5: _read_nested_symbol, 6: read_type_value, 7: _read_flag,
        8: read_number, 9: read_number, 16: _read_resource, 17: _read_array,
        18: read_constant, 19: _read_untold_constant, 20: _read_untold_constant,
        21: _read_distinct,
        **dict.fromkeys((10, 11, 12, 13, 14, 15, 22), _read_nothing),
    },
    {
        0: _read_integer_type, 1: named("i64"), 2: read_function, 9: read_complex,
        12: lambda _: OpaqueType("none"),
        13: read_tensor, 14: read_encoded_tensor, 15: read_tuple, 18: read_unranked,
        **dict.fromkeys((7, 8, 10, 11, 16, 17, 19, 20), _read_opaque),
        **{code: named(name) for code, name in _FLOATS.items()},
    },
)  # fmt: skip
"""Codes 10 to 15 and 22 of attributes are locations, which are read by their names alone."""
