"""Operations whose results are as many as the data has: what is not 0, what differs.

How many those are at most stands here, once for each: positions are no more than the elements
that are looked at, boxes no more than are asked for in each class.
"""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.bounds import ANY, NEW, Bounded, find_largest, find_product
from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import reads_result, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.shapes import MAX_ELEMENTS, multiply


def _some_of(*sizes: object) -> Dimension:
    """As many as the data has, and no more than the product of these sizes."""
    most = find_product(sizes)
    return ANY if most is None or most > MAX_ELEMENTS else Bounded(NEW, most)


def _non_zero(node: TypedNode) -> Sequence[TensorType]:
    """Positions by dimension (ONNX): as many as the data has, so only the rank is known."""
    shape = node.shape()
    value = node.value(0)
    found: Dimension = ANY if shape is None else _some_of(*shape)
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
    return (tensor("i64", None if shape is None else (_some_of(*shape), len(shape))),)


def _unique(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    if shape is not None and node.states("axis"):
        axis = node.axis(len(shape))
        found = _some_of(shape[axis])
        kept: Shape = (*shape[:axis], found, *shape[axis + 1 :])
        length: Dimension = shape[axis]
    else:
        found = ANY if shape is None else _some_of(*shape)
        kept = (found,)
        length = ANY if shape is None else multiply(shape)
    some = tensor("i64", (found,))
    return (tensor(node.element_type(), kept), some, tensor("i64", (length,)), some)


def _non_max_suppression(node: TypedNode) -> Sequence[TensorType]:
    """The boxes' places, their scores with image and class, and how many boxes there are."""
    found = _find_kept(node)
    scores = tensor(node.element_type(1), (found, 3))
    return (tensor("i64", (found, 3)), scores, tensor("i64", (1,)))


def _find_kept(node: TypedNode) -> Dimension:
    """Of each class in each image no more boxes than are asked for, nor than there are.

    ONNX keeps none where it is not said how many.
    """
    boxes, scores = node.shape(0), node.shape(1)
    if scores is None or len(scores) != 3:
        return ANY
    there = [scores[2], boxes[1]] if boxes is not None and len(boxes) == 3 else [scores[2]]
    asked = node.integers_at(2) if node.has(2) else (0,)
    known = [
        most for size in (*there, *(asked or ())[:1]) if (most := find_largest(size)) is not None
    ]
    if asked and asked[0] <= 0:
        return 0
    return _some_of(*scores[:2], min(known)) if known else ANY


def _compress(node: TypedNode) -> Sequence[TensorType]:
    """No more slices than there are, nor than the condition has elements."""
    shape, condition = node.shape(), node.shape(1)
    if shape is None:
        return (tensor(node.element_type(), None),)
    axis = node.axis(len(shape)) if node.states("axis") else None
    there = multiply(shape) if axis is None else shape[axis]
    chosen = node.value(1)
    found: Dimension
    if chosen is not None and not any(isinstance(each, str) for each in chosen):
        found = sum(1 for each in chosen if each)
    else:
        sizes = [there, *(condition or ())[:1]]
        known = [most for size in sizes if (most := find_largest(size)) is not None]
        found = _some_of(min(known)) if known else ANY
    if axis is None:
        return (tensor(node.element_type(), (found,)),)
    return (tensor(node.element_type(), (*shape[:axis], found, *shape[axis + 1 :])),)


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
        "compress",
        kind="movement",
        summary="The elements or slices that a condition chooses.",
        operands=(DATA, Operand("condition", "which are kept, one truth for each")),
        attributes=(
            Attribute(
                "axis",
                "integer",
                "dimension of the slices; absent: elements are chosen",
                source="ONNX Compress",
            ),
        ),
        shape=_compress,
        cost=reads_result,
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
