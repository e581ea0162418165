"""Element types as MXNet numbers and names them: mshadow/base.h ``TypeFlag``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ELEMENT_TYPES: Final[Mapping[int, str]] = {
    0: "f32", 1: "f64", 2: "f16", 3: "u8", 4: "i32", 5: "i8", 6: "i64",
    7: "i1", 8: "i16", 9: "u16", 10: "u32", 11: "u64", 12: "bf16",
}  # fmt: skip

_NAMES: Final[Mapping[str, str]] = {
    "float": "f32", "float32": "f32", "float64": "f64", "double": "f64", "float16": "f16",
    "bfloat16": "bf16", "uint8": "u8", "int32": "i32", "int": "i32", "int8": "i8", "int64": "i64",
    "bool": "i1", "int16": "i16", "uint16": "u16", "uint32": "u32", "uint64": "u64",
}  # fmt: skip


def find_element_type_of(text: str) -> str | None:
    """The type that an attribute names, by number or in words; None for ``None`` and ``-1``."""
    if text.isascii() and text.isdigit() and len(text) < 4:
        return ELEMENT_TYPES.get(int(text))
    return _NAMES.get(text)
