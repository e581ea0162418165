"""Element types as TorchScript has them: by number in code, by letter in storages, by word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ELEMENT_TYPES: Final[Mapping[int, str]] = {
    0: "u8", 1: "i8", 2: "i16", 3: "i32", 4: "i64", 5: "f16", 6: "f32", 7: "f64", 9: "c64",
    10: "c128", 11: "i1", 15: "bf16", 23: "f8E5M2", 24: "f8E4M3FN", 25: "f8E5M2FNUZ",
    26: "f8E4M3FNUZ", 27: "u16", 28: "u32", 29: "u64",
}  # fmt: skip
"""c10/core/ScalarType.h, by which the code names element types."""

CODES: Final[Mapping[str, int]] = {name: code for code, name in ELEMENT_TYPES.items()}
"""The numbers of element types."""

STORED: Final[Mapping[str, str]] = {
    "f64": "d", "f32": "f", "f16": "e", "i64": "q", "i32": "i", "i16": "h", "i8": "b", "u8": "B",
    "i1": "?",
}  # fmt: skip
"""How elements lie in a storage, in the letters of ``struct``."""

NUMBERS: Final[Mapping[str, str]] = {"int": "i64", "float": "f64", "bool": "i1"}
"""What numbers are that a caller gives, by the words of the code."""

QUANTISED: Final[Mapping[int, str]] = {12: "i8", 13: "u8", 14: "i32"}
"""Numbers of quantised types in the same list: whole numbers of a scale."""
