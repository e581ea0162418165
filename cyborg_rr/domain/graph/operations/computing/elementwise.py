"""Arithmetic, functions, comparisons and choices, element by element."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.folding import (
    add_elements,
    divide_elements,
    fold_compare,
    fold_select,
    multiply_elements,
    pick_larger,
    pick_smaller,
    power_elements,
    remainder_elements,
    subtract_elements,
    whole,
)
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import (
    BROADCAST_AXIS,
    DATA,
    PAIR,
    TERMS,
    binary,
    broadcast_all,
    broadcast_or_stretch,
    per_element,
    truth,
    unary,
)
from cyborg_rr.domain.graph.operations.declaring.results import (
    part_of_complex,
    same_as_first,
    tensor,
)
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.shapes import ANY, broadcast


def _select(node: TypedNode) -> Sequence[TensorType]:
    shapes = [node.shape(0), node.shape(1), node.shape(2)]
    return (tensor(node.element_type(1), broadcast(shapes)),)


def _fold_not(node: TypedNode) -> Value | None:
    """Negate booleans; bit patterns are left alone."""
    value = node.value(0)
    if value is None or node.element_type() != "i1":
        return None
    return tuple(ANY if isinstance(element, str) else not element for element in value)


def _mean_cost(node: TypedNode) -> Cost:
    """Per element of the result an addition for each operand but the first, and a division."""
    return Cost(0, len(node.operands) * node.result_elements())


_UNARY = (
    unary("abs", "The magnitude.", 1, 0, abs, shape=part_of_complex),
    unary("negate", "The negative.", 1, 0, lambda x: -x),
    unary("sign", "-1, 0 or 1 by the sign.", 1, 0, lambda x: (x > 0) - (x < 0)),
    unary("floor", "The next whole number below.", 1, 0,
          lambda x: x if isinstance(x, int) else float(math.floor(x))),
    unary("ceil", "The next whole number above.", 1, 0,
          lambda x: x if isinstance(x, int) else float(math.ceil(x))),
    unary("round", "The nearest whole number.", 1, 0,
          lambda x: x if isinstance(x, int) else float(round(x))),
    unary("reciprocal", "One divided by the element.", 1, 0, lambda x: 1 / x),
    unary("exp", "e to the power of the element.", 0, 1, math.exp),
    unary("exp_minus_one", "exp(x) - 1, exact near 0.", 0, 1),
    unary("log", "The natural logarithm.", 0, 1, math.log),
    unary("log_plus_one", "log(x + 1), exact near 0.", 0, 1),
    unary("sqrt", "The square root.", 0, 1, math.sqrt),
    unary("rsqrt", "One divided by the square root.", 0, 1),
    unary("cbrt", "The cubic root.", 0, 1),
    unary("sine", "The sine.", 0, 1),
    unary("cosine", "The cosine.", 0, 1),
    unary("tan", "The tangent.", 0, 1),
    unary("asin", "The inverse sine.", 0, 1),
    unary("acos", "The inverse cosine.", 0, 1),
    unary("atan", "The inverse tangent.", 0, 1),
    unary("sinh", "The hyperbolic sine.", 0, 1),
    unary("cosh", "The hyperbolic cosine.", 0, 1),
    unary("asinh", "The inverse hyperbolic sine.", 0, 1),
    unary("acosh", "The inverse hyperbolic cosine.", 0, 1),
    unary("atanh", "The inverse hyperbolic tangent.", 0, 1),
    unary("tanh", "The hyperbolic tangent.", 0, 1),
    unary("erf", "The error function, and functions as dear as it.", 0, 1),
    unary("is_nan", "Whether the element is no number.", 1, shape=truth(same_as_first)),
    unary("is_inf", "Whether the element is infinite.", 1, shape=truth(same_as_first)),
    unary("is_finite", "Whether the element is finite.", 1, shape=truth(same_as_first)),
    unary("popcnt", "How many bits are set.", 1),
    unary("clz", "How many leading bits are zero.", 1),
)  # fmt: skip

_BINARY = (
    binary("add", "The sum.", 1, 0, add_elements, operands=TERMS, stretches="Add"),
    binary("subtract", "The difference.", 1, 0, subtract_elements, stretches="Sub"),
    binary("multiply", "The product.", 1, 0, multiply_elements, stretches="Mul"),
    binary("divide", "The quotient.", 1, 0, divide_elements, stretches="Div"),
    binary("remainder", "The remainder of a division.", 1, 0, remainder_elements),
    binary("power", "Left to the power of right.", 0, 1, power_elements, stretches="Pow"),
    binary("maximum", "The larger.", 1, 0, pick_larger, operands=TERMS),
    binary("minimum", "The smaller.", 1, 0, pick_smaller, operands=TERMS),
    binary("atan2", "The angle of the point (right, left).", 0, 1),
    binary("and", "Both, bit by bit.", 1, 0, whole(lambda a, b: a & b), stretches="And"),
    binary("or", "Either, bit by bit.", 1, 0, whole(lambda a, b: a | b), stretches="Or"),
    binary("xor", "One of both, bit by bit.", 1, 0, whole(lambda a, b: a ^ b), stretches="Xor"),
    binary("shift_left", "The bits moved up.", 1),
    binary("shift_right_arithmetic", "The bits moved down, the sign kept.", 1),
    binary("shift_right_logical", "The bits moved down.", 1),
)

OPERATIONS: tuple[Operation, ...] = (
    *_UNARY,
    *_BINARY,
    Operation(
        "mean",
        kind="elementwise",
        summary="The mean of all operands.",
        operands=TERMS,
        shape=broadcast_all,
        cost=_mean_cost,
    ),
    Operation(
        "not",
        kind="elementwise",
        summary="The opposite, bit by bit.",
        operands=(DATA,),
        shape=same_as_first,
        cost=per_element(1),
        fold=_fold_not,
    ),
    Operation(
        "compare",
        kind="elementwise",
        summary="Whether a comparison holds.",
        operands=PAIR,
        attributes=(
            Attribute(
                "direction",
                "text",
                "one of EQ, NE, GE, GT, LE, LT",
                source="StableHLO compare `comparison_direction`",
            ),
            BROADCAST_AXIS.having(source="ONNX Equal, Greater, Less before 7 `axis`"),
        ),
        shape=truth(broadcast_or_stretch),
        cost=per_element(1),
        fold=fold_compare,
    ),
    Operation(
        "select",
        kind="elementwise",
        summary="An element of one tensor or of another, by a condition.",
        operands=(
            Operand("condition", "which one to take"),
            Operand("yes", "taken where the condition holds"),
            Operand("no", "taken elsewhere"),
        ),
        shape=_select,
        cost=per_element(1),
        fold=fold_select,
    ),
    Operation(
        "clamp",
        kind="elementwise",
        summary="The element cut to bounds.",
        operands=(
            DATA,
            Operand("low", "the lower bound", optional=True),
            Operand("high", "the upper bound", optional=True),
        ),
        attributes=(
            Attribute(
                "minimum",
                "number",
                "the lower bound where no operand gives it",
                source="ONNX Clip before 11 `min`",
                kept="a bound changes values, not shapes or work",
            ),
            Attribute(
                "maximum",
                "number",
                "the upper bound where no operand gives it",
                source="ONNX Clip before 11 `max`",
                kept="a bound changes values, not shapes or work",
            ),
        ),
        shape=same_as_first,
        cost=per_element(2),
    ),
)
