"""Tokens of TorchScript, with lines that begin deeper or less deep told by tokens of their own."""

from __future__ import annotations

import re
from typing import Final, Literal

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote

MAX_LEVELS: Final = 64
"""Blocks within blocks: generated code is a few dozen deep at most."""

Kind = Literal["name", "number", "text", "sign", "line", "in", "out", "end"]
Token = tuple[Kind, str, int]
"""Kind, text, and the number of its line."""

_TOKEN: Final = re.compile(
    r"""(?:[ \t\r\f]|\\\n|\#[^\n]*)*+
    (?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?j?)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<line>\n)
    |(?P<sign>->|\*\*|//|<<|>>|[<>=!]=|[-+*/%@&|^~<>=()\[\]{},:.;])
    |(?P<end>\Z)
    |(?P<wrong>.))""",
    re.VERBOSE | re.DOTALL,
)


def list_tokens(text: str, first_line: int, what: str) -> list[Token]:
    """All tokens of a text that begins at that line of the file called ``what``."""
    tokens: list[Token] = []
    levels, brackets, line = [_indent(text, 0)], 0, first_line
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "line":
            line += 1
            if not brackets and tokens and tokens[-1][0] != "line":
                tokens.append(("line", "", line - 1))
            if not brackets:
                _indent_to(tokens, levels, text, match.end(), line, what)
        elif kind == "sign":
            sign = match["sign"]
            brackets += (sign in "([{") - (sign in ")]}")
            tokens.append(("sign", sign, line))
        elif kind == "name":
            tokens.append(("name", match["name"], line))
        elif kind == "number":
            tokens.append(("number", match["number"], line))
        elif kind == "text":
            tokens.append(("text", match["text"], line))
        elif kind == "wrong":
            wrong = quote(match["wrong"])
            raise UnreadableModel(f"line {line} of {what} has {wrong}: no TorchScript")
    if tokens and tokens[-1][0] not in ("line", "out"):
        tokens.append(("line", "", line))
    tokens += [("out", "", line)] * (len(levels) - 1)
    tokens.append(("end", "", line))
    return tokens


def _indent(text: str, place: int) -> int:
    start = place
    while text[place : place + 1] == " ":
        place += 1
    return place - start


def _indent_to(
    tokens: list[Token], levels: list[int], text: str, place: int, line: int, what: str
) -> None:
    """Blocks that begin or end where the next line stands; an empty line says nothing."""
    deep = _indent(text, place)
    if text[place + deep : place + deep + 1] in ("\n", "\r", "#", ""):
        return
    if deep > levels[-1]:
        levels.append(deep)
        tokens.append(("in", "", line))
        if len(levels) > MAX_LEVELS:
            raise UnreadableModel(f"line {line} of {what} is more than {MAX_LEVELS} blocks deep")
    while deep < levels[-1] and len(levels) > 1:
        levels.pop()
        tokens.append(("out", "", line))
