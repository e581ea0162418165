"""Sizes that are expressions, as arithmetic over symbols.

PyTorch writes them by sympy's ``srepr``: ``Add(Symbol('s0', integer=True), Integer(1))``; until 2.6
or so as plain text, ``s0 + 1``, which stays as it is. What has no arithmetic form is ``ANY``.
"""

from __future__ import annotations

import re
from typing import Final

from cyborg_rr.domain.graph.graph import Dimension
from cyborg_rr.domain.graph.shapes import ANY

MAX_LENGTH: Final = 1024
MAX_DEPTH: Final = 12
MAX_POWER: Final = 4

_TOKEN: Final = re.compile(
    r"\s*([A-Za-z_][A-Za-z0-9_.]*|-?[0-9]{1,18}|'[A-Za-z0-9_]{1,60}'|[(),=])"
)
_WRITTEN: Final = re.compile(r"[A-Z][A-Za-z]*\(")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_ +*/(),-]{1,256}")
_JOINED: Final = {"Add": " + ", "Mul": "*", "FloorDiv": "//", "CleanDiv": "//", "IntTrueDiv": "//"}


class _NoArithmetic(Exception):
    """The expression has a form that no size arithmetic has."""


def parse_size(text: str) -> Dimension:
    """A number, the name of a symbol, or arithmetic over symbols."""
    if len(text) > MAX_LENGTH:
        return ANY
    try:
        rendered = _Expression(text).render() if _WRITTEN.match(text) else text.strip()
    except _NoArithmetic:
        return ANY
    digits = rendered.isascii() and rendered.isdigit() and len(rendered) < 19
    if digits:
        return int(rendered)
    return rendered if _PLAIN.fullmatch(rendered) else ANY


class _Expression:
    """Calls within calls, written again as arithmetic."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        self._place = 0
        position, text = 0, text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise _NoArithmetic
            self._tokens.append(match[1])
            position = match.end()

    def render(self) -> str:
        rendered = self._call(0)
        if self._place != len(self._tokens):
            raise _NoArithmetic
        return rendered[1:-1] if rendered.startswith("(") else rendered

    def _take(self, wanted: str | None = None) -> str:
        if self._place >= len(self._tokens):
            raise _NoArithmetic
        token = self._tokens[self._place]
        if wanted is not None and token != wanted:
            raise _NoArithmetic
        self._place += 1
        return token

    def _call(self, depth: int) -> str:
        if depth > MAX_DEPTH:
            raise _NoArithmetic
        name = self._take().rpartition(".")[2]
        self._take("(")
        if name in ("Symbol", "Integer"):
            return self._leaf(name)
        arguments = [self._call(depth + 1)]
        while (mark := self._take()) == ",":
            arguments.append(self._call(depth + 1))
        if mark != ")":
            raise _NoArithmetic
        return _join(name, arguments)

    def _leaf(self, name: str) -> str:
        """The name of a symbol, whose assumptions are passed over, or a number."""
        value = self._take()
        while self._take() != ")":
            pass
        return value.strip("'") if name == "Symbol" else value


def _join(name: str, arguments: list[str]) -> str:
    if name in _JOINED:
        return f"({_JOINED[name].join(arguments)})"
    if name in ("Max", "Min"):
        return f"{name}({', '.join(arguments)})"
    if name == "Pow" and len(arguments) == 2 and arguments[1].isdigit():
        power = int(arguments[1])
        if 0 < power <= MAX_POWER:
            return f"({'*'.join(arguments[:1] * power)})"
    raise _NoArithmetic
