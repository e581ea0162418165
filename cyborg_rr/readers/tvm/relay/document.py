"""Relay's JSON, from nodes to functions of statements.

``tvm.ir.save_json`` of TVM 0.6 to 0.19 (fields as src/relay/ir reflects them). An expression is a
node that others name, as often as they use it, so each is written where it is first needed.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.tvm.program import (
    ENTRY,
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
    Program,
    Writer,
)
from cyborg_rr.readers.tvm.relay.fields import Fields
from cyborg_rr.readers.tvm.written.arrays import as_weight
from cyborg_rr.readers.tvm.written.nodes import Nodes, as_whole
from cyborg_rr.readers.tvm.written.types import ValueType

MAX_DEPTH: Final = 48
"""Functions and conditions within one another."""

_MODULES: Final = frozenset({"IRModule", "relay.Module"})
_OPERANDS: Final[dict[str, tuple[str, ...]]] = {
    "relay.Tuple": ("fields",), "relay.Call": ("op", "args"), "relay.TupleGetItem": ("tuple",),
    "relay.Let": ("value",), "relay.If": ("cond",), "relay.RefCreate": ("value",),
    "relay.RefRead": ("ref",), "relay.RefWrite": ("ref", "value"), "relay.Match": ("data",),
}  # fmt: skip
"""Fields with what has to be written before a node is."""

_NAMED: Final = frozenset({"relay.Var", "GlobalVar", "relay.GlobalVar", "Op", "relay.Op"})
"""Nodes that are written nowhere: others name them."""


class _Seen:
    """Which expressions are written already, here or further out."""

    def __init__(self, outer: _Seen | None = None) -> None:
        self._outer = outer
        self._names: dict[int, str] = {}

    def find(self, place: int) -> str | None:
        seen: _Seen | None = self
        while seen is not None:
            if place in seen._names:
                return seen._names[place]
            seen = seen._outer
        return None

    def note(self, place: int, name: str) -> None:
        self._names[place] = name


class RelayDocument:
    """One file of nodes on its way to a program."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._fields = Fields(nodes)
        self._counter = [0]
        self._depth = 0
        self._variables: dict[int, str] = {}
        self._hints: dict[str, int] = {}
        self.program = Program(encoding="json", producer_version=nodes.version)

    def read(self) -> Program:
        """The functions of a module; a function alone is ``main``."""
        nodes, root = self._nodes, self._nodes.root
        kind = nodes.kind(root)
        if kind == "relay.Function":
            self.program.functions[ENTRY] = self._function(ENTRY, root, _Seen())
            return self.program
        if kind not in _MODULES:
            raise UnreadableModel(f"the file holds {quote(kind or 'nothing')}, no module of Relay")
        for name, place in self._list_functions():
            if nodes.kind(place) == "relay.Function":
                self._hints.clear()
                self.program.functions[name] = self._function(name, place, _Seen())
            else:
                self.program.hidden.add(name)
        return self.program

    def _list_functions(self) -> list[tuple[str, int]]:
        """Functions by their names: a map whose keys and values stand in turn."""
        nodes = self._nodes
        items = nodes.items(nodes.reference(nodes.root, "functions"))
        if len(items) % 2:
            raise UnreadableModel("the map of functions has a key without a function")
        pairs = zip(items[::2], items[1::2], strict=True)
        return [(self._fields.get_name(key, "name_hint"), value) for key, value in pairs]

    def _function(self, name: str, place: int, outer: _Seen) -> Function:
        nodes = self._nodes
        self._enter()
        parameters: list[tuple[str, ValueType]] = []
        for each in nodes.items(nodes.reference(place, "params")):
            if nodes.kind(each) != "relay.Var":
                raise UnreadableModel(f"node {each}, a parameter of {quote(name)}, is no variable")
            parameters.append((self._variable(each), self._fields.find_variable_type(each)))
        if len({each for each, _ in parameters}) != len(parameters):
            raise UnreadableModel(f"a variable is a parameter of {quote(name)} twice")
        writer = Writer(self._counter)
        writer.body.result = self._write(nodes.reference(place, "body"), writer, _Seen(outer))
        result = self._fields.find_type(nodes.reference(place, "ret_type"))
        self._depth -= 1
        attributes = self._attributes(nodes.reference(place, "attrs"))
        return Function(name, parameters, writer.body, result, attributes)

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnreadableModel(f"functions are nested more than {MAX_DEPTH} deep")

    def _attributes(self, place: int) -> dict[str, Plain]:
        """Attributes such as ``Primitive`` and ``Compiler``."""
        nodes = self._nodes
        if not place or "__dict__" not in nodes.attributes(place):
            return {}
        found: dict[str, Plain] = {}
        for key, value in nodes.entries(nodes.reference(place, "__dict__")).items():
            whole = nodes.text(value, "value")
            found[key] = nodes.string(value) or (as_whole(whole) if whole else None)
        return found

    def _variable(self, place: int) -> str:
        """The name of a variable, which several may have: a number tells them apart."""
        if place not in self._variables:
            identity = self._nodes.reference(place, "vid")
            hint = self._fields.get_name(identity or place, "name_hint")
            number = self._hints[hint] = self._hints.get(hint, -1) + 1
            self._variables[place] = f"{hint}~{number}" if number else hint
        return self._variables[place]

    # ---- expressions

    def _write(self, root: int, writer: Writer, seen: _Seen) -> Operand:
        """Write an expression and what it needs, in order; chains may be as long as they like."""
        pending = [(root, False)]
        opened: set[int] = set()
        while pending:
            place, is_ready = pending.pop()
            if seen.find(place) is not None or self._nodes.kind(place) in _NAMED:
                continue
            if is_ready:
                opened.discard(place)
                pending.extend(self._finish(place, writer, seen))
                continue
            if place in opened:
                raise UnreadableModel(f"node {place} needs itself")
            opened.add(place)
            pending.append((place, True))
            pending.extend((each, False) for each in reversed(self._list_operands(place)))
        return self._operand(root, seen)

    def _list_operands(self, place: int) -> list[int]:
        nodes = self._nodes
        kind = nodes.kind(place)
        found: list[int] = []
        for field in _OPERANDS.get(kind, ()):
            if field == "tuple" and "tuple_value" in nodes.attributes(place):
                field = "tuple_value"  # since 0.8 or so
            named = nodes.reference(place, field)
            if nodes.kind(named) == "Array":
                found.extend(nodes.items(named))
            elif nodes.kind(named) not in ("relay.Constructor", ""):
                found.append(named)
        return found

    def _operand(self, place: int, seen: _Seen) -> Operand:
        kind = self._nodes.kind(place)
        if kind == "relay.Var":
            return Name(self._variable(place))
        if kind in ("GlobalVar", "relay.GlobalVar"):
            return Name(f"@{self._fields.get_name(place, 'name_hint')}")
        name = seen.find(place)
        if name is None:
            raise UnreadableModel(f"node {place} ({quote(kind)}) is no expression that has a value")
        return Name(name)

    def _finish(self, place: int, writer: Writer, seen: _Seen) -> list[tuple[int, bool]]:
        """Write a node whose operands are there; what has to follow (the body of a ``let``)."""
        nodes, name = self._nodes, writer.fresh()
        type_ = self._fields.find_type(nodes.reference(place, "_checked_type_"))
        match nodes.kind(place):
            case "relay.Constant":
                kept = as_weight(nodes.array(nodes.reference(place, "data")))
                name = f"constant{place}" if kept.kind == "parameter" else name
                writer.add(Keep(name, kept))
            case "relay.Tuple":
                items = nodes.items(nodes.reference(place, "fields"))
                writer.add(Bundle(name, tuple(self._operand(each, seen) for each in items)))
            case "relay.TupleGetItem":
                index = as_whole(nodes.text(place, "index") or "")
                source = self._operand(self._list_operands(place)[0], seen)
                if index is None or index < 0 or not isinstance(source, Name):
                    raise UnreadableModel(f"node {place} has no index")
                writer.add(Element(name, source, index, type_))
            case "relay.Call":
                self._call(place, name, type_, writer, seen)
            case "relay.Function":
                writer.add(Closure(name, self._function("fn", place, seen)))
            case "relay.If":
                self._if(place, name, type_, writer, seen)
            case "relay.Let":
                return self._let(place, writer, seen)
            case kind:
                if kind not in _OPERANDS:
                    raise UnreadableModel(f"node {place} ({quote(kind)}) is no expression")
                found = self._list_operands(place)
                operands = tuple(self._operand(each, seen) for each in found)
                writer.add(
                    Apply(name, kind.removeprefix("relay.").lower()[:80], operands, {}, type_)
                )
        seen.note(place, name)
        return []

    def _let(self, place: int, writer: Writer, seen: _Seen) -> list[tuple[int, bool]]:
        """A variable gets its value; the expression is its body, which is written next."""
        nodes = self._nodes
        variable, body = nodes.reference(place, "var"), nodes.reference(place, "body")
        name = self._variable(variable)
        known = seen.find(-place)
        if known is None:
            writer.add(Alias(name, self._operand(nodes.reference(place, "value"), seen)))
            seen.note(-place, name)
            return [(place, True), (body, False)]
        result = writer.fresh()
        writer.add(Alias(result, self._operand(body, seen)))
        seen.note(place, result)
        return []

    def _if(self, place: int, name: str, type_: ValueType, writer: Writer, seen: _Seen) -> None:
        nodes = self._nodes
        self._enter()
        sides = []
        for field in ("true_branch", "false_branch"):
            inner = writer.inner()
            inner.body.result = self._write(nodes.reference(place, field), inner, _Seen(seen))
            sides.append(inner.body)
        self._depth -= 1
        condition = self._operand(nodes.reference(place, "cond"), seen)
        writer.add(Branch(name, condition, sides[0], sides[1], type_))

    def _call(self, place: int, name: str, type_: ValueType, writer: Writer, seen: _Seen) -> None:
        nodes = self._nodes
        called = nodes.reference(place, "op")
        arguments = nodes.items(nodes.reference(place, "args"))
        operands = tuple(self._operand(each, seen) for each in arguments)
        kind = nodes.kind(called)
        if kind in ("Op", "relay.Op", "relay.Constructor"):
            operation = self._fields.get_operation(called)
            attributes = self._fields.parse_attributes(nodes.reference(place, "attrs"))
            writer.add(Apply(name, operation, operands, attributes, type_))
            return
        callee = self._operand(called, seen)
        if not isinstance(callee, Name):
            raise UnreadableModel(f"node {place} calls what is no function")
        is_global = callee.name.startswith("@")
        writer.add(Invoke(name, callee.name.removeprefix("@"), operands, type_, is_global))
