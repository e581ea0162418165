"""Attributes of MLIR text as plain Python values."""

from __future__ import annotations

import re

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.formats.mlir import scanner as lex
from cyborg_rr.readers.formats.mlir.constants import DenseConstant, find_dense_end, parse_dense
from cyborg_rr.readers.formats.mlir.scanner import Scanner, parse_string
from cyborg_rr.readers.formats.mlir.type_parser import TypeParser
from cyborg_rr.readers.formats.mlir.types import FunctionType, OpaqueType
from cyborg_rr.readers.formats.mlir.values import DialectAttribute, Product, Value

MAX_KEPT_TEXT = 65536
"""Longest text of another dialect's attribute that is kept; longer ones are passed over."""

_WORD = re.compile(rb"\s*+[a-z][a-z_]{0,63}+\s*+")
_FIELD = re.compile(rb"\s*+[a-z][a-z_]{0,63}+\s*+=")


class AttributeParser(TypeParser):
    """Reads one attribute value or location at the cursor of a scanner."""

    def __init__(self, scanner: Scanner) -> None:
        super().__init__(scanner)
        self.aliases: dict[str, Value] = {}
        self.listed: list[str] = []
        """Names of values in lists, which are no values themselves."""

    def parse_product(self, depth: int) -> Value:
        """A value of a pretty form, perhaps several with ``x`` or an arrow between them."""
        scanner = self.scanner
        first = self.parse_value(depth, typed=False)
        parts = [first]
        while scanner.token in (b"x", b"->") and isinstance(first, list):
            if scanner.token == b"->" and not self._next_is(b"["):
                break
            scanner.advance()
            parts.append(self.parse_value(depth, typed=False))
        return first if len(parts) == 1 else Product(tuple(parts))

    def _next_is(self, mark: bytes) -> bool:
        scanner = self.scanner
        return scanner.data[scanner.end : scanner.end + 8].lstrip().startswith(mark)

    def parse_value(self, depth: int, typed: bool = True) -> Value:
        """One attribute value. ``typed``: a type may follow behind a colon and is dropped."""
        scanner = self.scanner
        if depth > lex.MAX_NESTING:
            scanner.fail(f"nesting exceeds {lex.MAX_NESTING}")
        kind, token = scanner.kind, scanner.token
        value: Value
        if kind == lex.NUMBER:
            value = self.parse_number(token)
            scanner.advance()
        elif kind == lex.STRING:
            value = parse_string(token)
            scanner.advance()
        elif token == b"[":
            return self._list(depth, typed)
        elif token == b"{":
            return self.parse_dictionary(depth)
        elif kind == lex.SYMBOL:
            return self.parse_symbol()
        elif kind == lex.WORD:
            return self._word_value(typed)
        elif kind == lex.ALIAS and token.startswith(b"#"):
            value = self._dialect_attribute()
        elif kind in (lex.TENSOR, lex.ALIAS) or token == b"(":
            return self._type_value()
        elif token == b"<":
            body = self.take_angle_text(scanner.start)
            return DialectAttribute("", body) if body else None
        elif kind in (lex.LOCATION, lex.LABEL):
            scanner.advance()
            return None
        elif token in (b"?", b"-", b"*"):
            scanner.advance()
            return None if token == b"-" else token.decode()
        else:
            scanner.fail(f"expected a value and found {scanner.describe()}")
        if typed and scanner.token == b":":
            scanner.advance()
            self.parse_type()
        return value

    def parse_number(self, token: bytes) -> Value:
        """The number that a token is; None for bits of more than 64."""
        if token.startswith((b"0x", b"-0x")):
            return int(token, 16) if len(token) <= 20 else None
        if token.lstrip(b"-").isdigit():
            if len(token) > 40:
                self.scanner.fail("a number has too many digits")
            return int(token)
        return float(token)

    def _list(self, depth: int, typed: bool) -> list[Value]:
        """``[a, b]``; in a pretty form an element may be ``start:limit:stride``."""
        scanner = self.scanner
        scanner.advance()
        values: list[Value] = []
        while not scanner.accept(b"]"):
            if scanner.kind == lex.VALUE:
                self.listed.append(scanner.token[1:].decode())
                scanner.advance()
            else:
                value = self.parse_value(depth + 1, typed=False)
                if scanner.token == b":":
                    value = self._after_colon(value)
                values.append(value)
            if scanner.token != b"]":
                scanner.expect(b",")
        return values

    def _after_colon(self, value: Value) -> Value:
        scanner = self.scanner
        numbers = [value] if isinstance(value, int) else []
        while scanner.accept(b":"):
            if scanner.kind != lex.NUMBER:
                self.parse_type()
                return value
            number = self.parse_number(scanner.token)
            numbers.append(number if isinstance(number, int) else 0)
            scanner.advance()
        return tuple(numbers)

    def parse_dictionary(self, depth: int) -> dict[str, Value]:
        """``{key = value, flag}``; the value of a flag is True."""
        scanner = self.scanner
        scanner.expect(b"{")
        entries: dict[str, Value] = {}
        while not scanner.accept(b"}"):
            if scanner.kind == lex.STRING:
                key = parse_string(scanner.token)
            elif scanner.kind == lex.WORD:
                key = scanner.token.decode()
            elif scanner.token == b"?":
                key = "?"
            else:
                scanner.fail(f"expected an attribute's name and found {scanner.describe()}")
            scanner.advance()
            entries[key] = self.parse_value(depth + 1) if scanner.accept(b"=") else True
            if scanner.token != b"}":
                scanner.expect(b",")
        return entries

    def _word_value(self, typed: bool) -> Value:
        scanner = self.scanner
        token = scanner.token
        if token in (b"true", b"false", b"unit"):
            scanner.advance()
            return token != b"false"
        if token == b"loc":
            self.parse_location()
            return None
        follows = scanner.data[scanner.end : scanner.end + 1]
        if token in (b"dense", b"dense_resource", b"opaque", b"sparse"):
            return self._constant(token)
        if token == b"array" and follows == b"<":
            return self._array()
        if follows == b"<" or token in (b"index", b"none") or _is_element_type(token):
            return self._type_value()
        scanner.advance()
        if typed and scanner.token == b":":
            scanner.advance()
            self.parse_type()
        return token.decode()

    def _type_value(self) -> Value:
        type_ = self.parse_type()
        return type_ if isinstance(type_, (FunctionType, TensorType, OpaqueType)) else None

    def _array(self) -> list[Value]:
        """``array<i64: 1, 2>``."""
        scanner = self.scanner
        scanner.advance()
        scanner.expect(b"<")
        scanner.advance()
        values: list[Value] = []
        if scanner.accept(b":"):
            while scanner.token != b">":
                values.append(self.parse_value(lex.MAX_NESTING, typed=False))
                if scanner.token != b">":
                    scanner.expect(b",")
        scanner.expect(b">")
        return values

    def _constant(self, word: bytes) -> DenseConstant:
        """A constant with its type; its elements are read only while they are few."""
        scanner = self.scanner
        scanner.advance()
        start = scanner.start
        if scanner.token != b"<" and scanner.data[start : start + 1] != b"<":
            scanner.fail(f"expected '<' and found {scanner.describe()}")
        find_end = find_dense_end if word == b"dense" else Scanner.find_angle_end
        end = find_end(scanner, start)
        scanner.jump(end)
        scanner.expect(b":")
        type_ = self.parse_type()
        if not isinstance(type_, TensorType):
            type_ = TensorType(None, None)
        if word == b"dense":
            begin = start + 1
            while scanner.data[begin : begin + 1] in (b" ", b"\n", b"\t", b"\r"):
                begin += 1
            return parse_dense(scanner, begin, end - 1, type_)
        if word == b"dense_resource":
            name = scanner.data[start + 1 : min(end - 1, start + lex.MAX_NAME_LENGTH)].strip()
            text = parse_string(name) if name.startswith(b'"') else name.decode("utf-8", "replace")
            return DenseConstant(type_, resource=text)
        return DenseConstant(type_, location="absent" if word == b"opaque" else "inline")

    def _dialect_attribute(self) -> Value:
        """``#alias``, ``#dialect.name<body>`` or ``#dialect<name body>``."""
        scanner = self.scanner
        name = scanner.token[1:].decode()
        end_of_name = scanner.end
        scanner.advance()
        if scanner.token == b"<" and scanner.start == end_of_name:
            start = scanner.start
            end = scanner.find_angle_end(start)
            body = scanner.data[start + 1 : min(end - 1, start + MAX_KEPT_TEXT)]
            scanner.jump(end)
            return DialectAttribute(name, body.decode("utf-8", "replace"))
        return self.aliases.get(name, DialectAttribute(name, ""))

    def take_angle_text(self, start: int) -> str:
        """What stands in the angle brackets at ``start``, where it may be read without a grammar.

        Texts that begin with a symbol or a list, as a sharding and a mesh do, words by themselves,
        and named fields; others are empty.
        """
        scanner = self.scanner
        end = scanner.find_angle_end(start)
        text = bytes(scanner.data[start + 1 : min(end - 1, start + MAX_KEPT_TEXT)])
        scanner.jump(end)
        is_named = _WORD.fullmatch(text) is not None or _FIELD.match(text) is not None
        kept = is_named or text.lstrip()[:1] in (b"@", b"[")
        return text.decode("utf-8", "replace") if kept else ""

    def parse_location(self) -> str | None:
        """The name that a location states, ``#loc4`` for a reference, None for a file's place."""
        scanner = self.scanner
        if scanner.kind == lex.LOCATION:
            name = scanner.token[4:-1].decode()
            scanner.advance()
            return name
        scanner.advance()
        scanner.expect(b"(")
        found: str | None = None
        if scanner.kind == lex.STRING:
            text = parse_string(scanner.token)
            scanner.advance()
            found = None if scanner.token == b":" else text
        brackets = 1
        while brackets:
            if scanner.token in (b"(", b"["):
                brackets += 1
            elif scanner.token in (b")", b"]"):
                brackets -= 1
            elif scanner.kind == lex.LOCATION or scanner.token == b"loc":
                pass
            elif scanner.kind == lex.END:
                scanner.fail("a location is not closed")
            scanner.advance()
        return found


def _is_element_type(token: bytes) -> bool:
    return token[:1] in (b"i", b"f", b"b", b"u", b"s") and token.lstrip(b"uisbf").isdigit()
