"""Sizes of symbols: a dimension may be named ``batch`` or by arithmetic such as ``past + 2*new``.

Exporters write such names; once the single symbols are bound, the arithmetic has a value, and a
largest value once each symbol has one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cyborg_rr.domain.graph.bounds import Bounded
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.shapes import ANY, MAX_ELEMENTS

_TOKEN = re.compile(r"\s*(?:(\d{1,19})|([A-Za-z_][A-Za-z0-9_.:]*)|(//|[-+*/(),]))", re.ASCII)
_ARITHMETIC = re.compile(r"[-+*/()]", re.ASCII)
_MAX_LENGTH = 256
_MAX_DEPTH = 16
_Range = tuple[int, int]


class _NotArithmetic(Exception):
    """The name is just a name, or a part of it is not bound."""


def find_size(name: str, sizes: Mapping[str, int]) -> int | None:
    """The size of a dimension's name: bound itself, or arithmetic over bound symbols."""
    size = sizes.get(name)
    if size is not None or not sizes:
        return size
    low, high = _find_range(name, {symbol: (size, size) for symbol, size in sizes.items()})
    return high if low == high else None


def find_most(name: str, sizes: Mapping[str, int], bounds: Mapping[str, int]) -> int | None:
    """The largest value of a dimension's name, where symbols have sizes or largest values."""
    if name in bounds or not bounds:
        return bounds.get(name)
    ranges = {symbol: (0, most) for symbol, most in bounds.items()}
    ranges.update((symbol, (size, size)) for symbol, size in sizes.items())
    return _find_range(name, ranges)[1]


def _find_range(name: str, ranges: Mapping[str, _Range]) -> tuple[int | None, int | None]:
    """The least and largest value of arithmetic, None where a part of the name is not known."""
    if len(name) > _MAX_LENGTH or not _ARITHMETIC.search(name):
        return None, None
    try:
        return _Parser(name, ranges).parse()
    except _NotArithmetic:
        return None, None


def list_symbols(name: str) -> list[str]:
    """The symbols that a dimension's name is made of: itself, or those of its arithmetic."""
    if name in ("", ANY):
        return []
    if not _ARITHMETIC.search(name):
        return [name]
    words = _split(name)
    if words is None:
        return [name]
    following = [*words[1:], ""]
    return [
        word
        for word, after in zip(words, following, strict=True)
        if (word[0].isalpha() or word[0] == "_") and after != "("
    ]


def is_plain_symbol(name: str) -> bool:
    """Whether a dimension's name is one symbol rather than arithmetic or an unnamed size."""
    return list_symbols(name) == [name]


def substitute(tensor: TensorType, sizes: Mapping[str, int]) -> TensorType:
    """The type with every bound symbol replaced by its size."""
    shape = tensor.shape
    if shape is None or not sizes or all(isinstance(dimension, int) for dimension in shape):
        return tensor

    def bind(dimension: Dimension) -> Dimension:
        if isinstance(dimension, int):
            return dimension
        size = find_size(dimension, sizes)
        return dimension if size is None else size

    return TensorType(tensor.element_type, tuple(bind(dimension) for dimension in shape))


def limit(tensor: TensorType, sizes: Mapping[str, int], bounds: Mapping[str, int]) -> TensorType:
    """The type with the largest value of each symbol that has one."""
    if not bounds or tensor.shape is None:
        return tensor

    def bind(dimension: Dimension) -> Dimension:
        if isinstance(dimension, (int, Bounded)):
            return dimension
        most = find_most(dimension, sizes, bounds)
        return dimension if most is None else Bounded(dimension, most)

    return TensorType(tensor.element_type, tuple(bind(dimension) for dimension in tensor.shape))


def _split(text: str) -> list[str] | None:
    """The tokens of arithmetic, or None where something else stands in it."""
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        tokens.append(match.group().strip())
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent over ``+ - * / // ( )``, ``Max``, ``Min`` and ``floor``, in ranges."""

    def __init__(self, text: str, ranges: Mapping[str, _Range]) -> None:
        tokens = _split(text)
        if tokens is None:
            raise _NotArithmetic
        self._tokens = tokens
        self._ranges = ranges
        self._position = 0
        self._depth = 0

    def parse(self) -> _Range:
        low, high = self._sum()
        if self._position != len(self._tokens) or not 0 <= high <= MAX_ELEMENTS:
            raise _NotArithmetic
        return low, high

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _take(self, expected: str | None = None) -> str:
        token = self._peek()
        if not token or (expected is not None and token != expected):
            raise _NotArithmetic
        self._position += 1
        return token

    def _sum(self) -> _Range:
        low, high = self._product()
        while self._peek() in ("+", "-"):
            plus = self._take() == "+"
            least, most = self._product()
            low, high = (low + least, high + most) if plus else (low - most, high - least)
        return low, high

    def _product(self) -> _Range:
        value = self._factor()
        while self._peek() in ("*", "/", "//"):
            operator, right = self._take(), self._factor()
            ends = (
                [a * b for a in value for b in right] if operator == "*" else _ratios(value, right)
            )
            value = min(ends), max(ends)
            if max(map(abs, value)) > MAX_ELEMENTS:
                raise _NotArithmetic
        return value

    def _factor(self) -> _Range:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _NotArithmetic
        word = self._take()
        if word == "-":
            low, high = self._factor()
            value = -high, -low
        elif word == "(":
            value = self._sum()
            self._take(")")
        elif word.isdigit():
            value = int(word), int(word)
        elif self._peek() == "(":
            value = self._call(word.lower())
        elif word in self._ranges:
            value = self._ranges[word]
        else:
            raise _NotArithmetic
        self._depth -= 1
        return value

    def _call(self, function: str) -> _Range:
        self._take("(")
        arguments = [self._sum()]
        while self._peek() == ",":
            self._take()
            arguments.append(self._sum())
        self._take(")")
        if function == "floor" and len(arguments) == 1:
            return arguments[0]
        pick = {"max": max, "min": min}.get(function)
        if pick is None:
            raise _NotArithmetic
        return pick(low for low, _ in arguments), pick(high for _, high in arguments)


def _ratios(above: _Range, below: _Range) -> list[int]:
    """Quotients of the ends; a divisor is never 0, so the least of a size is 1."""
    low, high = below
    low = 1 if low == 0 and high > 0 else low
    if low <= 0 <= high:
        raise _NotArithmetic
    return [a // b for a in above for b in (low, high)]
