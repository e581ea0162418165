"""What is known of the values of ONNX graphs within one another."""

from __future__ import annotations

from dataclasses import replace

from cyborg_rr.domain.graph.graph import Scalar, StoredTensor, TensorType
from cyborg_rr.readers.dialects.onnx.schema import OnnxGraph


class Scope:
    """What is known of values by name, from the outermost graph inwards.

    ``lists`` are sequences whose elements are known one by one; ``present`` are optional values
    that are known to be there, or not.
    """

    __slots__ = ("lists", "names", "outer", "present", "stored", "types")

    def __init__(self, outer: Scope | None, graph: OnnxGraph) -> None:
        self.outer = outer
        self.stored: dict[str, StoredTensor] = dict(graph.stored)
        self.types = {**graph.types, **graph.inputs}
        self.lists: dict[str, tuple[str, ...]] = {}
        self.present: dict[str, bool] = {}
        self.names = set(graph.inputs) | set(graph.stored)
        for node in graph.nodes:
            self.names.update(node.outputs)

    def stored_of(self, name: str) -> StoredTensor | None:
        """The stored tensor of that name; a nearer value of the same name hides it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.stored:
                return scope.stored[name]
            if name in scope.names:
                return None
            scope = scope.outer
        return None

    def type_of(self, name: str) -> TensorType | None:
        """The type that the file states for a value."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.stored:
                return scope.stored[name].type
            if name in scope.types:
                return scope.types[name]
            if name in scope.names:
                return None
            scope = scope.outer
        return None

    def list_of(self, name: str) -> tuple[str, ...] | None:
        """The elements of a sequence; None where they are not known."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.lists or name in scope.names:
                return scope.lists.get(name)
            scope = scope.outer
        return None

    def store(self, name: str, tensor: StoredTensor) -> None:
        """Give a value that the file reckons as what it always is."""
        self.stored[name] = tensor
        self.names.add(name)

    def constant(self, value: Scalar, element_type: str) -> str:
        """The name of a stored number; equal numbers are stored once in a graph."""
        wanted = StoredTensor(TensorType(element_type, ()), "constant", "inline", (value,))
        name = f"{value!r}:{element_type}"
        while self.defines(name) and self.stored_of(name) != wanted:
            name += "'"
        if not self.defines(name):
            self.store(name, wanted)
        return name

    def restate(self, name: str, known: TensorType) -> None:
        """Give a stored tensor another type of the same bytes; packed values mean nothing then."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.stored:
                scope.stored[name] = replace(scope.stored[name], type=known, values=None)
                return
            scope = scope.outer

    def defines(self, name: str) -> bool:
        """Whether this graph or one around it has a value of that name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return True
            scope = scope.outer
        return False
