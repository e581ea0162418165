"""Attributes and types of VHLO, as those of StableHLO that they stand for (VhloBytecode.cpp)."""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.formats.mlir.bytecode import builtin
from cyborg_rr.readers.formats.mlir.bytecode.entries import EntryCursor, Rules
from cyborg_rr.readers.formats.mlir.bytecode.stablehlo import (
    enumeration,
    read_bounds,
    read_quantised,
)
from cyborg_rr.readers.formats.mlir.types import MlirType, OpaqueType
from cyborg_rr.readers.formats.mlir.values import Value

_ELEMENTS: Final = {
    0: "i1", 2: "bf16", 3: "f16", 4: "f32", 5: "f64", 6: "f8E4M3FN", 7: "f8E5M2", 9: "i64",
    10: "i4", 11: "i8", 12: "i16", 13: "i32", 14: "i64",
    15: "u4", 16: "u8", 17: "u16", 18: "u32", 19: "u64",
    27: "f8E4M3FNUZ", 28: "f8E5M2FNUZ", 29: "f8E4M3B11FNUZ", 31: "i2", 32: "u2", 34: "tf32",
    35: "f8E4M3", 36: "f8E3M4", 37: "f4E2M1FN", 38: "f6E2M3FN", 39: "f6E3M2FN", 40: "f8E8M0FNU",
}  # fmt: skip


def _read_boolean(cursor: EntryCursor) -> bool:
    return bool(cursor.number())


def _read_unused(cursor: EntryCursor) -> None:
    cursor.pass_over()


def _read_buffer(cursor: EntryCursor) -> MlirType:
    return builtin.read_tensor(cursor)


def _read_type(cursor: EntryCursor) -> Value:
    return builtin.read_type_value(cursor)


VHLO: Final = Rules(
    {
        1: builtin.read_list,
        2: _read_boolean,
        3: enumeration("comparison_direction"),
        4: enumeration("comparison_type"),
        6: builtin.read_dictionary,
        7: enumeration("fft_type"),
        8: builtin.read_number,
        9: builtin.read_number,
        11: enumeration("precision"),
        12: enumeration("rng_algorithm"),
        13: enumeration("rng_distribution"),
        14: builtin.read_string,
        15: builtin.read_constant,
        16: enumeration("transpose"),
        17: _read_type,
        18: read_bounds,
        **dict.fromkeys((0, 5, 10, 19, 20), _read_unused),
    },
    {
        **{code: builtin.named(name) for code, name in _ELEMENTS.items()},
        1: builtin.read_complex,
        8: builtin.read_function,
        20: builtin.read_tensor,
        21: builtin.read_encoded_tensor,
        22: lambda _: OpaqueType("!vhlo.token"),
        23: builtin.read_tuple,
        24: read_quantised,
        25: builtin.read_unranked,
        26: lambda _: OpaqueType("!shape.witness"),
        30: read_quantised,
        33: lambda _: OpaqueType("none"),
        41: _read_buffer,
    },
)
