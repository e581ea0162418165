"""Tokens of MLIR text, read from the file's bytes one at a time so that weights stay on disk.

No pattern here can backtrack: every repetition is possessive, so the time is linear.
"""

from __future__ import annotations

import re
from typing import NoReturn

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Buffer

VALUE, TENSOR, LOCATION, WORD, NUMBER, STRING, SYMBOL, ALIAS, LABEL, MARK, END = range(1, 12)
"""Kinds of token: %x, tensor<2xf32>, loc(#l), bare.word, 12, "text", @f, #a or !a, ^bb0, mark."""

MAX_NAME_LENGTH = 1024
MAX_NESTING = 128

_TOKEN = re.compile(
    rb"[ \t\r\n]*+(?:"
    rb"(%[A-Za-z0-9_$.\-]++(?:#[0-9]++)?+)"
    rb"|(tensor<[-*?0-9A-Za-z]*+>)"
    rb"|(loc\(#[A-Za-z0-9_]*+\))"
    rb"|([A-Za-z_][A-Za-z0-9_$.]*+)"
    rb"|(-?+(?:0x[0-9A-Fa-f]++|[0-9]++(?:\.[0-9]*+)?+(?:[eE][-+]?+[0-9]++)?+))"
    rb'|("[^"\\\n]*+")'
    rb'|(@(?:[A-Za-z0-9_$.\-]++|"[^"\\\n]*+"))'
    rb"|([#!][A-Za-z_][A-Za-z0-9_$.]*+)"
    rb"|(\^[A-Za-z0-9_$.\-]++)"
    rb"|(->|::|\{-#|#-\}|[\[\](){}<>,:=*+?|&;-]|/(?!/))"
    rb")"
)
_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"(?:[^"\\\n]++|\\[^\n])*+"')
_ANGLE = re.compile(rb'->|[<>"]')


class Scanner:
    """A cursor over the tokens; ``kind`` and ``token`` are those under the cursor."""

    __slots__ = ("data", "end", "kind", "previous_end", "start", "token")

    def __init__(self, data: Buffer) -> None:
        self.data = data
        self.previous_end = self.start = 0
        self.end = 3 if data[:3] == b"\xef\xbb\xbf" else 0
        self.kind = END
        self.token = b""
        self.advance()

    def advance(self) -> None:
        """Step to the next token; comments count as space."""
        self.previous_end = self.end
        match = _TOKEN.match(self.data, self.end)
        if match is None:
            self._advance_oddly()
            return
        kind = self.kind = match.lastindex or END
        self.token = match[kind]
        self.start, self.end = match.span(kind)
        if self.end - self.start > MAX_NAME_LENGTH and kind not in (STRING, NUMBER):
            self.fail(f"a name is longer than {MAX_NAME_LENGTH} characters")

    def _advance_oddly(self) -> None:
        data, position = self.data, self.end
        while True:
            space = _SPACE.match(data, position)
            position = space.end() if space else position
            if data[position : position + 2] != b"//":
                break
            newline = data.find(b"\n", position)
            position = len(data) if newline < 0 else newline
        self.start = self.end = position
        if position >= len(data):
            self.kind, self.token = END, b""
            return
        first = data[position : position + 1]
        if first == b'"' or data[position : position + 2] == b'@"':
            self.end = self._find_string_end(position + (first == b"@"))
            self.kind, self.token = (STRING if first == b'"' else SYMBOL), data[position : self.end]
            return
        if not _TOKEN.match(data, position):
            self.fail(f"unexpected character {repr(first)[1:]}")
        previous = self.previous_end
        self.advance()
        self.previous_end = previous

    def _find_string_end(self, start: int) -> int:
        """The offset behind the closing quote of a string that has escapes."""
        match = _STRING.match(self.data, start)
        if match is None:
            self.fail("a string is not closed", start)
        return match.end()

    def jump(self, position: int) -> None:
        """Go on behind ``position``, whatever stands before it."""
        self.end = position
        self.advance()

    def accept(self, token: bytes) -> bool:
        """Step over the token if it is the one under the cursor."""
        if self.token != token:
            return False
        self.advance()
        return True

    def expect(self, token: bytes) -> None:
        """Step over the token; anything else is an error."""
        if self.token != token:
            self.fail(f"expected {token.decode()!r} and found {self.describe()}")
        self.advance()

    def describe(self) -> str:
        """The token under the cursor, short enough for a message."""
        if self.kind == END:
            return "the end of the file"
        return repr(self.token[:40].decode("utf-8", "replace"))

    def after_newline(self) -> bool:
        """Whether the token under the cursor stands on a later line than the one before it."""
        return self.data.find(b"\n", self.previous_end, self.start) >= 0

    def find_angle_end(self, start: int) -> int:
        """The offset behind the ``>`` that closes the ``<`` at ``start``."""
        data, depth, position = self.data, 0, start
        while True:
            match = _ANGLE.search(data, position)
            if match is None:
                self.fail("'<' is not closed", start)
            mark, position = match[0], match.end()
            if mark == b"<":
                depth += 1
                if depth > MAX_NESTING:
                    self.fail(f"nesting exceeds {MAX_NESTING}", match.start())
            elif mark == b">":
                depth -= 1
                if depth == 0:
                    return position
            elif mark == b'"':
                position = self._find_string_end(match.start())

    def fail(self, cause: str, position: int | None = None) -> NoReturn:
        """Refuse the file and say where."""
        raise UnreadableModel(f"{cause} at {self.place(position)}")

    def place(self, position: int | None = None) -> str:
        """Line and column of an offset (that of the token under the cursor if None)."""
        offset = self.start if position is None else position
        line, last, chunk = 1, -1, 1 << 20
        for begin in range(0, offset, chunk):
            part = self.data[begin : min(begin + chunk, offset)]
            line += part.count(b"\n")
            newline = part.rfind(b"\n")
            last = begin + newline if newline >= 0 else last
        return f"line {line}, column {offset - last}"


def parse_string(token: bytes) -> str:
    """The text of a quoted token without its escapes (a letter or two hexadecimal digits).

    What a terminal could act on stands in it as an escape again.
    """
    body = token[1:-1]
    if b"\\" in body:
        body = re.sub(rb"\\([0-9A-Fa-f]{2}|.)", _unescape, body, flags=re.DOTALL)
    return printable(body)


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if len(code) == 2:
        return bytes((int(code, 16),))
    return {b"n": b"\n", b"t": b"\t"}.get(code, code)
