"""Expressions of Relay's text, taken apart into statements."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import Scalar, StoredTensor, TensorType
from cyborg_rr.readers.tvm.program import (
    Alias,
    Apply,
    Branch,
    Bundle,
    Closure,
    Element,
    Function,
    Invoke,
    Keep,
    Name,
    Operand,
    Plain,
    Writer,
    Written,
)
from cyborg_rr.readers.tvm.relay.syntax import (
    is_key,
    parse_comment_type,
    parse_number,
    parse_plain,
    skip_brackets,
)
from cyborg_rr.readers.tvm.written.arrays import as_weight
from cyborg_rr.readers.tvm.written.tokens import Tokens, take_plain, unescape
from cyborg_rr.readers.tvm.written.types import find_element

_INFIX: Final[Mapping[str, tuple[int, str]]] = {
    "*": (4, "multiply"), "/": (4, "divide"), "+": (3, "add"), "-": (3, "subtract"),
    "<": (2, "less"), ">": (2, "greater"), "<=": (2, "less_equal"), ">=": (2, "greater_equal"),
    "==": (1, "equal"), "!=": (1, "not_equal"),
}  # fmt: skip
"""How tightly each binds, and what it means."""

_TIGHTEST: Final = 5

_TRUTH: Final[Mapping[str, bool]] = {"True": True, "False": False}
_FLOATS: Final = {"inff": float("inf"), "nanf": float("nan"), "inf": float("inf")}
_DEFINITIONS: Final = frozenset({"type", "extern"})
_META: Final = re.compile(r"meta\[([\w.]+)\]\[(\d{1,9})\]")

Constants = Mapping[int, StoredTensor]
"""What the file's metadata keeps as constants, by their place."""


