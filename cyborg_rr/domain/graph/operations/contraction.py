"""Matrix products in their several spellings; one multiply-add per index combination."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.operations.operation import Call, Cost, Operation, tensor
from cyborg_rr.domain.graph.shapes import (
    Contradiction,
    broadcast,
    broadcast_dimension,
    multiply,
    normalise_axes,
    unify,
    without,
)


def _sized(shape: Shape | None) -> tuple[int, ...]:
    """The sizes of a shape that is known to be static (cost rules)."""
    return tuple(d for d in shape or () if isinstance(d, int))


def _dot_axes(call: Call, side: str, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    batching = normalise_axes(call.integers(f"{side}_batching") or (), rank)
    contracting = normalise_axes(call.integers(f"{side}_contracting") or (), rank)
    if set(batching) & set(contracting):
        raise Contradiction(f"a dimension of {side} is both batching and contracting")
    return batching, contracting


def _dot_general(call: Call) -> Sequence[TensorType]:
    left, right = call.shape(0), call.shape(1)
    element_type = call.result_type(call.element_type())
    if left is None or right is None:
        return (tensor(element_type, None),)
    left_batching, left_contracting = _dot_axes(call, "lhs", len(left))
    right_batching, right_contracting = _dot_axes(call, "rhs", len(right))
    if len(left_batching) != len(right_batching) or len(left_contracting) != len(right_contracting):
        raise Contradiction("both sides need equally many batching and contracting dimensions")
    batch = [unify(left[a], right[b]) for a, b in zip(left_batching, right_batching, strict=True)]
    for a, b in zip(left_contracting, right_contracting, strict=True):
        unify(left[a], right[b])
    left_free = without(left, left_batching + left_contracting)
    right_free = without(right, right_batching + right_contracting)
    return (tensor(element_type, (*batch, *left_free, *right_free)),)


def _dot_general_cost(call: Call) -> Cost:
    left = _sized(call.shape(0))
    _, contracting = _dot_axes(call, "lhs", len(left))
    return Cost(call.result_elements() * math.prod(left[axis] for axis in contracting))


def _matmul_sides(call: Call) -> tuple[Shape | None, Shape | None]:
    """The operands' shapes as numpy's matmul wants them.

    ``trans_batch_a`` says that the rows stand before the batch, and ``trans_a`` that rows and
    columns have changed places; ``trans_batch_b`` and ``trans_b`` likewise.
    """
    sides: list[Shape | None] = []
    for index, side in enumerate("ab"):
        shape = call.shape(index)
        if shape is not None and len(shape) > 1:
            if call.flag(f"trans_batch_{side}"):
                shape = (*shape[1:-1], shape[0], shape[-1])
            if call.flag(f"trans_{side}"):
                shape = (*shape[:-2], shape[-1], shape[-2])
        sides.append(shape)
    return sides[0], sides[1]


def _matmul(call: Call) -> Sequence[TensorType]:
    left, right = _matmul_sides(call)
    element_type = call.result_type(call.element_type())
    if left is None or right is None:
        return (tensor(element_type, None),)
    if not left or not right:
        raise Contradiction("a scalar has no matrix product")
    rows: Shape = (left[-2],) if len(left) > 1 else ()
    columns: Shape = (right[-1],) if len(right) > 1 else ()
    unify(left[-1], right[-2] if len(right) > 1 else right[0])
    batch = broadcast((left[:-2], right[:-2])) or ()
    return (tensor(element_type, (*batch, *rows, *columns)),)


def _matmul_cost(call: Call) -> Cost:
    left, _ = _matmul_sides(call)
    return Cost(call.result_elements() * _sized(left)[-1])


def _gemm_sides(call: Call) -> tuple[Shape, Shape] | None:
    left, right = call.shape(0), call.shape(1)
    if left is None:
        return None
    if call.flag("units_flatten") and len(left) != 2:
        left = (left[0] if left else 1, multiply(left[1:]))
    if right is None:
        return None
    if len(left) != 2 or len(right) != 2:
        raise Contradiction(f"matrices are needed, not ranks {len(left)} and {len(right)}")
    return (left[::-1] if call.flag("trans_a") else left), (
        right[::-1] if call.flag("trans_b") else right
    )


def _gemm(call: Call) -> Sequence[TensorType]:
    element_type = call.result_type(call.element_type())
    sides = _gemm_sides(call)
    if sides is None:
        return (tensor(element_type, None),)
    (rows, inner), (also_inner, columns) = sides
    unify(inner, also_inner)
    if call.has(2) and call.shape(2) is not None:
        broadcast(((rows, columns), call.shape(2)))
    return (tensor(element_type, (rows, columns)),)


def _gemm_cost(call: Call) -> Cost:
    sides = _gemm_sides(call)
    inner = sides[0][1] if sides else 0
    elements = call.result_elements()
    return Cost(elements * int(inner), elements if call.has(2) else 0)


def _gemm_complete(call: Call) -> Mapping[int, TensorType]:
    """Weight and bias that the file leaves open follow from the attribute ``units``."""
    units, shape, element_type = call.integer("units", 0), call.shape(), call.element_type()
    if not units or not shape:
        return {}
    inner = multiply(shape[1:])
    weight: Shape = (units, inner) if call.flag("trans_b") else (inner, units)
    return {1: tensor(element_type, weight), 2: tensor(element_type, (units,))}


def _expand_term(term: str, shape: Shape) -> list[str]:
    """The labels of one einsum operand; an ellipsis becomes one label per dimension it covers."""
    head, dots, tail = term.partition("...")
    if not dots:
        labels = list(term)
    else:
        covered = len(shape) - len(head) - len(tail)
        if covered < 0:
            raise Contradiction(f"the einsum term {quote(term)} does not fit rank {len(shape)}")
        labels = [*head, *(f".{covered - i}" for i in range(covered)), *tail]
    if len(labels) != len(shape):
        raise Contradiction(f"the einsum term {quote(term)} does not fit rank {len(shape)}")
    return labels


def _einsum_sizes(call: Call) -> tuple[dict[str, Dimension], list[str]] | None:
    """Sizes by label, and the labels of the result in order."""
    equation = call.text("equation").replace(" ", "")
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(call.operands):
        raise Contradiction(
            f"the einsum {quote(equation)} is not for {len(call.operands)} operands"
        )
    sizes: dict[str, Dimension] = {}
    seen: list[str] = []
    for index, term in enumerate(terms):
        shape = call.shape(index)
        if shape is None:
            return None
        for label, dimension in zip(_expand_term(term, shape), shape, strict=True):
            sizes[label] = broadcast_dimension(sizes.get(label, 1), dimension)
            seen.append(label)
    dots = sorted((label for label in sizes if label[0] == "."), key=lambda x: -int(x[1:]))
    if arrow:
        head, ellipsis, tail = right.partition("...")
        result = [*head, *(dots if ellipsis else ()), *tail]
    else:
        result = dots + sorted(x for x in sizes if x[0] != "." and seen.count(x) == 1)
    if any(label not in sizes for label in result):
        raise Contradiction(f"the einsum {quote(equation)} yields a label that no operand has")
    return sizes, result


def _einsum(call: Call) -> Sequence[TensorType]:
    found = _einsum_sizes(call)
    if found is None:
        return (tensor(call.element_type(), None),)
    sizes, result = found
    return (tensor(call.element_type(), [sizes[label] for label in result]),)


def _einsum_cost(call: Call) -> Cost:
    """One multiply-add per combination of all indices; further operands multiply once more each."""
    found = _einsum_sizes(call)
    combinations = math.prod(_sized(tuple(found[0].values()))) if found else 0
    if len(call.operands) == 1:
        return Cost(0, combinations)
    return Cost(combinations * (len(call.operands) - 1))


OPERATIONS: tuple[Operation, ...] = (
    Operation("dot_general", "contraction", _dot_general, _dot_general_cost),
    Operation("matmul", "contraction", _matmul, _matmul_cost),
    Operation("gemm", "contraction", _gemm, _gemm_cost, complete=_gemm_complete),
    Operation("einsum", "contraction", _einsum, _einsum_cost),
)
