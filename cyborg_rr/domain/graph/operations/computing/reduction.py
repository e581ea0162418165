"""Operations that combine elements along axes: reductions, scans and softmax.

Combining n elements counts as n steps, each element once. XLA's cost analysis (HandleReduce) counts
n - 1, one step per result less. Both are sound; requirements that were counted by the first, those
of the golden files among them, would change with the other for a difference that estimates no time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import Final

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.declaring.axes import AXES, AXIS
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.folding import (
    add_elements,
    checked,
    multiply_elements,
    pick_larger,
    pick_smaller,
)
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, CostRule, Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA, QUANTISATION
from cyborg_rr.domain.graph.operations.declaring.results import ELEMENT_TYPE, same_as_first, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.shapes import find_static, normalise_axes, without

_POSITION_FUNCTIONS = ("argmax", "argmin")


def _axes(node: TypedNode, rank: int) -> tuple[int, ...] | None:
    """The reduced axes; None while they are a value that is not known."""
    axes = node.integers("axes", 1)
    if axes is None and not node.states("axes") and node.has(1) and not _is_variadic(node):
        return None
    if not axes:
        return () if node.flag("noop_with_empty_axes") else tuple(range(rank))
    found = normalise_axes(axes, rank)
    if node.flag("exclude"):
        return tuple(axis for axis in range(rank) if axis not in found)
    return found


def _is_variadic(node: TypedNode) -> bool:
    """Whether this is a StableHLO reduction: operands, then as many initial values."""
    return node.states("operands")


def _reduce(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    count = (node.find_count("operands") or 0) if _is_variadic(node) else 1
    position = node.text("function") in _POSITION_FUNCTIONS
    element_types = [node.element_type(index) for index in range(count)]
    if position:
        element_types = [node.result_type()]
    axes = None if shape is None else _axes(node, len(shape))
    if shape is None or axes is None:
        rank_kept = shape is not None and node.flag("keep_dimensions")
        unknown = ("?",) * len(shape) if rank_kept and shape is not None else None
        return [tensor(element_type, unknown) for element_type in element_types]
    result: list[Dimension] = list(without(shape, axes))
    if node.flag("keep_dimensions"):
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


def _reduce_cost(node: TypedNode) -> Cost:
    flops, functions, final_flops, final_functions = _REDUCE_WORK.get(
        node.text("function"), (1, 0, 0, 0)
    )
    elements, results = node.elements(), node.result_elements()
    return Cost(
        0,
        (flops * elements + final_flops * results) * len(node.results),
        functions * elements + final_functions * results,
    )


_COMBINED: Final = {
    "sum": add_elements,
    "prod": multiply_elements,
    "max": pick_larger,
    "min": pick_smaller,
}


def _fold_reduce(node: TypedNode) -> Value | None:
    """Reduce a small vector or a whole small tensor."""
    value, shape = node.value(0), find_static(node.shape())
    if not value or shape is None:
        return None
    axes = _axes(node, len(shape))
    if axes is None or len(axes) != len(shape):
        return None
    if any(isinstance(e, str) for e in value):
        combine = _COMBINED.get(node.text("function"))
        return None if combine is None else checked([reduce(combine, value)])
    numbers = [e for e in value if not isinstance(e, str)]
    function = node.text("function")
    if function in ("sum", "mean"):
        total = sum(numbers)
        return checked([total if function == "sum" else total / len(numbers)])
    if function in ("max", "any", "or"):
        return (max(numbers),)
    if function in ("min", "and"):
        return (min(numbers),)
    return checked([math.prod(numbers)]) if function == "prod" else None


def _per_operand_element(flops: int, transcendentals: int = 0) -> CostRule:
    def cost(node: TypedNode) -> Cost:
        elements = node.elements()
        return Cost(0, flops * elements, transcendentals * elements)

    return cost


def _log_softmax_cost(node: TypedNode) -> Cost:
    """As softmax, and per line of elements that share a sum one logarithm."""
    elements = node.elements()
    return Cost(0, 4 * elements, elements + _lines(node))


def _lines(node: TypedNode) -> int:
    """How many sums there are: of the elements along an axis, or of all from a dimension on."""
    shape = find_static(node.shape()) or ()
    first = node.find_integer("flatten_axis")
    if first is not None:
        return math.prod(shape[:first])
    return math.prod(map(int, without(shape, (node.axis(len(shape)),)))) if shape else 1


def _check_softmax_axis(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    if shape and node.states("axis"):
        node.axis(len(shape))
    return (node.operand(0),)


def _hardmax_cost(node: TypedNode) -> Cost:
    """Each element is compared once to find the largest, and once with it."""
    return Cost(0, 2 * node.elements())


_FLATTEN_AXIS = Attribute(
    "flatten_axis",
    "integer",
    "dimension from which on all are taken together",
    differs="where it stands it rules, and from 13 on only `axis` does",
)
_SAME_WORK = "each element takes the same work, however many share a sum"


def _softmax(
    name: str, summary: str, native: str, flatten_axis: Attribute, cost: CostRule
) -> Operation:
    return Operation(
        name,
        kind="reduction",
        summary=summary,
        operands=(DATA, QUANTISATION),
        attributes=(
            AXIS.having(default=-1, source=f"ONNX {native}"),
            flatten_axis.having(source=f"ONNX {native} before 13 `axis`"),
        ),
        shape=_check_softmax_axis,
        cost=cost,
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "reduce",
        kind="reduction",
        summary="The elements along some dimensions combined to one.",
        operands=(
            DATA,
            Operand("axes", "dimensions that go, or the first initial value", optional=True),
            Operand("others", "further tensors, then the initial values", variadic=True),
        ),
        attributes=(
            Attribute(
                "function",
                "text",
                "how elements combine: sum, mean, max, min, prod, and, or, argmax, argmin, l1, l2, "
                "sum_square, log_sum or log_sum_exp; absent: another function of two elements",
                source="ONNX ReduceSum and its like (which it is), StableHLO reduce",
            ),
            AXES.having(
                meaning="dimensions that go; absent: those of operand 1, or all",
                source=(
                    "ONNX ReduceSum before 13, ReduceMax and its like before 18, "
                    "StableHLO reduce `dimensions`"
                ),
            ),
            Attribute(
                "keep_dimensions",
                "flag",
                "whether they stay with size 1",
                default=False,
                source="ONNX ReduceSum, ReduceMax, ArgMax and its like `keepdims`",
                differs="a StableHLO reduction keeps none",
            ),
            Attribute(
                "noop_with_empty_axes",
                "flag",
                "whether an empty list of dimensions stands for none instead of all",
                default=False,
                source="ONNX ReduceSum, ReduceMax and its like",
            ),
            Attribute(
                "exclude",
                "flag",
                "whether all dimensions but the stated ones are combined",
                default=False,
                source="MXNet sum, mean and their like",
            ),
            Attribute(
                "operands",
                "integer",
                "tensors that reduce together, as many initial values behind them; absent: one "
                "tensor without an initial value",
                source="StableHLO reduce",
            ),
            ELEMENT_TYPE.having(
                default="i64",
                meaning="element type of the positions that argmax and argmin find",
                source="ONNX ArgMax, ArgMin (their results)",
            ),
        ),
        shape=_reduce,
        cost=_reduce_cost,
        fold=_fold_reduce,
    ),
    Operation(
        "cumulative",
        kind="reduction",
        summary="The elements up to each one combined, along a dimension.",
        operands=(DATA, Operand("axis", "along which dimension", optional=True)),
        attributes=(
            Attribute(
                "function",
                "text",
                "how elements combine: sum or prod",
                required=True,
                source="ONNX CumSum, CumProd (which it is)",
                kept="a sum and a product take the same work",
            ),
        ),
        shape=same_as_first,
        cost=_per_operand_element(1),
    ),
    _softmax(
        "softmax",
        "exp(x) over the sum of exp(x) along a dimension.",
        "Softmax",
        _FLATTEN_AXIS._replace(kept=_SAME_WORK),
        _per_operand_element(4, 1),
    ),
    _softmax(
        "log_softmax",
        "The logarithm of softmax.",
        "LogSoftmax",
        _FLATTEN_AXIS,
        _log_softmax_cost,
    ),
    _softmax(
        "hardmax",
        "1 where the first largest element along a dimension stands, 0 elsewhere.",
        "Hardmax",
        _FLATTEN_AXIS._replace(kept=_SAME_WORK),
        _hardmax_cost,
    ),
)
