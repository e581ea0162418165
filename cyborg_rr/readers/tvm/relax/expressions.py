"""Expressions of Relax's script, taken apart into statements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.graph import Dimension, Scalar, StoredTensor, TensorType
from cyborg_rr.readers.tvm.program import (
    KERNEL_MARK,
    PACKED_MARK,
    Apply,
    Bundle,
    Element,
    Invoke,
    Keep,
    Name,
    Operand,
    Plain,
    Sizes,
    Writer,
    Written,
)
from cyborg_rr.readers.tvm.relax.syntax import (
    TYPES,
    ScriptTokens,
    is_key,
    parse_size,
    parse_type,
)
from cyborg_rr.readers.tvm.written.tokens import parse_float, parse_integer, take_plain, unescape
from cyborg_rr.readers.tvm.written.types import TupleType, ValueType, find_element

_INFIX: Final[Mapping[str, tuple[int, str]]] = {
    "*": (4, "multiply"), "/": (4, "divide"), "//": (4, "floor_divide"), "%": (4, "floor_mod"),
    "+": (3, "add"), "-": (3, "subtract"), "<": (2, "less"), ">": (2, "greater"),
    "<=": (2, "less_equal"), ">=": (2, "greater_equal"), "==": (2, "equal"), "!=": (2, "not_equal"),
}  # fmt: skip
"""How tightly each binds, and what it means."""

_SIGNED: Final = 5
_NAME: Final = re.compile(r"(\w+)(?:, *+|(?=\)))")
_SHAPE: Final = re.compile(r"R\.shape\(\[((?:\w{1,60}(?:, )?)*+)\]\)")
_WORDS: Final[Mapping[str, Plain]] = {"True": True, "False": False, "None": None}
_TYPE_KEYS: Final = frozenset({"out_sinfo", "out_ty", "sinfo_args", "ty_args", "struct_info"})
_KERNELS: Final = frozenset({"call_tir", "call_tir_inplace", "call_tir_with_grad"})
_PACKED: Final = frozenset(
    {
        "call_dps_packed", "call_packed", "call_pure_packed", "call_inplace_packed",
        "call_builtin_with_ctx", "call_py_func",
    }
)  # fmt: skip
_SELF: Final = ("cls", "Module", "self")


@dataclass(frozen=True, slots=True)
class Typed:
    """A type among operands."""

    type: ValueType


Parsed = Operand | Typed


class RelaxExpressions:
    """Expressions of one script, whose statements go to the writers that they are given."""

    def __init__(
        self, tokens: ScriptTokens, constants: Mapping[tuple[str, int], StoredTensor]
    ) -> None:
        self._tokens = tokens
        self._constants = constants
        self._locals: set[str] = set()
        self._class = ""

    # ---- expressions

    def _operand(self, parsed: Parsed, writer: Writer) -> Operand:
        if isinstance(parsed, Typed):
            raise self._tokens.refuse("a type stands where a value should")
        return parsed

    def _expression(self, writer: Writer, tight: int = 0, tuple_allowed: bool = False) -> Parsed:
        """An expression, operators between operands by how tightly they bind."""
        tokens = self._tokens
        tokens.enter()
        left = self._postfixed(writer)
        while tokens.kind == "mark" and tokens.text in _INFIX and _INFIX[tokens.text][0] > tight:
            sign = tokens.advance()
            binding, operation = _INFIX[sign]
            right = self._expression(writer, binding)
            left = self._join(writer, sign, operation, left, right)
        if tuple_allowed and tokens.text == ",":
            items = [left]
            while tokens.passes(","):
                items.append(self._expression(writer))
            left = self._gather(writer, items)
        tokens.leave()
        return left

    def _join(
        self, writer: Writer, sign: str, operation: str, left: Parsed, right: Parsed
    ) -> Parsed:
        sizes = [_as_size(each) for each in (left, right)]
        if None not in sizes:
            return Sizes((parse_size(f"({sizes[0]} {sign} {sizes[1]})"),))
        operands = (self._operand(left, writer), self._operand(right, writer))
        return writer.add(Apply(writer.fresh(), operation, operands, {}))

    def _postfixed(self, writer: Writer) -> Parsed:
        tokens = self._tokens
        found = self._primary(writer)
        while tokens.text == "[" and tokens.kind == "mark" and isinstance(found, Name):
            tokens.advance()
            index = self._expression(writer)
            tokens.take("]")
            place = _as_size(index)
            if not isinstance(place, int) or place < 0:
                raise tokens.refuse("expected the place of an item")
            found = writer.add(Element(writer.fresh(), found, place))
        return found

    def _primary(self, writer: Writer) -> Parsed:
        tokens = self._tokens
        match tokens.kind:
            case "number":
                return Written(_number(tokens.advance()))
            case "string":
                return Written(unescape(tokens.advance()))
            case "name":
                return self._named(writer)
        if tokens.text == "-":
            tokens.advance()
            operand = self._expression(writer, _SIGNED)
            if isinstance(operand, Written) and isinstance(operand.value, int | float):
                return Written(-operand.value)
            operands = (self._operand(operand, writer),)
            return writer.add(Apply(writer.fresh(), "negative", operands, {}))
        if tokens.text in ("(", "["):
            return self._sequence(writer)
        if tokens.text == "{":
            return self._mapping(writer)
        raise tokens.refuse("expected an expression")

    def _sequence(self, writer: Writer) -> Parsed:
        tokens = self._tokens
        is_list = tokens.text == "["
        closing = "]" if is_list else ")"
        tokens.advance()
        items: list[Parsed] = []
        has_comma = is_list
        while not tokens.passes(closing):
            items.append(self._expression(writer))
            if tokens.passes(","):
                has_comma = True
            elif tokens.text != closing:
                raise tokens.refuse(f"expected ',' or {closing!r}")
        if len(items) == 1 and not has_comma:
            return items[0]
        return self._gather(writer, items)

    def _gather(self, writer: Writer, items: list[Parsed]) -> Parsed:
        """What several items are together: types, plain values, sizes, or a tuple."""
        if items and all(isinstance(each, Typed) for each in items):
            return Typed(TupleType(tuple(e.type for e in items if isinstance(e, Typed))))
        plain = [each.value for each in items if isinstance(each, Written)]
        if items and len(plain) == len(items):
            return Written(tuple(plain))
        sizes = [_as_size(each) for each in items]
        if items and None not in sizes:
            return Sizes(tuple(each for each in sizes if each is not None))
        return writer.add(
            Bundle(writer.fresh(), tuple(self._operand(each, writer) for each in items))
        )

    def _mapping(self, writer: Writer) -> Written:
        tokens = self._tokens
        tokens.enter()
        tokens.take("{")
        found: dict[str, Plain] = {}
        while not tokens.passes("}"):
            key = self._expression(writer)
            tokens.take(":")
            value = self._expression(writer)
            if isinstance(key, Written) and isinstance(key.value, str):
                found[key.value] = _as_plain(value)
            if not tokens.passes(",") and tokens.text != "}":
                raise tokens.refuse("expected ',' or '}'")
        tokens.leave()
        return Written(found)

    def _named(self, writer: Writer) -> Parsed:
        tokens = self._tokens
        name = tokens.text
        if name in TYPES:
            return Typed(parse_type(tokens))
        if name == "R.shape" and (match := _SHAPE.match(tokens.source, tokens.start)) is not None:
            sizes = [each for each in match[1].split(", ") if each]
            if self._locals.isdisjoint(sizes):
                tokens.jump(match.end())
                return Sizes(tuple(parse_size(each) for each in sizes))
        if name == "metadata":
            return self._metadata(writer)
        start = tokens.start
        tokens.advance()
        if tokens.text == "(" and tokens.kind == "mark":
            return self._call(writer, name, start)
        if name in _WORDS:
            return Written(_WORDS[name])
        if name in self._locals:
            return Name(name)
        root, point, function = name.partition(".")
        if point and (root in _SELF or root == self._class):
            return Name(f"@{function}")
        return Sizes((parse_size(name),))

    def _metadata(self, writer: Writer) -> Name:
        """A constant that stands at the end of the file, or was left out."""
        tokens = self._tokens
        tokens.advance()
        tokens.take("[")
        key = unescape(tokens.get("string"))
        tokens.take("]")
        tokens.take("[")
        place = parse_integer(tokens.get("number"))
        tokens.take("]")
        known = self._constants.get((key, place))
        if known is None:
            known = StoredTensor(TensorType(None, None), "constant", "absent")
        return writer.add(Keep(f"metadata[{place}]", known))

    # ---- calls

    def _call(self, writer: Writer, name: str, start: int) -> Parsed:
        root, _, rest = name.partition(".")
        operands, attributes, type_ = self._arguments(writer)
        if root in ("R", "relax") and rest:
            return self._operation(writer, rest, operands, attributes, type_)
        if root == "T" or root == "tir" or root == "tvm":
            return self._primitive(rest, operands, start)
        inputs = tuple(operands)
        if rest and (root in _SELF or root == self._class):
            return writer.add(Invoke(writer.fresh(), rest, inputs, type_, is_global=True))
        return writer.add(Invoke(writer.fresh(), name, inputs, type_, name not in self._locals))

    def _primitive(self, name: str, operands: list[Operand], start: int) -> Operand:
        """A number of a type (``T.int64(3)``); a variable without one; arithmetic of sizes."""
        if len(operands) == 1 and isinstance(operands[0], Written | Sizes):
            return operands[0]
        if len(operands) > 1 and "Imm" in name:
            return operands[1]
        return Sizes((parse_size(self._tokens.source[start : self._tokens.start].strip()),))

    def _operation(
        self,
        writer: Writer,
        name: str,
        operands: list[Operand],
        attributes: dict[str, Plain],
        type_: ValueType,
    ) -> Operand:
        match name:
            case "const":
                return self._constant(writer, operands, attributes)
            case "shape" | "prim_value" | "str" | "dtype":
                return _as_value(operands, is_shape=name == "shape")
            case "tuple":
                return writer.add(Bundle(writer.fresh(), tuple(operands)))
        called = next(iter(operands), Written(None))
        if name in _KERNELS and isinstance(called, Name) and called.name[0] == "@":
            inputs = self._list_inputs(operands[1:2])
            operation = KERNEL_MARK + called.name[1:]
            return writer.add(Apply(writer.fresh(), operation, inputs, {}, type_))
        if name in _PACKED and isinstance(called, Written) and isinstance(called.value, str):
            operation = PACKED_MARK + called.value
            return writer.add(
                Apply(writer.fresh(), operation, tuple(operands[1:]), attributes, type_)
            )
        return writer.add(Apply(writer.fresh(), name, tuple(operands), attributes, type_))

    @staticmethod
    def _list_inputs(operands: list[Operand]) -> tuple[Operand, ...]:
        return tuple(each for each in operands if isinstance(each, Name))

    def _constant(
        self, writer: Writer, operands: list[Operand], attributes: Mapping[str, Plain]
    ) -> Name:
        """``R.const``: one number, or a list of them."""
        value = _as_plain(operands[0]) if operands else None
        stated = _as_plain(operands[1]) if len(operands) > 1 else attributes.get("dtype")
        items = value if isinstance(value, tuple) else (value,)
        numbers: list[Scalar] = [each for each in items if isinstance(each, int | float)]
        usual = "float32" if any(isinstance(each, float) for each in numbers) else "int32"
        element = find_element(stated if isinstance(stated, str) else usual)
        shape = (len(items),) if isinstance(value, tuple) else ()
        values = tuple(numbers) if len(numbers) == len(items) else None
        stored = StoredTensor(TensorType(element, shape), "constant", values=values)
        return writer.add(Keep(writer.fresh(), stored))

    def _arguments(self, writer: Writer) -> tuple[list[Operand], dict[str, Plain], ValueType]:
        tokens = self._tokens
        tokens.enter()
        tokens.take("(")
        operands: list[Operand] = []
        attributes: dict[str, Plain] = {}
        type_: ValueType = None
        while not tokens.passes(")"):
            key = ""
            if tokens.kind == "name":
                name = _NAME.match(tokens.source, tokens.start)
                if name is not None and name[1] in self._locals:
                    operands.append(Name(name[1]))
                    tokens.jump(name.end())
                    continue
                if take_plain(tokens, attributes):
                    continue
            if is_key(tokens):
                key = tokens.advance()
                tokens.advance()
            parsed = self._expression(writer)
            if isinstance(parsed, Typed):
                type_ = parsed.type
                if (
                    key.endswith("_args")
                    and isinstance(type_, TupleType)
                    and len(type_.fields) == 1
                ):
                    type_ = type_.fields[0]
            elif key in _TYPE_KEYS:
                type_ = None
            elif key:
                attributes[key] = _as_plain(parsed)
            else:
                operands.append(parsed)
            if not tokens.passes(",") and tokens.text != ")":
                raise tokens.refuse("expected ',' or ')' among operands")
        tokens.leave()
        return operands, attributes, type_


def _number(text: str) -> Scalar:
    return parse_integer(text) if text.isdigit() else parse_float(text)


def _as_size(parsed: Parsed) -> Dimension | None:
    """The one size that a value is; None for any other."""
    if isinstance(parsed, Sizes) and len(parsed.sizes) == 1:
        return parsed.sizes[0]
    if isinstance(parsed, Written) and type(parsed.value) is int:
        return parsed.value
    return None


def _as_plain(parsed: Parsed) -> Plain:
    """The plain value of an attribute; None for what has none."""
    if isinstance(parsed, Written):
        return parsed.value
    if isinstance(parsed, Sizes):
        return parsed.sizes[0] if len(parsed.sizes) == 1 else parsed.sizes
    return None


def _as_value(operands: list[Operand], is_shape: bool) -> Operand:
    """A shape, one size, a text."""
    if not operands:
        return Sizes(())
    found = operands[0]
    if isinstance(found, Written):
        value = found.value
        if is_shape or type(value) is int:
            items = value if isinstance(value, tuple) else (value,)
            whole = tuple(each for each in items if type(each) is int)
            if len(whole) == len(items):
                return Sizes(whole)
    if isinstance(found, Name):  # R.shape([]): a list without items
        return Sizes(()) if is_shape else found
    return found
