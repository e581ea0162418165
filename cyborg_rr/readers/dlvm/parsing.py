"""From text to a module: type names, variables and functions, in the order of the file."""

from __future__ import annotations

import re
from array import array
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.dlvm.instructions import parse_instruction
from cyborg_rr.readers.dlvm.lexing import Cursor
from cyborg_rr.readers.dlvm.module import (
    Block,
    Function,
    FunctionType,
    Instruction,
    Module,
    Opaque,
    Tensor,
    Type,
    make_record,
)
from cyborg_rr.readers.dlvm.types import TypeParser
from cyborg_rr.readers.reading.limits import MAX_NODES

_BREAK: Final = re.compile(r"\n")

MAX_BLOCKS: Final = 4096
"""Blocks of one function: finding where branches meet again may take time by their square."""


def parse_module(text: str) -> Module:
    """The module of a file. Raises ``UnreadableModel`` with line and column."""
    return _Parser(Cursor(text)).parse(text)


class _Parser:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._types = TypeParser(cursor)
        self._variables: dict[str, Type] = {}
        self._functions: dict[str, Function] = {}
        self._size = 0

    def parse(self, text: str) -> Module:
        cursor = self._cursor
        cursor.demand("module")
        name = cursor.take_text()
        cursor.demand("stage")
        if cursor.word not in ("raw", "optimizable"):
            raise cursor.refuse("'raw' or 'optimizable'")
        stage = cursor.take()
        while cursor.kind != "end":
            self._parse_part()
        breaks = array("q", [match.start() for match in _BREAK.finditer(text)])
        return Module(name, stage, self._variables, self._functions, self._size, breaks)

    def _parse_part(self) -> None:
        cursor = self._cursor
        if cursor.has("type"):
            name = self._take_new("$", "the name of a type", self._types.named)
            cursor.demand("=")
            is_opaque = cursor.has("opaque")
            self._types.named[name] = Opaque(name) if is_opaque else self._types.parse_type()
        elif cursor.has("struct"):
            self._parse_structure()
        elif cursor.has("enum"):
            self._parse_enumeration()
        elif cursor.has("var"):
            name = self._take_new("@", "the name of a variable", self._variables)
            cursor.demand(":")
            self._variables[name] = self._types.parse_type()
        else:
            self._parse_function()

    def _take_new(self, sign: str, what: str, taken: object) -> str:
        start = self._cursor.start
        name = self._cursor.take_name(sign, what)
        self._check_new(name, start, taken)
        return name

    def _check_new(self, name: str, start: int, taken: object) -> None:
        if isinstance(taken, dict) and name in taken:
            raise UnreadableModel(f"{quote(name)} stands twice, {self._cursor.place(start)}")

    def _parse_structure(self) -> None:
        cursor = self._cursor
        name = self._take_new("$", "the name of a structure", self._types.named)
        fields: dict[str, Type] = {}
        cursor.demand("{")
        while not cursor.has("}"):
            key = self._take_new("#", "a field", fields)
            cursor.demand(":")
            fields[key] = self._types.parse_type()
        self._types.named[name] = make_record(tuple(fields), tuple(fields.values()))

    def _parse_enumeration(self) -> None:
        cursor = self._cursor
        name = self._take_new("$", "the name of an enumeration", self._types.named)
        self._types.named[name] = Tensor(TensorType(None, None))
        cursor.demand("{")
        while not cursor.has("}"):
            cursor.take_name("?", "a case")
            if cursor.word != "(":
                raise cursor.refuse("'('")
            self._types.parse_type()

    def _parse_function(self) -> None:
        cursor = self._cursor
        while cursor.kind == "name" and cursor.word[0] == "!":
            cursor.take()
        declared = self._parse_declaration() if cursor.has("[") else ""
        start = cursor.start
        cursor.demand("func")
        name = self._take_new("@", "the name of a function", self._functions)
        cursor.demand(":")
        type_ = self._types.parse_type()
        if not isinstance(type_, FunctionType):
            raise UnreadableModel(f"{quote(name)} has no type of functions, {cursor.place(start)}")
        blocks = () if declared else self._parse_body()
        self._functions[name] = Function(name, type_, blocks, declared, start)

    def _parse_declaration(self) -> str:
        """Who defines the function: others, or the derivative of one that is here."""
        cursor = self._cursor
        if cursor.word not in ("extern", "adjoint"):
            raise cursor.refuse("'extern' or 'adjoint'")
        declared = cursor.take()
        while not cursor.has("]"):
            if cursor.kind == "end" or cursor.word in ("{", "func"):
                raise cursor.refuse("']'")
            cursor.take()
        return declared

    def _parse_body(self) -> tuple[Block, ...]:
        cursor = self._cursor
        blocks: dict[str, Block] = {}
        cursor.demand("{")
        while not cursor.has("}"):
            start = cursor.start
            label = self._take_new("'", "a block", blocks)
            blocks[label] = Block(label, self._parse_arguments(), self._parse_block(), start)
            if len(blocks) > MAX_BLOCKS:
                raise UnreadableModel(f"a function has more than {MAX_BLOCKS} blocks")
        if not blocks:
            raise cursor.refuse("a block")
        return tuple(blocks.values())

    def _parse_arguments(self) -> tuple[tuple[str, Type], ...]:
        cursor = self._cursor
        arguments: dict[str, Type] = {}
        cursor.demand("(")
        while not cursor.has(")"):
            if arguments:
                cursor.demand(",")
            start = cursor.start
            if cursor.kind != "name" or cursor.word[0] != "%":
                raise cursor.refuse("an argument")
            name, type_ = self._types.parse_typed()
            self._check_new(name, start, arguments)
            arguments[name] = type_
        cursor.demand(":")
        return tuple(arguments.items())

    def _parse_block(self) -> tuple[Instruction, ...]:
        cursor = self._cursor
        found: list[Instruction] = []
        while cursor.word != "}" and not (cursor.kind == "name" and cursor.word[0] == "'"):
            found.append(parse_instruction(self._types))
            self._size += 1
            if self._size > MAX_NODES:
                raise UnreadableModel(f"the module has more than {MAX_NODES} instructions")
        if not found:
            raise cursor.refuse("an instruction")
        return tuple(found)
