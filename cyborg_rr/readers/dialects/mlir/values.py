"""Values while a module is lowered: flat names in place of tuples, and blocks being written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Node, StoredTensor, TensorType
from cyborg_rr.readers.formats.mlir.constants import DenseConstant
from cyborg_rr.readers.formats.mlir.structure import Operation
from cyborg_rr.readers.formats.mlir.types import MlirType, OpaqueType, TupleType

MAX_TUPLE_ELEMENTS: Final = 65536
OPEN: Final = (TensorType(None, None),)
"""What a value is of whose type nothing is known."""
_TOKEN: Final = (TensorType("token", ()),)

Names = tuple[str, ...]


@dataclass(slots=True)
class Building:
    """A block while it is written."""

    inputs: dict[str, TensorType] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    stored: dict[str, StoredTensor] = field(default_factory=dict)
    types: dict[str, TensorType] = field(default_factory=dict)

    def finish(self, outputs: Names) -> Block:
        return Block(self.inputs, outputs, tuple(self.nodes), self.stored, self.types)


@dataclass(slots=True)
class Frame:
    """One inlined function: what its names stand for, and the prefix that keeps them apart."""

    prefix: str
    values: dict[str, Names]


def result_types(operation: Operation) -> Sequence[MlirType]:
    """The types of the results, from a signature in any of its forms."""
    if operation.has_arrow:
        return operation.result_types
    types, count = operation.types, len(operation.results)
    if len(types) == count:
        return types
    if count == 1 and types:
        return types[-1:]  # select states the predicate's type first
    value = operation.attributes.get("value")
    if not types and count == 1 and isinstance(value, DenseConstant):
        return (value.type,)
    return types if count else ()


def flatten_type(type_: MlirType) -> Sequence[TensorType]:
    """The tensors in a type: those of a tuple in order; a token carries no data."""
    if isinstance(type_, TensorType):
        return (type_,)
    if isinstance(type_, TupleType):
        flat: list[TensorType] = []
        pending = list(reversed(type_.elements))
        visited = 0  # tuples without elements too: shared ones could stand in one another
        while pending:
            element = pending.pop()
            visited += 1
            if isinstance(element, TupleType):
                pending.extend(reversed(element.elements))
            else:
                flat.extend(flatten_type(element))
            if max(visited, len(pending)) > MAX_TUPLE_ELEMENTS:
                raise UnreadableModel(f"a tuple has more than {MAX_TUPLE_ELEMENTS} elements")
        return flat
    is_token = isinstance(type_, OpaqueType) and type_.text.endswith(".token")
    return _TOKEN if is_token else OPEN


def flatten_types(types: Sequence[MlirType]) -> list[TensorType]:
    """The tensors in several types."""
    return [tensor for type_ in types for tensor in flatten_type(type_)]


def several(name: str, count: int) -> Names:
    """Names for the tensors of one value."""
    return (name,) if count == 1 else tuple(f"{name}.{index}" for index in range(count))
