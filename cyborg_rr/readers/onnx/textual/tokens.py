"""Tokens of ONNX's own syntax, read one by one; each byte is looked at once."""

from __future__ import annotations

import re
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote

_TOKEN: Final = re.compile(
    r"""\s*(?:\#[^\n]*(?:\n\s*|\Z))*(?:
    (?P<number>-?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]*)?|(?:inf|nan)(?:inity)?\b))
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<text>"(?:[^"\\]|\\.)*")
    |(?P<sign>=>|[<>()\[\]{},:=?.@|])
    |(?P<end>\Z))""",
    re.VERBOSE | re.DOTALL,
)
_LIST: Final = re.compile(r"\{[0-9eE+\-.,\sinfatyINFATY]*\}")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


class Tokens:
    """A text with the token that comes next."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self.kind = ""
        self.value = ""
        self.at = 0
        self.next()

    def next(self) -> str:
        """Pass over a token and give its text."""
        passed = self.value
        match = _TOKEN.match(self._text, self._place)
        kind = match.lastgroup if match is not None else None
        if match is None or kind is None:
            self.at = self._place
            raise self.refuse("is no ONNX text")
        self.kind, self.value = kind, match[kind]
        self.at, self._place = match.span(kind)
        return passed

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for what stands here."""
        line = self._text.count("\n", 0, self.at) + 1
        column = self.at - self._text.rfind("\n", 0, self.at)
        found = self._text[self.at : self.at + 20].split("\n")[0]
        return UnreadableModel(f"{quote(found)} at line {line}, column {column} {cause}")

    def is_(self, sign: str) -> bool:
        """Whether that sign comes next; no token of another kind looks like one."""
        return self.value == sign

    def take(self, sign: str) -> bool:
        """Pass over a sign where it comes next."""
        if self.value != sign:
            return False
        self.next()
        return True

    def want(self, sign: str) -> None:
        """Pass over a sign that has to come."""
        if not self.take(sign):
            raise self.refuse(f"should be {quote(sign)}")

    def name(self) -> str:
        """A name, bare or between quotes; words for numbers are names here too."""
        if self.kind == "name":
            return self.next()
        if self.kind == "text":
            return self.text()
        if self.kind != "number" or not self.value.isalpha():
            raise self.refuse("should be a name")
        return self.next()

    def text(self) -> str:
        """A text between quotes."""
        if self.kind != "text":
            raise self.refuse("should be a text")
        inner = self.next()[1:-1]
        return _ESCAPE.sub(r"\1", inner) if "\\" in inner else inner

    def integer(self) -> int:
        """A whole number of 64 bits."""
        digits = self.value.lstrip("-")
        if self.kind != "number" or not digits.isdigit() or len(digits) > 20:
            raise self.refuse("should be a whole number of 64 bits")
        return int(self.next())

    def numbers(self) -> list[str]:
        """What stands in braces, when that is numbers with commas between them."""
        match = _LIST.match(self._text, self.at)
        if match is None:
            raise self.refuse("should be a list of numbers")
        self._place = match.end()
        self.next()
        inner = match[0][1:-1].strip().removesuffix(",")
        return [part.strip() for part in inner.split(",")] if inner else []
