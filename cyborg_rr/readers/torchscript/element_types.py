"""Element types as TorchScript has them: by number in code, by letter in storages, by word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.readers.dialects.aten.element_types import ELEMENT_TYPES

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
