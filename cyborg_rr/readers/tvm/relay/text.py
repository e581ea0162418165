"""Relay's text, from tokens to functions of statements."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.tvm.program import (
    ENTRY,
    Alias,
    Closure,
    Function,
    Name,
    Operand,
    Plain,
    Program,
    Writer,
)
from cyborg_rr.readers.tvm.relay.expressions import Constants, RelayExpressions
from cyborg_rr.readers.tvm.relay.syntax import (
    PATTERN,
    is_assigned,
    is_key,
    parse_comment_type,
    parse_plain,
    parse_type,
    skip_brackets,
)
from cyborg_rr.readers.tvm.written.tokens import Tokens, unescape
from cyborg_rr.readers.tvm.written.types import ValueType

_DEFINITIONS: Final = frozenset({"type", "extern"})


class RelayText(RelayExpressions):
    """One text on its way to a program."""

    def __init__(self, text: str, start: int, stop: int, constants: Constants) -> None:
        super().__init__(Tokens(text, PATTERN, start, stop), constants)
        self._counter = [0]
        self.program = Program()

    def read(self) -> Program:
        """All definitions of the text; an expression alone is the body of ``main``."""
        tokens = self._tokens
        free: list[tuple[str, ValueType]] = []
        while tokens.kind != "end":
            if tokens.text == "def":
                self._define()
            elif tokens.text in _DEFINITIONS and not is_key(tokens):
                self._skip_definition()
            elif tokens.text == "free_var":
                free.append(self._read_free())
            elif tokens.kind == "global":
                raise UnreadableModel(
                    "the file holds kernels of TVM's TIR, not a graph: give the Relay module that "
                    "they were made from"
                )
            else:
                self._read_expression(free)
        if not self.program.functions:
            raise UnreadableModel("the file holds no function of Relay")
        return self.program

    # ---- definitions

    def _define(self) -> None:
        self._tokens.take("def")
        name = self._tokens.get("global")[1:]
        if name in self.program.functions:
            raise self._tokens.refuse(f"the function {quote(name)} is defined a second time")
        self.program.functions[name] = self._function(name)

    def _skip_definition(self) -> None:
        tokens = self._tokens
        while tokens.text != "{" and tokens.kind != "end":
            if tokens.advance() == "extern":
                tokens.passes("type")
                tokens.get("name")
                if tokens.text not in ("[", "{", "<"):
                    return
        if tokens.text == "{":
            skip_brackets(tokens)

    def _read_free(self) -> tuple[str, ValueType]:
        self._tokens.advance()
        name = self._tokens.get("local")[1:]
        type_ = parse_type(self._tokens) if self._tokens.passes(":") else None
        self._tokens.passes(";")
        return name, type_

    def _read_expression(self, free: list[tuple[str, ValueType]]) -> None:
        if ENTRY in self.program.functions:
            raise self._tokens.refuse("expected a definition")
        writer = Writer(self._counter)
        result = self._sequence(writer)
        self._tokens.passes(";")
        if not isinstance(result, Name):
            raise UnreadableModel("the file holds no expression of Relay")
        statements = writer.body.statements
        if len(statements) == 1 and isinstance(statements[0], Closure) and not free:
            function = statements[0].function
        else:
            writer.body.result = result
            function = Function(ENTRY, free, writer.body)
        self.program.functions[ENTRY] = function

    def _function(self, name: str) -> Function:
        """A function from its parameters on."""
        tokens = self._tokens
        tokens.enter()
        if tokens.text in ("<", "["):
            skip_brackets(tokens)
        tokens.take("(")
        parameters: list[tuple[str, ValueType]] = []
        attributes: dict[str, Plain] = {}
        while not tokens.passes(")"):
            if tokens.kind == "local":
                parameter = tokens.advance()[1:]
                type_ = parse_type(tokens) if tokens.passes(":") else None
                if tokens.kind == "type":
                    type_ = parse_comment_type(tokens)
                parameters.append((parameter, type_))
            else:
                key = unescape(tokens.advance()) if tokens.kind == "string" else tokens.get("name")
                tokens.take("=")
                attributes[key] = parse_plain(tokens)
            if not tokens.passes(",") and tokens.text != ")":
                raise tokens.refuse("expected ',' or ')' among parameters")
        if len({each for each, _ in parameters}) != len(parameters):
            raise tokens.refuse("two parameters have one name")
        result_type = parse_type(tokens) if tokens.passes("->") else None
        writer = Writer(self._counter)
        self._braces(writer)
        tokens.leave()
        return Function(name, parameters, writer.body, result_type, attributes)

    # ---- sequences

    def _braces(self, writer: Writer) -> None:
        into, self._into = self._into, None
        self._tokens.take("{")
        writer.body.result = self._sequence(writer)
        self._tokens.passes(";")
        self._tokens.take("}")
        self._into = into

    def _sequence(self, writer: Writer) -> Operand:
        """Values that get names, each with ``;`` behind it, and the expression that comes out."""
        tokens = self._tokens
        while True:
            if tokens.text == "let" and tokens.kind == "name":
                tokens.advance()
                self._assign(writer, tokens.get("local")[1:])
            elif tokens.kind == "local" and is_assigned(tokens):
                self._assign(writer, tokens.advance()[1:])
            else:
                return self._expression(writer)

    def _assign(self, writer: Writer, name: str) -> None:
        tokens = self._tokens
        stated = parse_type(tokens) if tokens.passes(":") else None
        tokens.take("=")
        self._into = name
        found = self._expression(writer)
        self._into = None
        if found != Name(name) or not writer.body.statements:
            writer.add(Alias(name, found, stated))
        tokens.take(";")
