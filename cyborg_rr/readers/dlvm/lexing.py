"""The words of a file, one after the other; the signs are those of ``Sources/DLParse/Lex.swift``.

Ends of lines are no words here: no instruction needs them to tell where it ends.
"""

from __future__ import annotations

import re
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote

_WORD: Final = re.compile(
    r"""(?:\s++|//[^\n]*+)*+(?:
    (?P<name>[%@$\#?'!][A-Za-z0-9_.^]+)
    |(?P<sign>->|[()\[\]<>{}:=,*])
    |(?P<text>"(?:[^"\\\n]|\\[^\n])*+")
    |(?P<number>-?[0-9]++(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_.]*)
    |(?P<end>\Z))""",
    re.VERBOSE,
)
_FIXED: Final = frozenset({"word", "sign"})
_MAX_DIGITS: Final = 40
_SIZE_LIMIT: Final = 1 << 63


class Cursor:
    """A place in the text, with the word that stands there."""

    __slots__ = ("_next", "_text", "kind", "start", "word")

    def __init__(self, text: str) -> None:
        self._text, self._next = text, 0
        self.kind, self.word, self.start = "", "", 0
        self.take()

    def take(self) -> str:
        """Go on by a word and give the one that stood here."""
        taken, found = self.word, _WORD.match(self._text, self._next)
        kind = None if found is None else found.lastgroup
        if found is None or kind is None:
            self.start = self._next
            self.kind, self.word = "stray", self._text[self._next : self._next + 40].strip()[:8]
            raise self.refuse("a word of DLVM")
        self.kind, self.word = kind, found[kind]
        self.start, self._next = found.span(kind)
        return taken

    def look_at(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What a pattern finds from this word on."""
        return pattern.match(self._text, self.start)

    def pass_to(self, position: int) -> None:
        """Go on at a place behind this word."""
        self._next = position
        self.take()

    def has(self, word: str) -> bool:
        """Whether that word stands here; go on if so."""
        if self.word == word and self.kind in _FIXED:
            self.take()
            return True
        return False

    def demand(self, word: str) -> None:
        """Go on by that word, which has to stand here."""
        if self.word != word or self.kind not in _FIXED:
            raise self.refuse(quote(word))
        self.take()

    def take_name(self, sign: str, what: str) -> str:
        """A name that begins with a sign."""
        if self.kind != "name" or self.word[0] != sign:
            raise self.refuse(what)
        return self.take()

    def take_text(self) -> str:
        """What stands in quotes."""
        if self.kind != "text":
            raise self.refuse("a text in quotes")
        return self.take()[1:-1]

    def take_integer(self) -> int:
        """A whole number."""
        if self.kind != "number" or not self.word.lstrip("-").isdigit():
            raise self.refuse("a whole number")
        if len(self.word) > _MAX_DIGITS or abs(int(self.word)) >= _SIZE_LIMIT:
            raise UnreadableModel(f"a number exceeds 2**63 at {self.place()}")
        return int(self.take())

    def take_number(self) -> int | float:
        """A number."""
        if len(self.word) <= _MAX_DIGITS and self.word.lstrip("-").isdigit():
            return int(self.take())
        return float(self.take())

    def place(self, start: int | None = None) -> str:
        """Line and column, for messages."""
        at = self.start if start is None else start
        before = self._text.rfind("\n", 0, at)
        return f"line {self._text.count(chr(10), 0, at) + 1}, column {at - before}"

    def refuse(self, wanted: str) -> UnreadableModel:
        """The refusal: something else had to stand here."""
        found = "the file ends" if self.kind == "end" else f"{quote(self.word)} stands"
        return UnreadableModel(f"{found} where {wanted} has to be, at {self.place()}")
