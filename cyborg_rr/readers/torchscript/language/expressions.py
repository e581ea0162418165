"""Expressions of TorchScript, token by token; nesting is bounded, each token is looked at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.torchscript.language.syntax import (
    Called,
    Choice,
    Expression,
    Item,
    Literal,
    Member,
    Named,
    Operator,
    Several,
    Table,
)
from cyborg_rr.readers.torchscript.language.tokens import list_tokens

MAX_DEPTH: Final = 64
"""Expressions within expressions; each level takes about ten calls of Python's own stack."""

_WORDS: Final[Mapping[str, Literal]] = {
    "True": Literal(True), "False": Literal(False), "None": Literal(None),
}  # fmt: skip
_LEVELS: Final[Mapping[str, int]] = {
    "or": 0, "and": 1, "<": 3, ">": 3, "<=": 3, ">=": 3, "==": 3, "!=": 3, "is": 3, "in": 3,
    "|": 4, "^": 5, "&": 6, "<<": 7, ">>": 7, "+": 8, "-": 8, "*": 9, "/": 9, "//": 9, "%": 9,
    "@": 9,
}  # fmt: skip
"""How strongly signs bind; parser.cpp has the same order as Python."""

_NOT: Final = 2
_FOLLOWING: Final = frozenset(".([")  # what takes something of the value before it
_ENDING: Final = frozenset((",", ")", "]", "=", ":", ""))  # of an expression, "" of a line
MAX_PARTS: Final = 1024
"""Results of one call that are told apart."""

_DIGITS: Final = "-0123456789"
_GIVEN: Final = re.compile(r"(?:([A-Za-z_]\w*)=)?(?:(\[)([^\]]*)\]|([^\s,\[\]]+))", re.ASCII)
_ESCAPE: Final = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r"}


