"""Relax's script, from tokens to functions of statements."""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import StoredTensor
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.shapes import ANY
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
    Program,
    Sizes,
    Statement,
    Writer,
    Written,
)
from cyborg_rr.readers.tvm.relax.expressions import Parsed, RelaxExpressions, Typed
from cyborg_rr.readers.tvm.relax.summing import find_summing
from cyborg_rr.readers.tvm.relax.syntax import (
    ScriptTokens,
    is_bound,
    parse_signature,
    parse_type,
)
from cyborg_rr.readers.tvm.written.types import ValueType


class RelaxScript(RelaxExpressions):
    """One script on its way to a program."""

    def __init__(self, text: str, constants: Mapping[tuple[str, int], StoredTensor]) -> None:
        super().__init__(ScriptTokens(text), constants)
        self._counter = [0]
        self.program = Program()

    def read(self) -> Program:
        """All functions of the module."""
        tokens = self._tokens
        decorators: list[str] = []
        while tokens.kind != "end":
            if tokens.kind == "line":
                tokens.advance()
            elif tokens.text == "@":
                tokens.advance()
                decorators.append(tokens.text)
                tokens.skip_line()
            elif tokens.text == "def" and tokens.kind == "name":
                self._define(decorators)
                decorators = []
            elif tokens.text == "class" and tokens.kind == "name":
                tokens.advance()
                self._class = tokens.text
                decorators = []
                tokens.skip_line()
            else:
                tokens.skip_line()
        return self.program

    def _define(self, decorators: list[str]) -> None:
        tokens = self._tokens
        indent = tokens.indent
        tokens.advance()
        name = tokens.get("name")
        if any(each == "R.function" or each.endswith("relax.function") for each in decorators):
            if name in self.program.functions:
                raise tokens.refuse(f"the function {quote(name)} is defined a second time")
            self._locals = set()
            self.program.functions[name] = self._function(name, indent)
        else:
            self.program.hidden.add(name)
            if (types := parse_signature(tokens)) is not None:
                self.program.kernels[name] = types
            start = tokens.start
            tokens.skip_block(indent)
            if "einsum" in name:
                summing = find_summing(tokens.source[start : tokens.start])
                if summing is not None:
                    self.program.summings[name] = summing

    def _function(self, name: str, indent: int) -> Function:
        tokens = self._tokens
        if tokens.text == "[":
            tokens.skip_brackets()
        tokens.take("(")
        parameters: list[tuple[str, ValueType]] = []
        while not tokens.passes(")"):
            parameter = tokens.get("name")
            parameters.append((parameter, parse_type(tokens) if tokens.passes(":") else None))
            self._locals.add(parameter)
            if not tokens.passes(",") and tokens.text != ")":
                raise tokens.refuse("expected ',' or ')' among parameters")
        if len({each for each, _ in parameters}) != len(parameters):
            raise tokens.refuse("two parameters have one name")
        result = parse_type(tokens) if tokens.passes("->") else None
        tokens.take(":")
        writer = Writer(self._counter)
        function = Function(name, parameters, writer.body, result)
        self._block(writer, indent, function)
        if writer.body.result == Written(None):
            raise tokens.refuse(f"the function {quote(name)} before it returns nothing")
        return function

    # ---- statements

    def _block(self, writer: Writer, outer: int, function: Function) -> str:
        """The statements that are indented further; the name that got a value last."""
        tokens = self._tokens
        tokens.enter()
        last = ""
        while tokens.kind == "line":
            if tokens.indent <= outer:
                break
            tokens.advance()
            if tokens.kind in ("line", "end"):
                continue
            last = self._statement(writer, function) or last
            if tokens.kind not in ("line", "end"):
                raise tokens.refuse("expected the end of the line")
        tokens.leave()
        return last

    def _statement(self, writer: Writer, function: Function) -> str:
        tokens = self._tokens
        word = tokens.text if tokens.kind == "name" else ""
        match word:
            case "with":
                indent = tokens.indent
                while tokens.text != ":":
                    if tokens.kind in ("line", "end"):
                        raise tokens.refuse("expected ':'")
                    tokens.advance()
                tokens.take(":")
                return self._block(writer, indent, function)
            case "return":
                tokens.advance()
                writer.body.result = self._operand(self._expression(writer), writer)
                return ""
            case "if":
                return self._if(writer, function)
            case "pass":
                tokens.advance()
                return ""
            case "R.output":
                tokens.skip_line()
                return ""
            case "R.func_attr":
                self._attributes(function)
                return ""
            case "def":
                return self._inner(writer)
        if tokens.text == "@":
            tokens.skip_line()
            return ""
        return self._assign(writer)

    def _attributes(self, function: Function) -> None:
        tokens = self._tokens
        tokens.advance()
        tokens.take("(")
        found = self._expression(Writer(self._counter))
        tokens.take(")")
        if isinstance(found, Written) and isinstance(found.value, Mapping):
            function.attributes = found.value

    def _inner(self, writer: Writer) -> str:
        indent = self._tokens.indent
        self._tokens.advance()
        name = self._tokens.get("name")
        self._locals.add(name)
        writer.add(Closure(name, self._function(name, indent)))
        return name

    def _assign(self, writer: Writer) -> str:
        tokens = self._tokens
        if tokens.kind != "name" or "." in tokens.text:
            self._expression(writer)
            return ""
        if not is_bound(tokens):
            self._expression(writer)
            return ""
        name = tokens.advance()
        stated = None
        if tokens.passes(":"):
            stated = parse_type(tokens)
            if tokens.kind in ("line", "end"):
                return ""
        tokens.take("=")
        value = self._expression(writer, tuple_allowed=True)
        return self._bind(writer, name, value, stated)

    def _bind(self, writer: Writer, name: str, value: Parsed, stated: ValueType) -> str:
        """Give a value its name: that of the statement that made it, or another."""
        statements = writer.body.statements
        is_symbol = isinstance(value, Sizes) and value.sizes in ((name,), (ANY,))
        if is_symbol or name in ("cls", "_") or isinstance(value, Typed):
            return ""
        self._locals.add(name)
        last = statements[-1] if statements else None
        made = isinstance(value, Name) and last is not None and last.result == value.name
        if made and value.name.startswith(".") and last is not None:  # type: ignore[union-attr]
            statements[-1] = _rename(last, name, stated)
        else:
            writer.add(Alias(name, self._operand(value, writer), stated))
        return name

    def _if(self, writer: Writer, function: Function) -> str:
        tokens = self._tokens
        indent = tokens.indent
        tokens.advance()
        condition = self._operand(self._expression(writer), writer)
        tokens.take(":")
        yes, no = writer.inner(), writer.inner()
        name = self._block(yes, indent, function)
        other = ""
        if tokens.kind == "line" and tokens.indent == indent:
            tokens.advance()
            tokens.take("else")
            tokens.take(":")
            other = self._block(no, indent, function)
        if not name or not other:
            raise tokens.refuse("a condition has a side that yields nothing")
        yes.body.result, no.body.result = Name(name), Name(other)
        writer.add(Branch(name, condition, yes.body, no.body))
        return name


def _rename(statement: Statement, name: str, stated: ValueType) -> Statement:
    """The statement under the name that it gets, with the type that is stated of it."""
    match statement:
        case Apply():
            return Apply(name, statement.operation, statement.operands, statement.attributes,
                         stated or statement.type)  # fmt: skip
        case Invoke():
            return Invoke(name, statement.callee, statement.operands, stated or statement.type,
                          statement.is_global)  # fmt: skip
        case Element():
            return Element(name, statement.source, statement.index, stated)
        case Bundle():
            return Bundle(name, statement.items)
        case Keep():
            return Keep(name, statement.stored)
        case _:
            raise UnreadableModel(f"{quote(name)} is given what has no value")
