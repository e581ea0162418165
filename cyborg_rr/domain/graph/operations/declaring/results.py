"""What many operations say of their results: the rules that they share, and the type stated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute
from cyborg_rr.domain.graph.operations.declaring.operation import Cost
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.words import find_part

ELEMENT_TYPE: Final = Attribute(
    "element_type",
    "text",
    "element type of the result where it does not follow from the operands",
)


def same_as_first(node: TypedNode) -> Sequence[TensorType]:
    """One result of the type of operand 0."""
    return (node.operand(0),)


def same_as_each(node: TypedNode) -> Sequence[TensorType]:
    """As many results as outputs, each of the type of the operand at its place."""
    return [node.operand(index) for index in range(node.output_count)]


def as_stated(node: TypedNode) -> Sequence[TensorType]:
    """Nothing can be said: the file has to state the type."""
    return ()


def tensor(element_type: str | None, shape: Sequence[Dimension] | None) -> TensorType:
    """Shorthand of the rules for a type from any sequence of dimensions."""
    return TensorType(element_type, None if shape is None else tuple(shape))


def part_of_complex(node: TypedNode) -> Sequence[TensorType]:
    """The shape of operand 0, with the element type of a part or the magnitude of its numbers."""
    return (tensor(find_part(node.element_type()), node.shape()),)


def reads_result(node: TypedNode) -> Cost:
    """Nothing is computed, and of operand 0 only what the results show is read."""
    size = sum(result.byte_size or 0 for result in node.results)
    return Cost(read_bytes={0: min(size, node.operand(0).byte_size or 0)})