class ExpressionParser:
    """A place among the tokens of a text, and what can be read as a value from there."""

    def __init__(self, text: str, first_line: int, what: str) -> None:
        self._tokens = list_tokens(text, first_line, what)
        self._what = what
        self._counts: dict[str, int] = {}
        self._words: dict[str, Expression] = dict(_WORDS)  # numbers among them
        self._kind, self._text, self._line = next(self._tokens)
        self._after_it = next(self._tokens, (self._kind, self._text, self._line))

    def _next(self) -> str:
        """Pass over a token and give its text."""
        text = self._text
        self._kind, self._text, self._line = self._after_it
        self._after_it = next(self._tokens, self._after_it)
        return text

    def _refuse(self, wanted: str) -> UnreadableModel:
        found = quote(self._text) if self._text else "the end of the line"
        return UnreadableModel(
            f"line {self._line} of {self._what} has {found} where {wanted} should be"
        )

    def _is(self, text: str) -> bool:
        """Whether a sign or a word stands there; texts keep their quotes, lines have no text."""
        return self._text == text

    def _take(self, text: str) -> bool:
        if self._text != text:
            return False
        self._next()
        return True

    def _want(self, text: str) -> None:
        if not self._take(text):
            raise self._refuse(quote(text))

    def _name(self) -> str:
        if self._kind != "name" or "." in self._text:
            raise self._refuse("a name")
        return self._next()

    def _expression(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise self._refuse(f"less than {MAX_DEPTH} expressions in one another")
        is_lone = self._kind == "name" and self._after_it[1] in _ENDING
        if is_lone and self._text != "not":
            return self._atom(depth)  # one word alone, as most arguments are
        value = self._level(0, depth + 1)
        if self._take("if"):
            condition = self._level(0, depth + 1)
            self._want("else")
            return Choice(condition, value, self._expression(depth + 1))
        return value

    def _listed(self, depth: int) -> tuple[Expression, bool]:
        """An expression, or several with commas between them as a tuple."""
        parts = [self._expression(depth)]
        commas = 0
        while self._take(","):
            commas += 1
            if self._kind == "line" or self._is("="):
                break
            parts.append(self._expression(depth))
        if not commas:
            return parts[0], False
        return Several(tuple(parts), True), True

    def _level(self, least: int, depth: int) -> Expression:
        """An expression of signs that bind at least so strongly."""
        if depth > MAX_DEPTH + 1:
            raise self._refuse(f"less than {MAX_DEPTH} expressions in one another")
        if self._text == "not" and least <= _NOT:
            self._next()
            value: Expression = Operator("not", (self._level(_NOT, depth + 1),))
        else:
            value = self._unary(depth)
        while _LEVELS.get(self._text, -1) >= least:
            sign = self._next()
            stronger = _LEVELS[sign] + 1
            if sign == "is" and self._take("not"):
                sign = "is not"
            value = Operator(sign, (value, self._level(stronger, depth + 1)))
        return value

    def _unary(self, depth: int) -> Expression:
        if depth > MAX_DEPTH + 1:
            raise self._refuse(f"less than {MAX_DEPTH} expressions in one another")
        if self._kind == "sign" and self._text in ("-", "+", "~"):
            sign, value = self._next(), self._unary(depth + 1)
            if isinstance(value, Literal) and isinstance(value.value, int | float):
                return Literal(-value.value) if sign == "-" else value
            return Operator(sign, (value,))
        value = self._after(self._atom(depth), depth)
        if self._text == "**":
            self._next()
            return Operator("**", (value, self._unary(depth + 1)))
        return value

    def _after(self, value: Expression, depth: int) -> Expression:
        """Attributes, calls and elements of what stands before them."""
        parts = 0
        while parts < MAX_DEPTH:
            parts += 1
            sign = self._text
            if sign not in _FOLLOWING:
                return value
            self._next()
            if sign == ".":
                if self._kind != "name":
                    raise self._refuse("a name")
                parts += self._text.count(".")
                value = self._follow(value, self._next())
            elif sign == "(":
                value = self._call(value, depth)
            else:
                place = self._listed(depth)[0]
                self._want("]")
                self._count(value, place)
                value = Item(value, place)
        raise self._refuse(f"a path of less than {MAX_DEPTH} parts")

    def _count(self, owner: Expression, place: Expression) -> None:
        """Of what elements are taken there are as many, and two at least: one alone is no list."""
        if isinstance(owner, Named) and isinstance(place, Literal) and isinstance(place.value, int):
            least = max(2, place.value + 1)
            if least <= MAX_PARTS:
                self._counts[owner.name] = max(least, self._counts.get(owner.name, 0))

    def _call(self, function: Expression, depth: int) -> Called:
        arguments: list[Expression] = []
        named: list[tuple[str, Expression]] = []
        while not self._take(")"):
            value = self._expression(depth)
            if self._text == "=" and isinstance(value, Named):
                self._next()
                named.append((value.name, self._expression(depth)))
            else:
                arguments.append(value)
            if self._text != ")":
                self._want(",")
        return Called(function, tuple(arguments), tuple(named))

    def _read_call(self, text: str) -> Called:
        """What stands in a line that is one token: ``torch.add(x, 1, alpha=2)``."""
        function, _, given = text[:-1].partition("(")
        if "[" not in given and "=" not in given and "\n" not in given:
            words = given.split(", ") if given else []
            return Called(self._word(function), tuple(map(self._word, words)), ())
        arguments: list[Expression] = []
        named: list[tuple[str, Expression]] = []
        for name, is_list, parts, word in _GIVEN.findall(given):
            value = (
                Several(
                    tuple([self._word(each) for each in parts.replace(",", " ").split()]), False
                )
                if is_list
                else self._word(word)
            )
            if name:
                named.append((name, value))
            else:
                arguments.append(value)
        return Called(self._word(function), tuple(arguments), tuple(named))

    def _atom(self, depth: int) -> Expression:
        if self._kind == "name":
            return self._word(self._next())
        if self._kind == "number":
            return Literal(self._number())
        if self._kind == "text":
            text = _unescape(self._next()[1:-1])
            while self._kind == "text":
                text += _unescape(self._next()[1:-1])
            return Literal(text)
        if self._take("("):
            parts, commas = self._parts(")", depth)
            return parts[0] if len(parts) == 1 and not commas else Several(parts, True)
        if self._take("["):
            return Several(self._parts("]", depth)[0], False)
        if self._take("{"):
            return self._table(depth)
        raise self._refuse("a value")

    def _word(self, text: str) -> Expression:
        """A number, a name, or an attribute by its path; equal ones are one."""
        word = self._words.get(text)
        if word is None:
            word = Literal(_read_number(text)) if text[0] in _DIGITS else self._path(text)
            self._words[text] = word
        return word

    def _path(self, text: str) -> Expression:
        """A name, or an attribute by the path that leads to it."""
        first, _, rest = text.partition(".")
        if rest.count(".") >= MAX_DEPTH:
            raise self._refuse(f"a path of less than {MAX_DEPTH} parts")
        value = self._words.get(first, Named(first))
        return self._follow(value, rest) if rest else value

    def _follow(self, value: Expression, path: str) -> Expression:
        """An attribute of something by its path."""
        for name in path.split("."):
            value = Member(value, name)
        return value

    def _parts(self, closing: str, depth: int) -> tuple[tuple[Expression, ...], int]:
        parts: list[Expression] = []
        commas = 0
        while not self._take(closing):
            parts.append(self._expression(depth))
            if not self._is(closing):
                self._want(",")
                commas += 1
        return tuple(parts), commas

    def _table(self, depth: int) -> Table:
        pairs = []
        while not self._take("}"):
            key = self._expression(depth)
            self._want(":")
            pairs.append((key, self._expression(depth)))
            if not self._is("}"):
                self._want(",")
        return Table(tuple(pairs))

    def _number(self) -> int | float | None:
        """A number of 64 bits; None for an imaginary one."""
        text = self._text
        if text.endswith("j"):
            self._next()
            return None
        if text[:2] in ("0x", "0X"):
            value: int | float = int(text, 16) if len(text) <= 18 else 1 << 64
        elif text.isdigit():
            value = int(text) if len(text) <= 20 else 1 << 64
        else:
            value = float(text)
        if isinstance(value, int) and value >= 1 << 64:
            raise self._refuse("a number of 64 bits")
        self._next()
        return value


def _read_number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _unescape(text: str) -> str:
    return _ESCAPE.sub(_unescape_one, text) if "\\" in text else text


def _unescape_one(match: re.Match[str]) -> str:
    octal, hexadecimal, letter = match.groups()
    if letter is not None:
        return _ESCAPED.get(letter, letter)
    return chr(int(octal, 8) & 255) if octal is not None else chr(int(hexadecimal, 16))
