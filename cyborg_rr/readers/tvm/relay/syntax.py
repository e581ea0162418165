"""Tokens, types and plain values of Relay's text.

The grammar is that of docs/reference/langref/relay_expr.rst and src/parser of TVM 0.6 to 0.19, and
what its printer (src/printer/relay_text_printer.cc) writes; types of results stand in comments.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from cyborg_rr.domain.graph.graph import Dimension, Scalar
from cyborg_rr.domain.graph.shapes import ANY
from cyborg_rr.readers.tvm.program import Plain
from cyborg_rr.readers.tvm.written.tokens import Tokens, parse_float, parse_integer, unescape
from cyborg_rr.readers.tvm.written.types import (
    OtherType,
    TupleType,
    ValueType,
    find_element,
    make_tensor,
)

PATTERN: Final = re.compile(
    r"""(?:[ \t\r\n\f\v]++|//[^\n]*+|/\*(?!\s*ty=)(?:[^*]|\*(?!/))*+(?:\*/)?+)*+
    (?:(?P<type>/\*\s*ty=)
    |(?P<local>%(?:\d++(?:\.\d++)*+(?!\w)|[A-Za-z_]\w*+(?:[./](?=\w)\w++|:(?=\d)\d++)*+|\d\w*+))
    |(?P<global>@[\w.]++)
    |(?P<number>\d++(?:\.\d*+)?(?:[eE][+-]?\d++)?(?:[fiu]\d++|[fh](?!\w))?)
    |(?P<name>[A-Za-z_][\w$]*+(?:\.[A-Za-z_]\w*+)*+)
    |(?P<string>"(?:[^"\\\n]|\\.)*+")
    |(?P<mark>->|=>|==|!=|>=|<=|[()\[\]{},:;=<>+\-*/?.#!&|]))?""",
    re.VERBOSE,
)

_PLAIN_TYPE: Final = re.compile(
    r"/\*\s*ty=Tensor\[\(((?:\d{1,18}(?:, \d{1,18})*+)?+)\), (\w{1,24})\](?: \*/| span=[^*]*+\*/)"
)
_KEY: Final = re.compile(r"\s*=(?!=)")
_NUMBER: Final = re.compile(r"([0-9.]+(?:[eE][+-]?[0-9]+)?)([fhiu][0-9]*)?")
_FLOATS: Final = {"inf": float("inf"), "nan": float("nan")}
_WORDS: Final[dict[str, Plain]] = {"True": True, "False": False, "None": None}
_MAX_ITEMS: Final = 1 << 20


def is_key(tokens: Tokens) -> bool:
    """Whether the name that is looked at is that of an attribute."""
    return tokens.kind == "name" and _KEY.match(tokens.source, tokens.end) is not None


def is_assigned(tokens: Tokens) -> bool:
    """Whether the value that is looked at is one that gets its meaning here."""
    return _KEY.match(tokens.source, tokens.end) is not None


def parse_comment_type(tokens: Tokens) -> ValueType:
    """The type in a comment; what stands behind it there (``span=``) is passed over."""
    match = _PLAIN_TYPE.match(tokens.source, tokens.start)
    if match is not None:
        tokens.end = match.end()
        tokens.advance()
        return _find_plain_type(match[1], match[2])
    tokens.advance()
    found = parse_type(tokens)
    end = tokens.source.find("*/", tokens.start)
    if end < 0:
        raise tokens.refuse("a comment that is not closed")
    tokens.end = end + 2
    tokens.advance()
    return found


@lru_cache(maxsize=4096)
def _find_plain_type(sizes: str, element: str) -> ValueType:
    dimensions: list[Dimension] = [int(each) for each in sizes.split(", ") if each]
    return make_tensor(find_element(element), dimensions)


def parse_type(tokens: Tokens) -> ValueType:
    """The type that begins with the token that is looked at."""
    tokens.enter()
    found = _parse_type(tokens)
    tokens.leave()
    return found


def _parse_type(tokens: Tokens) -> ValueType:
    if tokens.text == "(":
        return _parse_tuple_type(tokens)
    if tokens.text == "fn":
        return _parse_function_type(tokens)
    if tokens.text == "?":
        tokens.advance()
        return None
    name = tokens.get("name")
    if name == "Tensor":
        return _parse_tensor_type(tokens)
    if name == "_":
        return None
    if tokens.text in ("[", "("):
        _skip_brackets(tokens)
    element = find_element(name)
    return OtherType(name) if element is None else make_tensor(element, [])


def _parse_tuple_type(tokens: Tokens) -> TupleType:
    tokens.take("(")
    fields: list[ValueType] = []
    while not tokens.passes(")"):
        fields.append(parse_type(tokens))
        if not tokens.passes(",") and tokens.text != ")":
            raise tokens.refuse("expected ',' or ')' in a type")
    return TupleType(tuple(fields))


def _parse_function_type(tokens: Tokens) -> OtherType:
    tokens.take("fn")
    if tokens.text in ("<", "["):
        _skip_brackets(tokens)
    _parse_tuple_type(tokens)
    if tokens.passes("->"):
        parse_type(tokens)
    return OtherType("fn")


def _parse_tensor_type(tokens: Tokens) -> ValueType:
    tokens.take("[")
    tokens.take("(")
    sizes: list[Dimension] = []
    while not tokens.passes(")"):
        sizes.append(_parse_size(tokens))
        if not tokens.passes(",") and tokens.text != ")":
            raise tokens.refuse("expected ',' or ')' in a shape")
    tokens.take(",")
    element = tokens.get("name")
    if tokens.text == "[":  # custom[posites2]32
        _skip_brackets(tokens)
    tokens.take("]")
    return make_tensor(find_element(element), sizes)


def _parse_size(tokens: Tokens) -> Dimension:
    """A number, a symbol by its name, or what nobody knows: ``?``, ``Any``, arithmetic."""
    if tokens.kind == "number":
        size: Dimension = parse_integer(re.match(r"\d+", tokens.text)[0])  # type: ignore[index]
        tokens.advance()
    elif tokens.kind in ("name", "local"):
        name = tokens.advance().lstrip("%")
        size = ANY if name in ("Any", "tir.Any") or tokens.text == "(" else name[:64]
    else:
        tokens.take("?")
        size = ANY
    while tokens.text not in (",", ")", ""):
        size = ANY
        if tokens.text in ("(", "["):
            _skip_brackets(tokens)
        else:
            tokens.advance()
    return size


_CLOSING: Final = {"(": ")", "[": "]", "{": "}", "<": ">"}


def skip_brackets(tokens: Tokens) -> None:
    """Pass over a bracket and all that is in it, however deep."""
    opened = [_CLOSING[tokens.advance()]]
    while opened:
        if tokens.kind == "end":
            raise tokens.refuse(f"expected {opened[-1]!r}")
        if tokens.text == opened[-1] and tokens.kind == "mark":
            opened.pop()
        elif (
            tokens.kind == "mark"
            and tokens.text in _CLOSING
            and (tokens.text != "<" or opened[-1] == ">")
        ):
            opened.append(_CLOSING[tokens.text])
        tokens.advance()


_skip_brackets = skip_brackets


def parse_number(text: str) -> tuple[Scalar, str | None]:
    """A number and the element type that its ending says, None where it has none."""
    match = _NUMBER.fullmatch(text)
    digits, ending = (match[1], match[2]) if match else (text, None)
    is_whole = digits.isdigit()
    kind = (ending or "")[:1]
    if kind in ("f", "h"):
        width = "16" if kind == "h" else ending[1:] if ending else ""
        return parse_float(digits), f"float{width or 32}"
    value: Scalar = parse_integer(digits) if is_whole else parse_float(digits)
    if kind in ("i", "u") and ending is not None:
        return value, f"{'uint' if kind == 'u' else 'int'}{ending[1:]}"
    return value, None


def parse_plain(tokens: Tokens) -> Plain:
    """The value of an attribute."""
    tokens.enter()
    found = _parse_plain(tokens)
    tokens.leave()
    if tokens.kind == "type":
        parse_comment_type(tokens)
    return found


def _parse_plain(tokens: Tokens) -> Plain:
    if tokens.kind == "string":
        return unescape(tokens.advance())
    if tokens.kind == "number":
        return parse_number(tokens.advance())[0]
    if tokens.text in ("-", "+"):
        sign = -1 if tokens.advance() == "-" else 1
        value = parse_plain(tokens)
        return sign * value if isinstance(value, int | float) else value
    if tokens.text in ("[", "("):
        return _parse_list(tokens)
    if tokens.text == "{":
        skip_brackets(tokens)
        return None
    if tokens.kind == "name":
        return _parse_word(tokens)
    raise tokens.refuse("expected the value of an attribute")


def _parse_word(tokens: Tokens) -> Plain:
    word = tokens.advance()
    if word in _WORDS:
        return _WORDS[word]
    bare = word.rstrip("f")
    if bare == "in":
        bare = "inf"
    if bare in _FLOATS or word in ("inff", "nanf"):
        return _FLOATS[word[:3]]
    while tokens.text in ("[", "("):  # meta[key][0], a call such as IntImm(...)
        skip_brackets(tokens)
        word = ""
    return word or None


def _parse_list(tokens: Tokens) -> Plain:
    closing = _CLOSING[tokens.advance()]
    items: list[Plain] = []
    while not tokens.passes(closing):
        items.append(parse_plain(tokens))
        if not tokens.passes(",") and tokens.text != closing:
            raise tokens.refuse(f"expected ',' or {closing!r}")
        if len(items) > _MAX_ITEMS:
            raise tokens.refuse("a list has too many items")
    return tuple(items)
