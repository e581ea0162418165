"""Attributes of NNVM's nodes: text as Python prints values, read by a small grammar of its own.

``(3, 3)``, ``[5L, 5L]`` (Python 2), ``(2,)``, ``True``, ``None``, ``1e-05``, ``'same'``: never
evaluated. dmlc parameters (dmlc-core, parameter.h) print them so, and MXNet's clients hand over
``str(value)``.
"""

from __future__ import annotations

import re
from typing import Final

Value = int | float | bool | str | None | tuple["Value", ...]

MAX_DEPTH: Final = 8
MAX_ITEMS: Final = 65536

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<open>[(\[])|(?P<close>[)\]])|(?P<comma>,)|"""
    r"""'(?P<single>[^'\\]*)'|"(?P<double>[^"\\]*)"|(?P<word>[^\s()\[\],'"]+))"""
)
_INTEGER: Final = re.compile(r"[+-]?\d{1,19}L?")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?|[+-]?(?:inf|nan)")
_CONSTANTS: Final[dict[str, Value]] = {"True": True, "False": False, "None": None}


def parse_value(text: str) -> Value:
    """The value that a text prints; the text itself where it prints none.

    Text that opens a tuple and does not close it is a text as well: what needs a tuple says so.
    """
    if text[:1] not in ("(", "["):
        return _parse_word(text.strip())
    found, end = _parse_tuple(text, 0, 1)
    return text if found is None or text[end:].strip() else found


def _parse_tuple(text: str, start: int, depth: int) -> tuple[tuple[Value, ...] | None, int]:
    """The items from an opening bracket to its closing one, and where that ends."""
    items: list[Value] = []
    opening = _TOKEN.match(text, start)
    position = start if opening is None else opening.end()
    while (token := _TOKEN.match(text, position)) is not None and len(items) <= MAX_ITEMS:
        position = token.end()
        match token.lastgroup:
            case "close":
                return tuple(items), position
            case "open":
                if depth == MAX_DEPTH:
                    break
                inner, position = _parse_tuple(text, token.start("open"), depth + 1)
                if inner is None:
                    break
                items.append(inner)
            case "word":
                items.append(_parse_word(token["word"]))
            case "single" | "double":
                items.append(token[token.lastgroup])
            case _:  # a comma
                pass
    return None, position


def _parse_word(word: str) -> Value:
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if _INTEGER.fullmatch(word):
        return int(word.removesuffix("L"))
    return float(word) if len(word) < 64 and _NUMBER.fullmatch(word) else word
