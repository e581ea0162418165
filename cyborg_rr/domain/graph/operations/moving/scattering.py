"""Operations that write in place the elements that indices name; traffic is that of updates."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.declaring.axes import AXIS
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import same_as_first
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.shapes import find_static, normalise_axis


def _scatter_cost(node: TypedNode) -> Cost:
    return _write_in_place(node, node.find_count("operands") or 1)


def _scatter_one_cost(node: TypedNode) -> Cost:
    return _write_in_place(node, 1)


def _write_in_place(node: TypedNode, count: int) -> Cost:
    """The updates of so many tensors stand last; each is read and written in place.

    What combines with them is read before, and takes a step per element.
    """
    updates = range(len(node.operands) - count, len(node.operands))
    sizes = [node.operand(index).byte_size or 0 for index in updates]
    if node.text("reduction") == "none":
        return Cost(0, 0, 0, dict.fromkeys(range(count), 0), sum(sizes))
    combined = sum(node.elements(index) for index in updates)
    return Cost(0, combined, 0, dict(enumerate(sizes)), sum(sizes))


def _scatter(node: TypedNode) -> Sequence[TensorType]:
    return [node.operand(index) for index in range(node.find_count("operands") or 1)]


def _fold_scatter_nd(node: TypedNode) -> Value | None:
    """Replace elements of a small vector."""
    value, positions, updates = node.value(0), node.value(1), node.value(2)
    shape = find_static(node.shape(0))
    if value is None or positions is None or updates is None or shape is None:
        return None
    if len(shape) != 1 or len(positions) != len(updates) or node.text("reduction") != "none":
        return None
    result = list(value)
    for position, update in zip(positions, updates, strict=True):
        if isinstance(position, str) or not -len(result) <= position < len(result):
            return None
        result[int(position)] = update
    return tuple(result)


def _check_axis(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    if shape:
        normalise_axis(node.integer("axis"), len(shape))
    return (node.operand(0),)


_REDUCTION = Attribute(
    "reduction",
    "text",
    "how an update combines with what stands there; none: it replaces it",
    default="none",
)
_TRIPLE = (
    DATA,
    Operand("indices", "where the updates go"),
    Operand("updates", "what is written"),
)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "scatter",
        kind="movement",
        summary="Blocks written to the places that index vectors name.",
        operands=(
            DATA,
            Operand("others", "further tensors, the indices, updates for each", variadic=True),
        ),
        attributes=(
            Attribute(
                "operands",
                "integer",
                "tensors that are written together",
                default=1,
                source="StableHLO scatter",
            ),
            _REDUCTION.having(source="StableHLO scatter, the function of its block"),
        ),
        shape=_scatter,
        cost=_scatter_cost,
        updates={0: 0},
    ),
    Operation(
        "scatter_elements",
        kind="movement",
        summary="An element written for each index, the other coordinates those of the index.",
        operands=_TRIPLE,
        attributes=(
            AXIS.having(default=0, source="ONNX ScatterElements"),
            _REDUCTION.having(source="ONNX ScatterElements from 16 on"),
        ),
        shape=_check_axis,
        cost=_scatter_one_cost,
        updates={0: 0},
    ),
    Operation(
        "scatter_nd",
        kind="movement",
        summary="Slices written to the places that tuples of indices name.",
        operands=_TRIPLE,
        attributes=(_REDUCTION.having(source="ONNX ScatterND from 16 on"),),
        shape=same_as_first,
        cost=_scatter_one_cost,
        updates={0: 0},
        fold=_fold_scatter_nd,
    ),
)
