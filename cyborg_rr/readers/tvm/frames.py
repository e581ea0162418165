"""Values while a program is written out: names of tensors, tuples, functions, plain ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Node, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.tvm.program import Function, Sizes, Written
from cyborg_rr.readers.tvm.written.types import TupleType, ValueType

MAX_ITEMS: Final = 65536
"""Tensors in one value: tuples may hold one another, and double with each line."""

MAX_NESTED: Final = 100


@dataclass(frozen=True, slots=True)
class Callable:
    """A function as a value, with what was known where it was written."""

    function: Function
    frame: Frame


Value = str | tuple["Value", ...] | Callable | Sizes | Written


@dataclass(slots=True)
class Building:
    """A block while it is written."""

    inputs: dict[str, TensorType] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    stored: dict[str, StoredTensor] = field(default_factory=dict)
    types: dict[str, TensorType] = field(default_factory=dict)

    def finish(self, outputs: tuple[str, ...]) -> Block:
        """The block, which yields these."""
        return Block(self.inputs, outputs, tuple(self.nodes), self.stored, self.types)


@dataclass(eq=False, slots=True)
class Frame:
    """What the names of one body stand for; an inner body sees its outer ones."""

    outer: Frame | None = None
    values: dict[str, Value] = field(default_factory=dict)

    def find(self, name: str) -> Value | None:
        """The value of a name, here or further out."""
        frame: Frame | None = self
        while frame is not None:
            found = frame.values.get(name)
            if found is not None:
                return found
            frame = frame.outer
        return None

    def get(self, name: str) -> Value:
        """The value of a name that has to be there; items of a tuple may follow behind points."""
        found = self.values.get(name) or self.find(name)
        if found is not None:
            return found
        first, point, place = name.rpartition(".")
        if point and place.isdigit() and len(place) < 6:
            source = self.get(first)
            if isinstance(source, tuple) and int(place) < len(source):
                return source[int(place)]
        raise UnreadableModel(f"%{quote(name)[1:-1]} is read and never defined")


def flatten(value: Value) -> tuple[str, ...]:
    """The tensors of a value in order; functions and plain values hold none."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, tuple):
        return ()
    names: list[str] = []
    pending: list[Value] = list(reversed(value))
    visited = 0
    while pending:
        each = pending.pop()
        visited += 1
        if isinstance(each, str):
            names.append(each)
        elif isinstance(each, tuple):
            pending.extend(reversed(each))
        if visited + len(pending) > MAX_ITEMS:
            raise UnreadableModel(f"a tuple has more than {MAX_ITEMS} items")
    return tuple(names)


def spread(type_: ValueType, names: Iterator[str], depth: int = 0) -> Value:
    """A value of a type, with names for its tensors."""
    if not isinstance(type_, TupleType):
        return next(names)
    return tuple(spread(each, names, depth + 1) for each in type_.fields)


def flatten_type(type_: ValueType) -> list[TensorType | None]:
    """The types of the tensors in a value; None where nothing is stated of one."""
    if isinstance(type_, TupleType):
        return [each for field_ in type_.fields for each in flatten_type(field_)]
    return [type_ if isinstance(type_, TensorType) else None]


def rebuild(value: Value, names: Iterator[str], depth: int = 0) -> Value:
    """A value of the same form with other names."""
    if isinstance(value, str):
        return next(names)
    if depth > MAX_NESTED:
        raise UnreadableModel(f"tuples are nested more than {MAX_NESTED} deep")
    if isinstance(value, tuple):
        return tuple(rebuild(each, names, depth + 1) for each in value)
    return value
