"""Operations that combine elements along axes: reductions, scans, sorting and softmax."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cyborg_rr.domain.graph.folding import checked
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.operation import (
    Call,
    Cost,
    CostRule,
    Operation,
    Value,
    same_as_each,
    same_as_first,
    tensor,
)
from cyborg_rr.domain.graph.shapes import (
    Contradiction,
    find_static,
    normalise_axes,
    without,
)

_POSITION_FUNCTIONS = ("argmax", "argmin")


def _axes(call: Call, rank: int) -> tuple[int, ...] | None:
    """The reduced axes; None while they are a value that is not known."""
    axes = call.integers("axes", 1)
    if axes is None and "axes" not in call.attributes and call.has(1) and not _is_variadic(call):
        return None
    if not axes:
        return () if call.flag("noop_with_empty_axes") else tuple(range(rank))
    return normalise_axes(axes, rank)


def _is_variadic(call: Call) -> bool:
    """Whether this is a StableHLO reduction: operands, then as many initial values."""
    return "operands" in call.attributes


def _reduce(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    count = call.integer("operands", 1) if _is_variadic(call) else 1
    position = call.text("function") in _POSITION_FUNCTIONS
    element_types = [call.element_type(index) for index in range(count)]
    if position:
        element_types = [call.result_type("i64")]
    axes = None if shape is None else _axes(call, len(shape))
    if shape is None or axes is None:
        rank_kept = shape is not None and call.flag("keep_dimensions")
        unknown = ("?",) * len(shape) if rank_kept and shape is not None else None
        return [tensor(element_type, unknown) for element_type in element_types]
    result: list[Dimension] = list(without(shape, axes))
    if call.flag("keep_dimensions"):
        result = [1 if axis in axes else size for axis, size in enumerate(shape)]
    return [tensor(element_type, result) for element_type in element_types]


_REDUCE_WORK: dict[str, tuple[int, int, int, int]] = {
    # flops and transcendentals per operand element, then per result element
    "mean": (1, 0, 1, 0),
    "l1": (2, 0, 0, 0),
    "l2": (2, 0, 0, 1),
    "sum_square": (2, 0, 0, 0),
    "log_sum": (1, 0, 0, 1),
    "log_sum_exp": (3, 1, 1, 1),
}


def _reduce_cost(call: Call) -> Cost:
    flops, functions, final_flops, final_functions = _REDUCE_WORK.get(
        call.text("function"), (1, 0, 0, 0)
    )
    elements, results = call.elements(), call.result_elements()
    return Cost(
        0,
        (flops * elements + final_flops * results) * len(call.results),
        functions * elements + final_functions * results,
    )


def _fold_reduce(call: Call) -> Value | None:
    """Reduce a small vector or a whole small tensor."""
    value, shape = call.value(0), find_static(call.shape())
    if value is None or shape is None or any(isinstance(e, str) for e in value) or not value:
        return None
    axes = _axes(call, len(shape))
    if axes is None or len(axes) != len(shape):
        return None
    numbers = [e for e in value if not isinstance(e, str)]
    function = call.text("function")
    if function in ("sum", "mean"):
        total = sum(numbers)
        return checked([total if function == "sum" else total / len(numbers)])
    if function in ("max", "any", "or"):
        return (max(numbers),)
    if function in ("min", "and"):
        return (min(numbers),)
    return checked([math.prod(numbers)]) if function == "prod" else None


def _per_operand_element(flops: int, transcendentals: int = 0) -> CostRule:
    def cost(call: Call) -> Cost:
        elements = call.elements()
        return Cost(0, flops * elements, transcendentals * elements)

    return cost


def _top_k(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    index_type = call.text("index_type", "i64")
    if shape is None:
        return (tensor(call.element_type(), None), tensor(index_type, None))
    counts = call.dimensions("k", 1)
    kept: Dimension = counts[0] if counts else "?"
    axis = call.axis(len(shape), -1)
    size = shape[axis]
    if isinstance(kept, int) and isinstance(size, int) and kept > size:
        raise Contradiction(f"the {kept} largest of {size} are asked for")
    result = (*shape[:axis], kept, *shape[axis + 1 :])
    return (tensor(call.element_type(), result), tensor(index_type, result))


def _sort_cost(call: Call) -> Cost:
    """Comparisons of a sort along one axis: n log2 n."""
    shape = find_static(call.shape()) or ()
    length = shape[call.axis(len(shape), -1)] if shape else 1
    return Cost(0, call.elements() * max(length - 1, 1).bit_length())


def _one_hot(call: Call) -> Sequence[TensorType]:
    shape, depth = call.shape(), call.dimensions("depth", 1)
    element_type = call.result_type(call.element_type(2))
    if shape is None:
        return (tensor(element_type, None),)
    axis = call.integer("axis", -1)
    rank = len(shape) + 1
    if not -rank <= axis < rank:
        raise Contradiction(f"axis {axis} is outside rank {rank}")
    axis %= rank
    return (tensor(element_type, (*shape[:axis], depth[0] if depth else "?", *shape[axis:])),)


def _check_softmax_axis(call: Call) -> Sequence[TensorType]:
    shape = call.shape()
    if shape and "axis" in call.attributes:
        call.axis(len(shape), -1)
    return (call.operand(0),)


OPERATIONS: tuple[Operation, ...] = (
    Operation("reduce", "reduction", _reduce, _reduce_cost, _fold_reduce),
    Operation("cumulative", "reduction", same_as_first, _per_operand_element(1)),
    Operation("softmax", "reduction", _check_softmax_axis, _per_operand_element(4, 1)),
    Operation("log_softmax", "reduction", _check_softmax_axis, _per_operand_element(4, 1)),
    Operation("top_k", "other", _top_k, _sort_cost),
    Operation("sort", "other", same_as_each, _sort_cost),
    Operation("one_hot", "movement", _one_hot, lambda call: Cost(0, call.result_elements())),
)
