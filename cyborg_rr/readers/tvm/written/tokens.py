"""Tokens of a text, one at a time: nothing is kept of what was passed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Scalar
from cyborg_rr.domain.graph.naming import quote

Plain = Scalar | str | None | tuple["Plain", ...] | Mapping[str, "Plain"]
"""What is written as it is: a number, a text, a list of such."""

MAX_DEPTH: Final = 64
"""Brackets, blocks and functions within one another: each costs frames of the interpreter."""

MAX_DIGITS: Final = 20

_PLACE_BYTES: Final = 1 << 20


class Tokens:
    """A text and the token that is looked at; its kind is the name of its group in the pattern.

    ``skipped`` are kinds that are passed over. At the end the kind is ``end`` and the text empty.
    """

    def __init__(
        self, text: str, pattern: re.Pattern[str], start: int = 0, stop: int | None = None
    ) -> None:
        self.source = text
        self._match: Callable[..., re.Match[str] | None] = pattern.match
        self._stop = len(text) if stop is None else stop
        self.depth = 0
        self.kind = ""
        self.text = ""
        self.start = self.end = start
        self.advance()

    def advance(self) -> str:
        """Go to the next token; the text of the one that was passed."""
        passed = self.text
        match = self._match(self.source, self.end, self._stop)
        if match is None:
            self.start = self.end
            raise self.refuse("cannot be read")
        group = match.lastgroup
        if group is None:
            self.start = self.end = match.end()
            if self.end < self._stop:
                raise self.refuse("cannot be read")
            self.kind, self.text = "end", ""
        else:
            self.kind, self.text = group, match[group]
            self.start, self.end = match.span(group)
        return passed

    def take(self, text: str) -> None:
        """Pass a token that has to be there."""
        if self.text != text or self.kind == "string":
            raise self.refuse(f"expected {text!r}")
        self.advance()

    def passes(self, text: str) -> bool:
        """Pass a token if it is there."""
        if self.text != text or self.kind == "string":
            return False
        self.advance()
        return True

    def get(self, kind: str) -> str:
        """The text of a token of a kind that has to be there, which is passed."""
        if self.kind != kind:
            raise self.refuse(f"expected a {kind}")
        return self.advance()

    def enter(self) -> None:
        """Note that one goes deeper; refuses what is nested too deep."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.refuse(f"is nested more than {MAX_DEPTH} deep")

    def leave(self) -> None:
        """Note that one comes back."""
        self.depth -= 1

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for the token that is looked at."""
        shown = (
            quote(self.text or self.source[self.start : self.start + 20])
            if (self.kind != "end")
            else "the end"
        )
        return UnreadableModel(f"{shown} at {place(self.source, self.start)}: {cause}")


def place(text: str, position: int) -> str:
    """Line and column of a position."""
    line = text.count("\n", 0, position) + 1
    return f"line {line}, column {position - text.rfind(chr(10), 0, position)}"


def parse_integer(digits: str) -> int:
    """A whole number of 64 bits or so; ``UnreadableModel`` for one that is longer."""
    if len(digits) > MAX_DIGITS:
        raise UnreadableModel(f"a number has more than {MAX_DIGITS} digits")
    if not (digits.isascii() and digits.isdigit()):
        raise UnreadableModel(f"{quote(digits)} is no whole number")
    return int(digits)


def parse_float(text: str) -> float:
    """A number; ``UnreadableModel`` for one of absurd length."""
    if len(text) > 64:
        raise UnreadableModel("a number has more than 64 characters")
    return float(text)


def unescape(literal: str) -> str:
    """The content of a string token: an escaped quote or backslash is itself, others stay."""
    inner = literal[1:-1]
    return re.sub(r'\\(["\'\\])', r"\1", inner) if "\\" in inner else inner


_PLAIN: Final = re.compile(
    r"(\w+)=(?:(True|False|None)|(-?\d{1,18})|(-?\d{1,20}\.\d{0,40}(?:e[+-]?\d{1,4})?)f?"
    r"|\"([^\"\\\n]*+)\"|\[((?:-?\d{1,18}(?:, -?\d{1,18})*+)?+)\])(?:,\s*+|(?=\)))"
)
_WORDS: Final[dict[str, Plain]] = {"True": True, "False": False, "None": None}


def take_plain(tokens: Tokens, attributes: dict[str, Plain]) -> bool:
    """Pass attributes whose values are numbers, texts or lists of whole numbers, and their commas.

    Most are, and going through their tokens would take most of the time of reading.
    """
    match = _PLAIN.match(tokens.source, tokens.start)
    if match is None:
        return False
    while match is not None:
        key, word, whole, number, text, listed = match.groups()
        if word is not None:
            attributes[key] = _WORDS[word]
        elif whole is not None:
            attributes[key] = int(whole)
        elif number is not None:
            attributes[key] = float(number)
        elif text is not None:
            attributes[key] = text
        else:
            attributes[key] = tuple(map(int, filter(None, listed.split(", "))))
        end = match.end()
        match = _PLAIN.match(tokens.source, end)
    tokens.end, tokens.kind, tokens.text = end, "", ""
    tokens.advance()
    return True
