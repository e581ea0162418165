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

Kind = Literal["name", "number", "text", "sign", "line", "in", "out", "end"]
Token = tuple[Kind, str, int]
"""Kind, text, and the number of its line; a name may be a path with points in it."""

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


def list_tokens(text: str, first_line: int, what: str) -> Iterator[Token]:
    """All tokens of a text that begins at that line of the file called ``what``, one by one."""
    levels, brackets, line = [_indent(text, 0)], 0, first_line
    before = ""  # the kind of the last token
    for match in _TOKEN.finditer(text):
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
