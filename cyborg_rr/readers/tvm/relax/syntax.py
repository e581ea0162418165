"""Tokens and types of TVMScript, as far as Relax goes.

What ``mod.script()`` prints (src/script/printer/relax of TVM 0.12 to 0.27). It is Python by its
looks and is read as text, by a grammar of its own: nothing here compiles or runs it, and it reads
the same under every Python. Names are those of the model's tensors, so that some begin with digits,
which no Python would read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.shapes import ANY
from cyborg_rr.readers.tvm.written.tokens import Tokens, parse_integer, unescape
from cyborg_rr.readers.tvm.written.types import (
    OtherType,
    TupleType,
    ValueType,
    find_element,
    make_tensor,
)

PATTERN: Final = re.compile(
    r"""(?:[ \t\r\f]++|\#[^\n]*+|\\\r?\n)*+
    (?:(?P<line>\n(?:[ \t\r]*+(?:\#[^\n]*+)?\n)*+[ \t]*+)
    |(?P<name>(?:[A-Za-z_]|\d++(?=[A-Za-z_])(?![eE](?:[+-]\d|\d++(?!\w))))\w*+(?:\.[A-Za-z_]\w*+)*+)
    |(?P<number>\d++(?:\.\d*+)?(?:[eE][+-]?\d++)?)
    |(?P<string>"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+')
    |(?P<mark>->|==|!=|>=|<=|//|\*\*|[()\[\]{},:;=<>+\-*/%.@&|^~]))?""",
    re.VERBOSE,
)

_PLAIN_TENSOR: Final = re.compile(
    r'R\.Tensor\(\(([^()]{0,400})\)(?:,\s*(?:dtype=)?"(\w{1,24})")?\)'
)
_SIZE: Final = re.compile(r"""\s*(?:(\d{1,18})|"?([A-Za-z_]\w{0,62})"?)\s*""")
_EXPRESSION: Final = re.compile(r"[A-Za-z0-9_ +*/()-]{1,200}")
_BUFFER: Final = re.compile(
    r'(\w++): T\.Buffer\(\(((?:[^()"\n]|\(\w*+\))*+)\), "(\w{1,24})"[^)\n]*+\)'
)
_OTHER_PARAMETER: Final = re.compile(r"\w++: T\.(?!Buffer)")
TYPES: Final = frozenset(
    {"R.Tensor", "R.Tuple", "R.Shape", "R.Prim", "R.Object", "R.Callable", "R.DTensor", "R.Any"}
)
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")


class ScriptTokens(Tokens):
    """Tokens of a script: ends of lines count outside of brackets only.

    ``indent`` is how far the line is indented that is looked at.
    """

    def __init__(self, text: str) -> None:
        self.brackets = 0
        self.indent = 0
        super().__init__(text, PATTERN)

    def advance(self) -> str:
        """Go to the next token; ends of lines within brackets are passed over."""
        if self.kind == "mark":
            if self.text in _OPENING:
                self.brackets += 1
            elif self.text in _CLOSING:
                self.brackets = max(self.brackets - 1, 0)
        passed = Tokens.advance(self)  # not super(), which is made anew for each token
        while self.kind == "line":
            if self.brackets == 0:
                self.indent = len(self.text) - self.text.rfind("\n") - 1
                break
            Tokens.advance(self)
        return passed

    def jump(self, position: int) -> None:
        """Go on at a position behind the token that is looked at, outside of brackets."""
        self.end, self.kind, self.text = position, "", ""
        self.advance()

    def skip_line(self) -> None:
        """Pass over the rest of a statement."""
        while self.kind not in ("line", "end"):
            self.advance()

    def skip_block(self, indent: int) -> None:
        """Pass over all lines that are indented further, without looking at what is in them."""
        end = _find_block_end(indent).search(self.source, self.start)
        self.brackets = 0
        self.jump(len(self.source) if end is None else end.start())

    def skip_brackets(self) -> None:
        """Pass over a bracket and all that is in it."""
        wanted = self.brackets
        self.advance()
        while self.brackets > wanted:
            if self.kind == "end":
                raise self.refuse("a bracket is not closed")
            self.advance()


@lru_cache(maxsize=64)
def _find_block_end(indent: int) -> re.Pattern[str]:
    """The end of the line before one that is indented no further."""
    return re.compile(rf"\n(?=[ \t]{{0,{min(indent, 256)}}}[^ \t\r\n#])")


def parse_type(tokens: ScriptTokens) -> ValueType:
    """The type that begins with the token that is looked at."""
    match = _PLAIN_TENSOR.match(tokens.source, tokens.start)
    if match is not None:
        found = _find_plain(match[1], match[2])
        if found is not None:
            tokens.jump(match.end())
            return found
    tokens.enter()
    found_type = _parse_type(tokens)
    tokens.leave()
    return found_type


@lru_cache(maxsize=4096)
def _find_plain(sizes: str, element: str | None) -> TensorType | None:
    """A tensor of plain numbers and names; None for any other."""
    dimensions: list[Dimension] = []
    for each in sizes.rstrip().removesuffix(",").split(",") if sizes.strip() else ():
        match = _SIZE.fullmatch(each)
        if match is None:
            return None
        dimensions.append(int(match[1]) if match[1] else match[2])
    return make_tensor(None if element is None else find_element(element), dimensions)


def _parse_type(tokens: ScriptTokens) -> ValueType:
    name = tokens.get("name")
    if tokens.text != "(":
        if name == "R.Tensor":
            return TensorType(None, None)
        return OtherType(name.removeprefix("R."))
    if name in ("R.Tensor", "R.DTensor"):
        return _parse_tensor(tokens)
    if name == "R.Tuple":
        return TupleType(tuple(_parse_fields(tokens)))
    if name == "R.Prim":
        return _parse_number_type(tokens)
    tokens.skip_brackets()
    return OtherType(name.removeprefix("R."))


def _parse_fields(tokens: ScriptTokens) -> list[ValueType]:
    tokens.take("(")
    is_listed = tokens.passes("[")
    fields: list[ValueType] = []
    while tokens.text not in (")", "]"):
        fields.append(parse_type(tokens))
        if not tokens.passes(",") and tokens.text not in (")", "]"):
            raise tokens.refuse("expected ',' or ')' in a type")
    if is_listed:
        tokens.take("]")
    tokens.take(")")
    return fields


def _parse_number_type(tokens: ScriptTokens) -> ValueType:
    tokens.take("(")
    element = None
    while not tokens.passes(")"):
        if tokens.kind == "end":
            raise tokens.refuse("expected ')'")
        if tokens.kind == "string":
            element = find_element(unescape(tokens.text))
        tokens.advance()
    return TensorType(element or "i64", ())


def _parse_tensor(tokens: ScriptTokens) -> ValueType:
    tokens.take("(")
    sizes: list[Dimension] | None = None
    element, rank = None, None
    while not tokens.passes(")"):
        key = ""
        if tokens.kind == "name" and tokens.text in ("shape", "dtype", "ndim", "vdevice"):
            key = tokens.advance()
            tokens.take("=")
        if tokens.text in ("(", "[") and key in ("", "shape"):
            sizes = _parse_sizes(tokens)
        elif tokens.kind == "string" and key in ("", "dtype"):
            element = find_element(unescape(tokens.advance()))
        elif tokens.kind == "number" and key == "ndim":
            rank = parse_integer(tokens.advance())
        else:
            _skip_value(tokens)
        if not tokens.passes(",") and tokens.text != ")":
            raise tokens.refuse("expected ',' or ')' in a type")
    if sizes is None and rank is not None and rank <= 64:
        sizes = [ANY] * rank
    return make_tensor(element, sizes)


def _skip_value(tokens: ScriptTokens) -> None:
    while tokens.text not in (",", ")"):
        if tokens.kind == "end":
            raise tokens.refuse("expected ')'")
        if tokens.text in _OPENING:
            tokens.skip_brackets()
        else:
            tokens.advance()


def _parse_sizes(tokens: ScriptTokens) -> list[Dimension]:
    closing = ")" if tokens.advance() == "(" else "]"
    sizes: list[Dimension] = []
    while not tokens.passes(closing):
        start = tokens.start
        is_text = tokens.kind == "string"
        end = start
        while tokens.text not in (",", closing):
            if tokens.kind == "end":
                raise tokens.refuse(f"expected {closing!r}")
            end = tokens.end
            if tokens.text in _OPENING:
                tokens.skip_brackets()
                end = tokens.start
            else:
                tokens.advance()
        written = tokens.source[start:end].strip()
        sizes.append(parse_size(unescape(written) if is_text and len(written) > 1 else written))
        tokens.passes(",")
        if len(sizes) > 4096:
            raise tokens.refuse("a shape has too many dimensions")
    return sizes


def parse_signature(tokens: ScriptTokens) -> tuple[TensorType, ...] | None:
    """The types of a kernel's operands and results, where it states those of all of them."""
    end = tokens.source.find("\n", tokens.start)
    line = tokens.source[tokens.start : end if end >= 0 else len(tokens.source)]
    if _OTHER_PARAMETER.search(line) is not None:
        return None
    types: list[TensorType] = []
    for match in _BUFFER.finditer(line):
        sizes = [parse_size(each.strip()) for each in match[2].split(",") if each.strip()]
        types.append(make_tensor(find_element(match[3]), sizes))
    return tuple(types) or None


_CAST: Final = re.compile(r"T\.int(?:64|32)\((-?\w+)\)")


def parse_size(text: str) -> Dimension:
    """A number, a symbol, arithmetic over symbols as text; anything else is a size nobody knows."""
    text = _CAST.sub(r"\1", text) if "T." in text else text
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    return text if _EXPRESSION.fullmatch(text) and not text.startswith("-") else ANY


_KEY: Final = re.compile(r"[ \t]*=(?!=)")
_BOUND: Final = re.compile(r"[ \t]*(?::|=(?!=))")


def is_key(tokens: ScriptTokens) -> bool:
    """Whether the name that is looked at is that of an attribute."""
    return tokens.kind == "name" and _KEY.match(tokens.source, tokens.end) is not None


def is_bound(tokens: ScriptTokens) -> bool:
    """Whether the name that is looked at gets a value, or a type, here."""
    return _BOUND.match(tokens.source, tokens.end) is not None
