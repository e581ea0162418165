"""Element types of PyTorch by the numbers that programs name them by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ELEMENT_TYPES: Final[Mapping[int, str]] = {
    0: "u8", 1: "i8", 2: "i16", 3: "i32", 4: "i64", 5: "f16", 6: "f32", 7: "f64", 9: "c64",
    10: "c128", 11: "i1", 15: "bf16", 23: "f8E5M2", 24: "f8E4M3FN", 25: "f8E5M2FNUZ",
    26: "f8E4M3FNUZ", 27: "u16", 28: "u32", 29: "u64",
}  # fmt: skip
"""c10/core/ScalarType.h, by which the code names element types."""
