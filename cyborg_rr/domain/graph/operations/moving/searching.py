"""Operations whose results are as many as the data has: what is not 0, what differs."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.shapes import ANY, multiply


def _non_zero(node: TypedNode) -> Sequence[TensorType]:
    """Positions by dimension (ONNX): as many as the data has, so only the rank is known."""
    shape = node.shape()
    value = node.value(0)
    found: Dimension = ANY
    if value is not None and not any(isinstance(element, str) for element in value):
        found = sum(1 for element in value if element)
    return (tensor("i64", None if shape is None else (len(shape), found)),)


def _fold_non_zero(node: TypedNode) -> Value | None:
    """Positions of the non-zero elements of a small vector."""
    value = node.value(0)
    if value is None or len(node.shape() or ()) != 1 or any(isinstance(e, str) for e in value):
        return None
    return tuple(place for place, element in enumerate(value) if element)


def _where_indices(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    return (tensor("i64", None if shape is None else (ANY, len(shape))),)


def _unique(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    if shape is not None and node.states("axis"):
        axis = node.axis(len(shape))
        kept: Shape | None = (*shape[:axis], ANY, *shape[axis + 1 :])
        length: Dimension = shape[axis]
    else:
        kept = (ANY,)
        length = ANY if shape is None else multiply(shape)
    some = tensor("i64", (ANY,))
    return (tensor(node.element_type(), kept), some, tensor("i64", (length,)), some)


def _non_max_suppression(node: TypedNode) -> Sequence[TensorType]:
    return (tensor("i64", (ANY, 3)),)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "non_zero",
        kind="other",
        summary="Positions of the elements that are not 0, a row for each dimension.",
        operands=(DATA,),
        shape=_non_zero,
        fold=_fold_non_zero,
    ),
    Operation(
        "where_indices",
        kind="other",
        summary="Positions of the elements that are not 0, a row for each element.",
        operands=(DATA,),
        shape=_where_indices,
    ),
    Operation(
        "unique",
        kind="other",
        summary="The elements or slices that differ, where they stood, and how often.",
        operands=(DATA,),
        attributes=(
            Attribute(
                "axis",
                "integer",
                "dimension of the slices; absent: elements are compared",
                source="ONNX Unique",
            ),
        ),
        shape=_unique,
    ),
    Operation(
        "non_max_suppression",
        kind="other",
        summary="The boxes that are not covered by a better one.",
        operands=(
            Operand("boxes", "corners of each box (B, N, 4)"),
            Operand("scores", "how good each is in each class (B, C, N)"),
            Operand("largest", "how many are kept for each class", optional=True),
            Operand("overlap", "how much of a box may be covered", optional=True),
            Operand("lowest", "the score from which on a box counts", optional=True),
        ),
        shape=_non_max_suppression,
    ),
)
