"""Element types and types of values as TVM knows them.

Names of element types: ``DLDataType2String`` of include/tvm/runtime/data_type.h. Relay's kinds of
types: include/tvm/ir/type.h and relay/type.h; Relax's: include/tvm/relax/struct_info.h.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.shapes import ANY, MAX_ELEMENTS
from cyborg_rr.readers.reading.limits import MAX_RANK

ELEMENT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "float64": "f64", "float32": "f32", "float16": "f16", "bfloat16": "bf16",
        "float8_e4m3fn": "f8E4M3FN", "e4m3_float8": "f8E4M3FN", "float8_e5m2": "f8E5M2",
        "e5m2_float8": "f8E5M2", "float8_e4m3fnuz": "f8E4M3FNUZ", "float8_e5m2fnuz": "f8E5M2FNUZ",
        "float8_e8m0fnu": "f8E8M0FNU", "float8_e4m3": "f8E4M3", "float8_e3m4": "f8E3M4",
        "float8_e4m3b11fnuz": "f8E4M3B11FNUZ", "float6_e2m3fn": "f6E2M3FN",
        "float6_e3m2fn": "f6E3M2FN", "float4_e2m1fn": "f4E2M1FN", "e2m1_float4": "f4E2M1FN",
        "int64": "i64", "int32": "i32", "int16": "i16", "int8": "i8", "int4": "i4", "int2": "i2",
        "uint64": "u64", "uint32": "u32", "uint16": "u16", "uint8": "u8", "uint4": "u4",
        "uint2": "u2", "bool": "i1", "uint1": "i1", "int1": "i1",
        "float": "f32", "int": "i32", "uint": "u32",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TupleType:
    """A type of several values in order."""

    fields: tuple[ValueType, ...]


@dataclass(frozen=True, slots=True)
class OtherType:
    """What is no tensor: a function, a list of an algebraic type, a storage."""

    name: str


ValueType = TensorType | TupleType | OtherType | None
"""Of any value; None where nothing is stated."""


def find_element(name: str) -> str | None:
    """The element type that TVM calls so; None for a type of vectors, handles and the like."""
    return ELEMENT_TYPES.get(name)


def make_tensor(element: str | None, dimensions: list[Dimension] | None) -> TensorType:
    """A tensor whose size can be; ``UnreadableModel`` for one that is too large."""
    if dimensions is None:
        return TensorType(element, None)
    if len(dimensions) > MAX_RANK:
        raise UnreadableModel(f"a tensor has more than {MAX_RANK} dimensions")
    total = 1
    for size in dimensions:
        if isinstance(size, int):
            if size < 0:
                raise UnreadableModel("a tensor has a negative dimension")
            total *= size
    if total >= MAX_ELEMENTS:
        raise UnreadableModel("a tensor has 2**63 elements or more")
    return TensorType(element, tuple(dimensions))


def as_result(type_: ValueType) -> ValueType:
    """A type as that of a result: of a shape that is open in part only the element type is told.

    What an operation yields follows from its operands, and an open size would hide that.
    """
    if isinstance(type_, TupleType):
        return TupleType(tuple(as_result(each) for each in type_.fields))
    if isinstance(type_, TensorType) and type_.shape is not None and ANY in type_.shape:
        return TensorType(type_.element_type, None)
    return type_
