"""Takes one function of TorchScript apart, statement by statement; nesting is bounded."""

from __future__ import annotations

from cyborg_rr.readers.torchscript.language.expressions import MAX_DEPTH, ExpressionParser
from cyborg_rr.readers.torchscript.language.syntax import (
    Assign,
    Branch,
    Evaluate,
    Function,
    Literal,
    Named,
    Parameter,
    Repeat,
    Return,
    Several,
    Statement,
)


def parse_function(text: str, first_line: int, what: str) -> Function:
    """A function that is the whole of a text; ``UnreadableModel`` names the line."""
    return _Parser(text, first_line, what).function(0)


class _Parser(ExpressionParser):
    def function(self, depth: int) -> Function:
        """``def name(parameters) -> type:`` and its block."""
        self._want("def")
        name = self._name()
        self._want("(")
        parameters = []
        while not self._take(")"):
            called = self._name()
            kind = self._type_text() if self._take(":") else ""
            default = self._expression(depth) if self._take("=") else None
            parameters.append(Parameter(called, kind, default))
            if not self._is(")"):
                self._want(",")
        if self._take("->"):
            self._type_text()
        return Function(name, tuple(parameters), self._block(depth), self._counts)

    def _type_text(self) -> str:
        """The text of a type, up to what cannot be part of one."""
        parts, brackets = [], 0
        while self._kind not in ("line", "end"):
            if not brackets and self._text in (",", ")", ":", "="):
                break
            brackets += (self._text == "[") - (self._text == "]")
            parts.append(self._next())
        return "".join(parts)

    def _block(self, depth: int) -> tuple[Statement, ...]:
        if depth > MAX_DEPTH:
            raise self._refuse(f"less than {MAX_DEPTH} blocks")
        self._want(":")
        if self._kind != "line":
            return tuple(self._statement(depth))
        self._next()
        self._want_deeper()
        statements: list[Statement] = []
        while self._kind not in ("out", "end"):
            statements += self._statement(depth + 1)
        if self._kind == "out":
            self._next()
        return tuple(statements)

    def _want_deeper(self) -> None:
        if self._kind != "in":
            raise self._refuse("a block")
        self._next()

    def _statement(self, depth: int) -> list[Statement]:
        """One statement; none where it says nothing."""
        if self._kind == "call":
            target, _, call = self._next().partition(" = ")
            return [Assign((self._word(target),), self._read_call(call), False)]
        word = self._text if self._kind == "name" else ""
        if word == "if":
            return [self._branch(depth)]
        if word in ("while", "for"):
            return [self._repeat(depth)]
        if word == "def":  # a function within a function, which only prim::Closure has
            self.function(depth + 1)
            return []
        made: list[Statement] = []
        if word == "return":
            self._next()
            value = Literal(None) if self._kind == "line" else self._listed(depth)[0]
            made = [Return(value)]
        elif word == "assert":
            self._next()
            self._listed(depth)
        elif word in ("pass", "break", "continue"):
            self._next()
        else:
            made = self._assignment(depth)
        if self._kind not in ("line", "end"):
            raise self._refuse("the end of the line")
        if self._kind == "line":
            self._next()
        return made

    def _branch(self, depth: int) -> Branch:
        self._next()
        condition = self._expression(depth)
        yes = self._block(depth)
        no: tuple[Statement, ...] = ()
        if self._is("elif"):
            if depth > MAX_DEPTH:
                raise self._refuse(f"less than {MAX_DEPTH} blocks")
            no = (self._branch(depth + 1),)
        elif self._take("else"):
            no = self._block(depth)
        return Branch(condition, yes, no)

    def _repeat(self, depth: int) -> Repeat:
        target = ""
        if self._next() == "for":
            target = self._name()
            self._want("in")
        over = self._expression(depth)
        return Repeat(target, over, self._block(depth))

    def _assignment(self, depth: int) -> list[Statement]:
        first, unpacks = self._listed(depth)
        if self._take(":"):  # the type of a variable
            self._type_text()
            if not self._is("="):
                return []
        if not self._take("="):
            return [Evaluate(first)]
        value, _ = self._listed(depth)
        targets = first.parts if unpacks and isinstance(first, Several) else (first,)
        if unpacks and isinstance(value, Named):
            self._counts[value.name] = len(targets)
        return [Assign(targets, value, unpacks)]
