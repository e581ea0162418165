"""Element types as TVM and NNVM name them, as text, as DLPack's codes and as NNVM's own numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_TEXT: Final = re.compile(r"(bool|bfloat|float|uint|int)([0-9]{0,3})(?:x([0-9]{1,4}))?")
_WORDS: Final = MappingProxyType({"float": "f", "int": "i", "uint": "u", "bfloat": "bf"})
_BITS: Final = MappingProxyType(
    {"f": (16, 32, 64), "i": (2, 4, 8, 16, 32, 64), "u": (2, 4, 8, 16, 32, 64), "bf": (16,)}
)
_DLPACK: Final = MappingProxyType({0: "int", 1: "uint", 2: "float", 4: "bfloat"})
"""DLDataTypeCode of dlpack.h."""

NUMBERS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "f32", 1: "f64", 2: "f16", 3: "u8", 4: "i32", 5: "i8", 6: "i64",
        7: "i16", 8: "u16", 9: "u32", 10: "u64", 11: "i1",
    }
)  # fmt: skip
"""TypeFlag of nnvm/compiler/op_attr_types.h; MXNet has the first seven in common."""


def find_by_text(text: str) -> tuple[str | None, int]:
    """The element type that ``float32`` or ``int8x4`` names, None for another; and its lanes."""
    match = _TEXT.fullmatch(text)
    if match is None:
        return None, 1
    word, bits, lanes = match[1], match[2], int(match[3] or 1)
    return _find(word, int(bits or 0)), lanes


def find_by_code(code: int, bits: int) -> str | None:
    """The element type of DLPack's code and bits; None for one that is not known."""
    return _find(_DLPACK.get(code, ""), bits)


def _find(word: str, bits: int) -> str | None:
    if word == "bool" or (word == "uint" and bits == 1):
        return "i1"
    letter = _WORDS.get(word, "")
    return f"{letter}{bits}" if bits in _BITS.get(letter, ()) else None
