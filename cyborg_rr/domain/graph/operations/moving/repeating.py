"""Operations that show the same elements many times."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.folding import broadcast_positions, count_of
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.shapes import (
    ANY,
    Contradiction,
    broadcast,
    find_static,
    multiply,
    normalise_axis,
)


def _broadcast_in_dim(node: TypedNode) -> Sequence[TensorType]:
    wanted, shape = node.dimensions("shape", 1), node.shape()
    if wanted is None:
        return (tensor(node.element_type(), None),)
    axes = node.integers("broadcast_dimensions") or ()
    if shape is not None:
        if len(axes) != len(shape):
            raise Contradiction(f"{len(axes)} broadcast dimensions do not fit rank {len(shape)}")
        for size, axis in zip(shape, axes, strict=True):
            target = wanted[normalise_axis(axis, len(wanted))]
            if isinstance(size, int) and isinstance(target, int) and size not in (1, target):
                raise Contradiction(f"size {size} does not broadcast to {target}")
    return (tensor(node.element_type(), wanted),)


def _fold_broadcast(node: TypedNode) -> Value | None:
    """Repeat a small value along the new dimensions."""
    value, shape = node.value(0), find_static(node.shape())
    wanted = find_static(node.dimensions("shape", 1))
    axes = node.integers("broadcast_dimensions") or ()
    if value is None or shape is None or wanted is None or count_of(wanted) is None:
        return None
    aligned = [1] * len(wanted)
    if list(axes) != sorted(axes):
        return None
    for size, axis in zip(shape, axes, strict=True):
        aligned[axis] = size
    return _repeat(value, aligned, wanted)


def _expand(node: TypedNode) -> Sequence[TensorType]:
    shape, wanted = node.shape(), node.dimensions_at(1)
    if shape is None or wanted is None:
        known = find_static(node.shape(1))
        if shape is None or not known or known[0] > 64:
            return (tensor(node.element_type(), None),)
        wanted = (ANY,) * known[0]
        longer = max(len(shape), len(wanted))
        padded = (1,) * (longer - len(shape)) + shape
        # a size above 1 cannot change, everything else may
        result = [s if isinstance(s, int) and s > 1 else ANY for s in padded]
        return (tensor(node.element_type(), result),)
    lead = len(wanted) - len(shape)
    wanted = tuple(
        shape[axis - lead] if size == -1 and axis >= lead else size
        for axis, size in enumerate(wanted)
    )
    return (tensor(node.element_type(), broadcast((shape, wanted))),)


def _fold_expand(node: TypedNode) -> Value | None:
    value, shape = node.value(0), find_static(node.shape())
    result = find_static(_expand(node)[0].shape)
    if value is None or shape is None or result is None or count_of(result) is None:
        return None
    return _repeat(value, shape, result)


def _repeat(value: Value, shape: Sequence[int], wanted: Sequence[int]) -> Value:
    """The elements of a value at all places of a larger shape."""
    if len(value) == 1:
        return value * math.prod(wanted)
    return tuple([value[position] for position in broadcast_positions(shape, wanted)])


def _tile(node: TypedNode) -> Sequence[TensorType]:
    shape, repeats = node.shape(), node.dimensions("repeats", 1)
    if shape is None or repeats is None:
        return (tensor(node.element_type(), None if shape is None else (ANY,) * len(shape)),)
    rank = max(len(shape), len(repeats))
    shape = (1,) * (rank - len(shape)) + shape
    repeats = (1,) * (rank - len(repeats)) + repeats
    result = [multiply(pair) for pair in zip(shape, repeats, strict=True)]
    return (tensor(node.element_type(), result),)


def _fold_tile(node: TypedNode) -> Value | None:
    """Repeat a small vector."""
    value, repeats = node.value(0), node.integers("repeats", 1)
    if value is None or repeats is None or len(node.shape() or ()) != 1 or len(repeats) != 1:
        return None
    return value * repeats[0] if 0 <= repeats[0] * len(value) <= 4096 else None


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "broadcast_in_dim",
        kind="movement",
        summary="The elements repeated along new dimensions, and along those of size 1.",
        operands=(DATA, Operand("shape", "shape of the result", optional=True)),
        attributes=(
            Attribute(
                "shape",
                "integers",
                "shape of the result; absent: the value of operand 1",
                source="StableHLO broadcast_in_dim, the type of the result",
            ),
            Attribute(
                "broadcast_dimensions",
                "integers",
                "which dimension of the result each one of the operand is",
                source="StableHLO broadcast_in_dim",
            ),
        ),
        shape=_broadcast_in_dim,
        fold=_fold_broadcast,
        repeats=True,
    ),
    Operation(
        "expand",
        kind="movement",
        summary="The elements broadcast to a shape by numpy's rule.",
        operands=(DATA, Operand("shape", "the shape, -1 for a size that stays")),
        shape=_expand,
        fold=_fold_expand,
        repeats=True,
    ),
    Operation(
        "tile",
        kind="movement",
        summary="The whole tensor repeated along its dimensions.",
        operands=(DATA, Operand("repeats", "how often along each", optional=True)),
        attributes=(
            Attribute(
                "repeats",
                "integers",
                "how often along each dimension; absent: the value of operand 1",
                source="a StableHLO custom_call that joins the parts of all devices",
            ),
        ),
        shape=_tile,
        fold=_fold_tile,
    ),
)
