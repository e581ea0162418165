"""Which tensors the names of a function stand for while it is lowered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.dialects.mlir.values import (
    Frame,
    Names,
    flatten_type,
    result_types,
    several,
)
from cyborg_rr.readers.formats.mlir.structure import Module, Operation
from cyborg_rr.readers.formats.mlir.types import TupleType

MAX_TUPLE_NAMES: Final = 2_000_000
"""Tuple elements that operands and results stand for: a short text may name them many times."""


class Scope:
    """Types by flat name, over all functions; ``reserved`` are the names of the inputs."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.types: dict[str, TensorType] = {}
        self.reserved: set[str] = set()
        self._tuple_names = 0

    def find_operands(self, operation: Operation, frame: Frame) -> Names:
        """The tensors that an operation names, tuples taken apart."""
        names: list[str] = []
        for value in operation.operands:
            found = frame.values.get(value)
            if found is None:
                found = self._find_value(value, operation, frame)
            names.extend(found)
            if len(found) > 1:
                self.count_names(len(found), operation.position)
        return tuple(names)

    def count_names(self, names: int, position: int) -> None:
        """Refuse a file whose tuples are named so often that the graph would not fit."""
        self._tuple_names += names
        if self._tuple_names > MAX_TUPLE_NAMES:
            cause = f"values stand for more than {MAX_TUPLE_NAMES} tuple elements"
            raise self.make_error(cause, position)

    def _find_value(self, value: str, operation: Operation, frame: Frame) -> Names:
        alternative = value[:-2] if value.endswith("#0") else value + "#0"
        found = frame.values.get(alternative)
        if found is None:
            raise self.make_error(f"%{value[:60]} is not defined", operation.position)
        return found

    def define(
        self, value: str, types: Sequence[TensorType], frame: Frame, into: dict[str, TensorType]
    ) -> Names:
        """New names for a value, one per tensor in it; their types are noted."""
        name = frame.prefix + value
        if name in self.reserved:
            name = "%" + name
        if len(types) == 1:
            self.types[name] = into[name] = types[0]
            one = frame.values[value] = (name,)
            return one
        names = several(name, len(types))
        frame.values[value] = names
        for each, type_ in zip(names, types, strict=True):
            self.types[each] = into[each] = type_
        return names

    def bind_results(self, operation: Operation, frame: Frame, names: Names) -> None:
        """The results are other values under new names, shared out by how many tensors each has."""
        types = result_types(operation)
        counts = [len(flatten_type(type_)) for type_ in types]
        if len(operation.results) != len(counts) or sum(counts) != len(names):
            cause = f"{operation.name[:60]!r} has results that do not fit what it yields"
            raise self.make_error(cause, operation.position)
        begin = 0
        for result, count in zip(operation.results, counts, strict=True):
            frame.values[result] = names[begin : begin + count]
            begin += count

    def bind_tuple_element(self, operation: Operation, frame: Frame) -> None:
        """The result is the tensors at one place of a tuple, without a node."""
        listed = operation.lists[0] if operation.lists else None
        index = (
            listed[0] if isinstance(listed, list) and listed else operation.attributes.get("index")
        )
        if len(operation.operands) != 1 or not isinstance(index, int) or index < 0:
            raise self.make_error("a tuple element has no index", operation.position)
        names = self.find_operands(operation, frame)
        stated = operation.types[0] if operation.types else None
        elements = stated.elements if isinstance(stated, TupleType) else ()
        counts = [len(flatten_type(element)) for element in elements]
        if index >= len(counts) or sum(counts) != len(names) or len(operation.results) != 1:
            raise self.make_error("a tuple element lies outside of its tuple", operation.position)
        begin = sum(counts[:index])
        frame.values[operation.results[0]] = names[begin : begin + counts[index]]

    def make_error(self, cause: str, position: int) -> UnreadableModel:
        """A refusal that says where in the text its cause is."""
        return UnreadableModel(f"{cause} at {self.module.place(position)}")
