"""The values of constants in HLO text, such as ``{ { 1, 2 }, { 3, -inf } }``."""

from __future__ import annotations

import re
from typing import Final

from cyborg_rr.domain.graph.graph import SMALL_CONSTANT_ELEMENTS, Scalar, TensorType
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.hlo.module import HloType, Literal
from cyborg_rr.readers.reading.source import Buffer

UNREAD: Final = Literal(None, splat=False)
_BYTES_PER_ELEMENT = 64
"""Text that one element may take; what is longer is not looked into."""

_WORD = re.compile(rb"[^\s{},]++")
_ELIDED = b"{...}"


def read_literal(data: Buffer, start: int, stop: int, type_: HloType) -> Literal:
    """The literal between two positions; only small ones are looked into."""
    if not isinstance(type_, TensorType):
        return UNREAD
    if stop - start < _BYTES_PER_ELEMENT and bytes(data[start:stop]).strip() == _ELIDED:
        return Literal(None, splat=False, elided=True)
    count = type_.elements
    known = find_element_type(type_.element_type)
    if count is None or known is None or known.family == "complex":
        return UNREAD
    if count > SMALL_CONSTANT_ELEMENTS or stop - start > _BYTES_PER_ELEMENT * (count + 1):
        return UNREAD
    words = _WORD.findall(data, start, stop)
    if len(words) != count:
        return UNREAD
    try:
        values = tuple(_read_number(word, known.is_whole) for word in words)
    except (ValueError, OverflowError):
        return UNREAD
    splat = count > 1 and len(set(words)) == 1
    return Literal(values[:1] if splat else values, splat)


def _read_number(word: bytes, is_whole: bool) -> Scalar:
    if word in (b"true", b"false"):
        return word == b"true"
    return int(word) if is_whole else float(word)
