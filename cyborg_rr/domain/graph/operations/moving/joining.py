"""Operations that put tensors together, or something around them."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.bounds import bound, find_largest
from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.declaring.axes import AXIS
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import Element, TypedNode, Value
from cyborg_rr.domain.graph.shapes import ANY, Contradiction, add, normalise_axes, unify


def _concatenate(node: TypedNode) -> Sequence[TensorType]:
    shapes = [operand.shape for operand in node.operands if operand is not None]
    known = [shape for shape in shapes if shape is not None]
    element_type = next((o.element_type for o in node.operands if o and o.element_type), None)
    if not known:
        return (tensor(element_type, None),)
    rank = len(known[0])
    axis = _joined_axis(node, rank)
    result: list[Dimension] = list(known[0])
    for shape in known[1:]:
        if len(shape) != rank:
            raise Contradiction(f"ranks {rank} and {len(shape)} cannot be joined")
        for position, size in enumerate(shape):
            if position != axis and size != result[position]:
                result[position] = unify(result[position], size)
    complete = len(known) == len(shapes)
    result[axis] = add(shape[axis] for shape in known) if complete else ANY
    return (tensor(element_type, result),)


def _joined_axis(node: TypedNode, rank: int) -> int:
    """The dimension along which they stand; the last one where one behind it is named so."""
    if node.flag("lowered") and node.integer("axis") >= rank > 0:
        return rank - 1
    return node.axis(rank)


def _fold_concatenate(node: TypedNode) -> Value | None:
    """Join small vectors."""
    if len(node.shape() or ()) != 1:
        return None
    result: list[Element] = []
    for index in range(len(node.operands)):
        value = node.value(index)
        if value is None:
            return None
        result.extend(value)
    return tuple(result) if len(result) <= 4096 else None


def _pad_amounts(node: TypedNode, rank: int) -> list[tuple[int, int, int]] | None:
    """Low, high and interior padding of every dimension."""
    low, high = node.integers("padding_low"), node.integers("padding_high")
    if low is not None and high is not None:
        interior = node.integers("padding_interior") or (0,) * rank
        if not len(low) == len(high) == len(interior) == rank:
            raise Contradiction(f"the padding does not fit rank {rank}")
        return list(zip(low, high, interior, strict=True))
    flat = node.integers_at(1)
    if flat is None:
        return None
    if node.has(3):
        stated = node.integers_at(3)
        if stated is None:
            return None
        axes = normalise_axes(stated, rank)
    else:
        axes = tuple(range(rank))
    if len(flat) != 2 * len(axes):
        raise Contradiction(f"{len(flat)} pads do not fit {len(axes)} dimensions")
    amounts = [(0, 0, 0)] * rank
    for place, axis in enumerate(axes):
        amounts[axis] = (flat[place], flat[place + len(axes)], 0)
    return amounts


def _pad(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    if shape is None:
        return (tensor(node.element_type(), None),)
    amounts = _pad_amounts(node, len(shape))
    if amounts is None:
        return (tensor(node.element_type(), _bound_padded(node, shape)),)
    result = [_padded(size, *amount) for size, amount in zip(shape, amounts, strict=True)]
    return (tensor(node.element_type(), result),)


def _bound_padded(node: TypedNode, shape: Shape) -> Shape:
    """The sizes where only the largest amounts of padding are known, counted for all dimensions."""
    flat = node.dimensions_at(1)
    if flat is None or node.has(3) or len(flat) != 2 * len(shape):
        return (ANY,) * len(shape)
    pairs = zip(shape, flat[: len(shape)], flat[len(shape) :], strict=True)
    return tuple(add(each) for each in pairs)


def _padded(size: Dimension, low: int, high: int, interior: int) -> Dimension:
    if interior and isinstance(size, str):
        most = find_largest(size)
        return bound(None if most is None else most + low + high + interior * max(most - 1, 0))
    between = interior * max(size - 1, 0) if isinstance(size, int) else 0
    return add((size, low, high, between))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "concatenate",
        kind="movement",
        summary="Tensors one behind the other along a dimension.",
        operands=(Operand("parts", "tensors that differ in that dimension only", variadic=True),),
        attributes=(
            AXIS.having(required=True, source="ONNX Concat, StableHLO concatenate `dimension`"),
            Attribute(
                "lowered",
                "flag",
                "whether the last dimension is meant where there is none so far behind",
                default=False,
                source="PyTorch hstack",
            ),
        ),
        shape=_concatenate,
        fold=_fold_concatenate,
    ),
    Operation(
        "pad",
        kind="movement",
        summary="Elements put before, behind and between those of a tensor, or taken off.",
        operands=(
            DATA,
            Operand("pads", "how many before each dimension, then behind each", optional=True),
            Operand("value", "what is put there", optional=True),
            Operand("axes", "which dimensions; absent: all", optional=True),
        ),
        attributes=(
            Attribute(
                "padding_low",
                "integers",
                "how many before each dimension; absent: the value of operand 1",
                source="ONNX Pad before 11 `pads`, StableHLO pad `edge_padding_low`",
            ),
            Attribute(
                "padding_high",
                "integers",
                "how many behind each dimension; absent: the value of operand 1",
                source="ONNX Pad before 11 `pads`, StableHLO pad `edge_padding_high`",
            ),
            Attribute(
                "padding_interior",
                "integers",
                "how many between neighbours; absent: none",
                source="StableHLO pad `interior_padding`",
            ),
            Attribute(
                "mode",
                "text",
                "what is put there: constant, reflect, edge or wrap",
                default="constant",
                source="ONNX Pad",
                kept="wherever the elements come from, as many are written",
            ),
        ),
        shape=_pad,
    ),
)
