"""Tokens of TorchScript, with lines that begin deeper or less deep told by tokens of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from sys import intern
from typing import Final, Literal

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote

MAX_LEVELS: Final = 64
"""Blocks within blocks: generated code is a few dozen deep at most."""

Kind = Literal["name", "number", "text", "sign", "line", "in", "out", "end", "call"]
Token = tuple[Kind, str, int]
"""Kind, text, and the number of its line; a name may be a path with points in it.

A line such as ``x = torch.add(y, self.z, alpha=1)``, as nine of ten are, is one token: a call.
"""

_WORDS: Final[Mapping[str, Kind]] = {"name": "name", "number": "number", "text": "text"}
_TOKEN: Final = re.compile(
    r"""(?:[ \t\r\f]|\\\n|\#[^\n]*)*+
    (?:(?P<name>[A-Za-z_][A-Za-z0-9_]*+(?:\.[A-Za-z_][A-Za-z0-9_]*+)*+)
    |(?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?j?)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<line>\n)
    |(?P<sign>->|\*\*|//|<<|>>|[<>=!]=|[-+*/%@&|^~<>=()\[\]{},:.;])
    |(?P<end>\Z)
    |(?P<wrong>.))""",
    re.VERBOSE | re.DOTALL,
)
_PATH: Final = r"[A-Za-z_][A-Za-z0-9_]*+(?:\.[A-Za-z_][A-Za-z0-9_]*+)*+"
_WORD: Final = (
    rf"(?:(?!not\b){_PATH}"
    r"|-?+[0-9]{1,18}+(?:\.[0-9]{0,40}+)?+(?:[eE][+-]?+[0-9]{1,3}+)?+(?![A-Za-z0-9_.]))"
)
_GAP: Final = r",[ \n]{1,200}+"
_GIVEN: Final = rf"(?:[A-Za-z_][A-Za-z0-9_]*+=)?+(?:\[(?:{_WORD}(?:{_GAP}{_WORD})*+)?+\]|{_WORD})"
_CALL: Final = re.compile(
    rf"[ ]*+([A-Za-z_][A-Za-z0-9_]*+ = {_PATH}\((?:{_GIVEN}(?:{_GAP}{_GIVEN})*+)?+\))[ \t\r]*+\n"
)


def list_tokens(text: str, first_line: int, what: str) -> Iterator[Token]:
    """All tokens of a text that begins at that line of the file called ``what``, one by one."""
    levels, brackets, line = [_indent(text, 0)], 0, first_line
    before = ""  # the kind of the last token
    matches = _TOKEN.finditer(text)
    while (match := next(matches, None)) is not None:
        kind = match.lastgroup or ""
        word = _WORDS.get(kind)
        if word is not None:
            before = word
            yield word, intern(match[word]), line
        elif kind == "sign":
            before, sign = kind, match[kind]
            if sign in "([{":
                brackets += 1
            elif sign in ")]}":
                brackets -= 1
            yield "sign", sign, line
        elif kind == "line":
            line += 1
            if brackets:
                continue
            if before not in ("", "line"):
                before = "line"
                yield "line", "", line - 1
            for step in _indent_to(levels, text, match.end(), line, what):
                before = step
                yield step, "", line
            start = match.end()
            while (call := _CALL.match(text, start)) and call.start(1) - start == levels[-1]:
                yield "call", call[1], line
                before, start, line = "line", call.end(), line + call[0].count("\n")
                for step in _indent_to(levels, text, start, line, what):
                    before = step
                    yield step, "", line
            if start != match.end():
                matches = _TOKEN.finditer(text, start)
        elif kind == "wrong":
            wrong = quote(match["wrong"])
            raise UnreadableModel(f"line {line} of {what} has {wrong}: no TorchScript")
    if before not in ("", "line", "out"):
        yield "line", "", line
    for _ in levels[1:]:
        yield "out", "", line
    yield "end", "", line


def _indent(text: str, place: int) -> int:
    start = place
    while text[place : place + 1] == " ":
        place += 1
    return place - start


def _indent_to(
    levels: list[int], text: str, place: int, line: int, what: str
) -> list[Literal["in", "out"]]:
    """Blocks that begin or end where the next line stands; an empty line says nothing."""
    deep = _indent(text, place)
    if deep == levels[-1] or text[place + deep : place + deep + 1] in ("\n", "\r", "#", ""):
        return []
    if deep > levels[-1]:
        levels.append(deep)
        if len(levels) > MAX_LEVELS:
            raise UnreadableModel(f"line {line} of {what} is more than {MAX_LEVELS} blocks deep")
        return ["in"]
    ended: list[Literal["in", "out"]] = []
    while deep < levels[-1] and len(levels) > 1:
        levels.pop()
        ended.append("out")
    return ended
