"""What texts of the XML mean: element types, numbers, lists and shapes.

Words of element types: ``src/core/src/type/element_type.cpp`` of OpenVINO, and ``ie_precision.hpp``
of the Inference Engine for those of ports and of files before version 10.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

ELEMENT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{name: name for name in (
            "f64", "f32", "f16", "bf16", "i64", "i32", "i16", "i8", "i4", "u64", "u32", "u16",
            "u8", "u4", "u2",
        )},
        "fp64": "f64", "fp32": "f32", "fp16": "f16", "boolean": "i1", "bool": "i1",
        "nf4": "f4E2M1FN", "f4e2m1": "f4E2M1FN", "f8e4m3": "f8E4M3FN", "f8e5m2": "f8E5M2",
        "f8e8m0": "f8E8M0FNU", "string": "str",
    }
)  # fmt: skip
"""By the words of the file in lower case; NF4, 16 uneven values, is as large as E2M1."""

BITS: Final[Mapping[str, int]] = MappingProxyType({"u1": 1, "bin": 1, "u3": 3, "u6": 6})
"""Of types that have no canonical one."""

UNSTATED: Final = frozenset({"", "dynamic", "undefined", "unspecified", "mixed", "custom"})

_WHOLE: Final = re.compile(r"\s*[-+]?[0-9]{1,19}\s*\Z")


def find_type(word: str) -> str | None:
    """The element type of a word; None where it has no canonical one."""
    return ELEMENT_TYPES.get(word.lower())


@lru_cache(maxsize=4096)
def parse_whole(text: str) -> int | None:
    """A whole number of 64 bits, or one that is written as a fraction (``1.0``)."""
    if (text.isdigit() and text.isascii() and len(text) < 20) or _WHOLE.match(text):
        return int(text)
    number = parse_number(text)
    if number is not None and number.is_integer() and abs(number) < 1 << 53:
        return int(number)
    return None


def parse_number(text: str) -> float | None:
    """A number; what is no number, infinite or not, has none."""
    if len(text) > 60:
        return None
    try:
        return float(text)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def parse_list(text: str) -> tuple[int, ...] | None:
    """Whole numbers with commas or spaces between them; None where something else stands there."""
    found = []
    for each in text.replace(",", " ").split():
        number = parse_whole(each)
        if number is None:
            return None
        found.append(number)
    return tuple(found)


def parse_sizes(text: str) -> tuple[tuple[int, int | None], ...] | None:
    """The least and the largest size of each dimension of a shape such as ``?,3,1..64``.

    None where the rank is open (``...``), ``ValueError`` for what is no shape.
    """
    stripped = text.strip().strip("[]{}")
    if stripped == "...":
        return None
    return tuple(_parse_size(each.strip()) for each in stripped.split(",") if stripped)


def _parse_size(text: str) -> tuple[int, int | None]:
    if text in ("?", "-1"):
        return (0, None)
    low, dots, high = text.partition("..")
    least = _demand(low) if low.strip() else 0
    if not dots:
        return (least, least)
    return (least, _demand(high) if high.strip() else None)


def _demand(text: str) -> int:
    number = parse_whole(text)
    if number is None or number < 0:
        raise ValueError(text)
    return number