class RelayExpressions(ABC):
    """Expressions of one text, whose statements go to the writers that they are given."""

    def __init__(self, tokens: Tokens, constants: Constants) -> None:
        self._tokens = tokens
        self._constants = constants
        self._into: str | None = None

    @abstractmethod
    def _sequence(self, writer: Writer) -> Operand:
        """Values that get names, and the expression that comes out."""

    @abstractmethod
    def _function(self, name: str) -> Function:
        """A function from its parameters on."""

    @abstractmethod
    def _braces(self, writer: Writer) -> None:
        """A sequence in braces, as a body."""

    # ---- expressions

    def _expression(self, writer: Writer, tight: int = 0) -> Operand:
        """An expression, operators between operands by how tightly they bind."""
        tokens = self._tokens
        tokens.enter()
        left = self._postfixed(writer)
        while tokens.kind == "mark" and tokens.text in _INFIX and _INFIX[tokens.text][0] > tight:
            binding, operation = _INFIX[tokens.advance()]
            into, self._into = self._into, None
            right = self._expression(writer, binding)
            self._into = into
            left = writer.add(Apply(writer.fresh(), operation, (left, right), {}))
        tokens.leave()
        return left

    def _postfixed(self, writer: Writer) -> Operand:
        tokens = self._tokens
        found = self._primary(writer)
        while True:
            if tokens.kind == "type":
                parse_comment_type(tokens)
            elif tokens.text == "(" and isinstance(found, Name):
                found = self._invoke(writer, found.name, is_global=False)
            elif tokens.text == "." and isinstance(found, Name):
                tokens.advance()
                for index in tokens.get("number").split("."):
                    found = self._element(writer, found, index)
            else:
                return found

    def _element(self, writer: Writer, source: Name, index: str) -> Name:
        if not index.isdigit() or len(index) > 9:
            raise self._tokens.refuse("expected the place of an item")
        type_ = parse_comment_type(self._tokens) if self._tokens.kind == "type" else None
        return writer.add(Element(writer.fresh(), source, int(index), type_))

    def _primary(self, writer: Writer) -> Operand:
        tokens = self._tokens
        match tokens.kind:
            case "local":
                return self._local(writer, tokens.advance()[1:])
            case "global":
                name = tokens.advance()[1:]
                if tokens.text == "(":
                    return self._invoke(writer, name, is_global=True)
                return writer.add(Alias(writer.fresh(), Name(f"@{name}")))
            case "number":
                value, element = parse_number(tokens.advance())
                return self._number(writer, value, element)
            case "string":
                return Written(unescape(tokens.advance()))
            case "name":
                return self._named(writer)
            case _:
                return self._marked(writer)

    def _local(self, writer: Writer, name: str) -> Name:
        """A value; of one that is called by a number, items follow behind points."""
        if not name[0].isdigit() or "." not in name:
            return Name(name)
        first, *places = name.split(".")
        found = Name(first)
        for index in places:
            found = self._element(writer, found, index)
        return found

    def _marked(self, writer: Writer) -> Operand:
        tokens = self._tokens
        if tokens.text == "(":
            return self._parenthesised(writer)
        if tokens.text == "[":
            return self._list(writer)
        if tokens.text == "-":
            tokens.advance()
            if tokens.kind == "number":
                value, element = parse_number(tokens.advance())
                return self._number(writer, -value, element)
            if tokens.text in _FLOATS:
                return self._number(writer, -_FLOATS[tokens.advance()], None)
            operand = self._expression(writer, _TIGHTEST)
            return writer.add(Apply(writer.fresh(), "negative", (operand,), {}))
        raise tokens.refuse("expected an expression")

    def _number(self, writer: Writer, value: Scalar, element: str | None) -> Name:
        stated = parse_comment_type(self._tokens) if self._tokens.kind == "type" else None
        if not isinstance(stated, TensorType):
            if isinstance(value, bool):
                usual = "bool"
            else:
                usual = "int32" if isinstance(value, int) else "float32"
            stated = TensorType(find_element(element or usual), ())
        if stated.element_type == "i1" and value in (0, 1):
            value = bool(value)
        return writer.add(Keep(writer.fresh(), StoredTensor(stated, "constant", values=(value,))))

    def _parenthesised(self, writer: Writer) -> Operand:
        """A tuple, or an expression in parentheses, before which values may get names."""
        tokens = self._tokens
        into, self._into = self._into, None
        tokens.take("(")
        items: list[Operand] = []
        is_tuple = tokens.text == ")"
        while not tokens.passes(")"):
            items.append(self._sequence(writer))
            if tokens.passes(","):
                is_tuple = True
            elif tokens.text != ")":
                raise tokens.refuse("expected ',' or ')'")
        if not is_tuple:
            return items[0]
        return writer.add(Bundle(into or writer.fresh(), tuple(items)))

    def _list(self, writer: Writer) -> Operand:
        """A list of expressions is a tuple; one of numbers alone is written as it is."""
        tokens = self._tokens
        if not re.compile(r"\[\s*[%@A-Za-z(]").match(tokens.source, tokens.start):
            return Written(parse_plain(tokens))
        into, self._into = self._into, None
        tokens.take("[")
        items: list[Operand] = []
        while not tokens.passes("]"):
            items.append(self._expression(writer))
            if not tokens.passes(",") and tokens.text != "]":
                raise tokens.refuse("expected ',' or ']'")
        return writer.add(Bundle(into or writer.fresh(), tuple(items)))

    def _named(self, writer: Writer) -> Operand:
        tokens = self._tokens
        word = tokens.text
        if word == "fn":
            tokens.advance()
            into, self._into = self._into, None
            function = self._function("fn")
            return writer.add(Closure(into or writer.fresh(), function))
        if word == "if":
            return self._if(writer)
        if word == "match":
            return self._match(writer)
        if word == "meta":
            return self._meta(writer)
        tokens.advance()
        if word in _TRUTH:
            return self._number(writer, _TRUTH[word], "bool")
        if word in _FLOATS:
            return self._number(writer, _FLOATS[word], None)
        if tokens.text == "<":
            skip_brackets(tokens)
        if tokens.text == "(":
            return self._apply(writer, word)
        if word == "None" or find_element(word):
            return Written(None if word == "None" else word)
        return writer.add(Apply(writer.fresh(), word, (), {}))

    def _if(self, writer: Writer) -> Name:
        tokens = self._tokens
        into, self._into = self._into, None
        tokens.enter()
        tokens.take("if")
        tokens.take("(")
        condition = self._sequence(writer)
        tokens.take(")")
        yes, no = writer.inner(), writer.inner()
        self._braces(yes)
        tokens.take("else")
        if tokens.text == "if":
            no.body.result = self._if(no)
        else:
            self._braces(no)
        tokens.leave()
        type_ = parse_comment_type(tokens) if tokens.kind == "type" else None
        return writer.add(Branch(into or writer.fresh(), condition, yes.body, no.body, type_))

    def _match(self, writer: Writer) -> Name:
        """A choice by the constructor of an algebraic type: its sides are not read."""
        tokens = self._tokens
        into, self._into = self._into, None
        tokens.take("match")
        tokens.passes("?")
        tokens.take("(")
        operand = self._sequence(writer)
        tokens.take(")")
        if tokens.text != "{":
            raise tokens.refuse("expected '{'")
        skip_brackets(tokens)
        type_ = parse_comment_type(tokens) if tokens.kind == "type" else None
        return writer.add(Apply(into or writer.fresh(), "match", (operand,), {}, type_))

    def _meta(self, writer: Writer) -> Operand:
        tokens = self._tokens
        found = _META.match(tokens.source, tokens.start)
        if found is None:
            raise tokens.refuse("expected meta[key][place]")
        tokens.end = found.end()
        tokens.advance()
        stated = parse_comment_type(tokens) if tokens.kind == "type" else None
        if found[1] != "relay.Constant":
            return Written(None)
        known = self._constants.get(int(found[2]))
        if known is None:
            type_ = stated if isinstance(stated, TensorType) else TensorType(None, None)
            known = as_weight(StoredTensor(type_, "constant", "absent"))
        return writer.add(Keep(f"meta[{found[2]}]", known))

    # ---- calls

    def _apply(self, writer: Writer, operation: str) -> Name:
        into, self._into = self._into, None
        operands, attributes = self._arguments(writer)
        type_ = parse_comment_type(self._tokens) if self._tokens.kind == "type" else None
        return writer.add(Apply(into or writer.fresh(), operation, operands, attributes, type_))

    def _invoke(self, writer: Writer, callee: str, is_global: bool) -> Name:
        into, self._into = self._into, None
        operands, _ = self._arguments(writer)
        type_ = parse_comment_type(self._tokens) if self._tokens.kind == "type" else None
        return writer.add(Invoke(into or writer.fresh(), callee, operands, type_, is_global))

    def _arguments(self, writer: Writer) -> tuple[tuple[Operand, ...], dict[str, Plain]]:
        tokens = self._tokens
        tokens.take("(")
        operands: list[Operand] = []
        attributes: dict[str, Plain] = {}
        while not tokens.passes(")"):
            if tokens.kind == "name" and take_plain(tokens, attributes):
                continue
            if is_key(tokens):
                key = tokens.advance()
                tokens.take("=")
                attributes[key] = parse_plain(tokens)
            else:
                operands.append(self._sequence(writer))
            if not tokens.passes(",") and tokens.text != ")":
                raise tokens.refuse("expected ',' or ')' among operands")
        return tuple(operands), attributes
