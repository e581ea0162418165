"""Operations that treat every element alike, with numpy broadcasting of their operands.

Costs count one flop per element and arithmetic step; functions that hardware evaluates by
approximation (exp, log, tanh, square roots, divisions by functions thereof) count as
transcendentals, as XLA's cost analysis draws the line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from cyborg_rr.domain.graph.folding import (
    Binary,
    Unary,
    add_elements,
    divide_elements,
    fold_binary,
    fold_compare,
    fold_convert,
    fold_copy,
    fold_select,
    fold_unary,
    multiply_elements,
    pick,
    power_elements,
    remainder_elements,
    subtract_elements,
    whole,
)
from cyborg_rr.domain.graph.graph import Shape, TensorType
from cyborg_rr.domain.graph.operations.operation import (
    Call,
    Cost,
    CostRule,
    FoldRule,
    Operation,
    ShapeRule,
    Value,
    View,
    no_cost,
    same_as_each,
    same_as_first,
    tensor,
)
from cyborg_rr.domain.graph.shapes import ANY, Contradiction, broadcast
from cyborg_rr.domain.words import COMPLEX_OF, find_bits, find_part


def per_element(flops: int, transcendentals: int = 0) -> CostRule:
    """So much work for each element of the result."""

    def cost(call: Call) -> Cost:
        elements = call.result_elements()
        return Cost(0, flops * elements, transcendentals * elements)

    return cost


def _broadcast_shape(call: Call) -> Shape | None:
    """The operands' common shape; with ``broadcast_axis`` (old ONNX) that of the first alone."""
    if "broadcast_axis" in call.attributes:
        return call.shape()
    return broadcast(operand.shape for operand in call.operands if operand is not None)


def broadcast_all(call: Call) -> Sequence[TensorType]:
    """The broadcast shape of all operands, with the element type of the first."""
    return (tensor(call.element_type(), _broadcast_shape(call)),)


def _broadcast_truth(call: Call) -> Sequence[TensorType]:
    return (tensor("i1", _broadcast_shape(call)),)


def _select(call: Call) -> Sequence[TensorType]:
    shapes = [call.shape(0), call.shape(1), call.shape(2)]
    return (tensor(call.element_type(1), broadcast(shapes)),)


def _convert(call: Call) -> Sequence[TensorType]:
    """To the stated element type, else to that of a second operand (ONNX CastLike)."""
    return (tensor(call.result_type(call.element_type(1)), call.shape()),)


def _bitcast(call: Call) -> Sequence[TensorType]:
    """Reinterpret bits; another width takes or makes an innermost dimension (StableHLO)."""
    source, target, shape = call.element_type(), call.result_type(None), call.shape()
    before, after = find_bits(source), find_bits(target)
    if shape is None or not before or not after:
        return (tensor(target, None),)
    if before > after:
        return (tensor(target, (*shape, before // after)),)
    if before < after:
        if not shape or shape[-1] not in (after // before, ANY):
            raise Contradiction(f"the innermost dimension does not hold one {target}")
        return (tensor(target, shape[:-1]),)
    return (tensor(target, shape),)


def _dropout(call: Call) -> Sequence[TensorType]:
    return (call.operand(0), tensor("i1", call.shape()))


def _complex(call: Call) -> Sequence[TensorType]:
    element_type = COMPLEX_OF.get(call.element_type() or "")
    return (tensor(element_type, broadcast((call.shape(0), call.shape(1)))),)


def _part(call: Call) -> Sequence[TensorType]:
    return (tensor(find_part(call.element_type()), call.shape()),)


def _fold_not(call: Call) -> Value | None:
    """Negate booleans; bit patterns are left alone."""
    value = call.value(0)
    if value is None or call.element_type() != "i1":
        return None
    return tuple(ANY if isinstance(element, str) else not element for element in value)


def _quantize(call: Call) -> Sequence[TensorType]:
    fallback = call.element_type(2) if call.has(2) else "u8"
    return (tensor(call.result_type(fallback), call.shape()),)


def _dequantize(call: Call) -> Sequence[TensorType]:
    fallback = call.element_type(1) if call.has(1) else "f32"
    return (tensor(call.result_type(fallback), call.shape()),)


def _dynamic_quantize(call: Call) -> Sequence[TensorType]:
    element_type = call.result_type("u8")
    return (tensor(element_type, call.shape()), tensor("f32", ()), tensor(element_type, ()))


def _complete_slope(call: Call) -> dict[int, TensorType]:
    """A PReLU slope that the file leaves open has one number per channel."""
    shape = call.shape()
    if shape is None or len(shape) < 2:
        return {}
    return {1: tensor(call.element_type(), (shape[1],))}


def unary(
    name: str,
    flops: int,
    transcendentals: int = 0,
    fold: Unary | None = None,
    shape: ShapeRule = same_as_first,
) -> Operation:
    """An elementwise operation of one operand."""
    rule = None if fold is None else fold_unary(fold)
    return Operation(name, "elementwise", shape, per_element(flops, transcendentals), rule)


def binary(
    name: str,
    flops: int,
    transcendentals: int = 0,
    fold: Binary | None = None,
    shape: ShapeRule = broadcast_all,
) -> Operation:
    """An elementwise operation of two or more operands."""
    rule = None if fold is None else fold_binary(fold)
    return Operation(name, "elementwise", shape, _per_operand(flops, transcendentals), rule)


def _per_operand(flops: int, transcendentals: int) -> CostRule:
    """Work for each element and each operand after the first."""

    def cost(call: Call) -> Cost:
        times = max(len(call.operands) - 1, 1) * call.result_elements()
        return Cost(0, flops * times, transcendentals * times)

    return cost


def _passing(name: str, shape: ShapeRule, view: View) -> Operation:
    return Operation(name, "movement", shape, no_cost, fold_copy, view=view)


def _general(name: str, shape: ShapeRule, cost: CostRule, fold: FoldRule | None) -> Operation:
    return Operation(name, "elementwise", shape, cost, fold)


OPERATIONS: tuple[Operation, ...] = (
    unary("abs", 1, 0, abs, _part),
    unary("negate", 1, 0, lambda x: -x),
    unary("sign", 1, 0, lambda x: (x > 0) - (x < 0)),
    unary("floor", 1, 0, lambda x: x if isinstance(x, int) else float(math.floor(x))),
    unary("ceil", 1, 0, lambda x: x if isinstance(x, int) else float(math.ceil(x))),
    unary("round", 1, 0, lambda x: x if isinstance(x, int) else float(round(x))),
    unary("exp", 0, 1, math.exp),
    unary("exp_minus_one", 0, 1),
    unary("log", 0, 1, math.log),
    unary("log_plus_one", 0, 1),
    unary("sqrt", 0, 1, math.sqrt),
    unary("rsqrt", 0, 1),
    unary("cbrt", 0, 1),
    *(unary(name, 0, 1) for name in ("sine", "cosine", "tan", "asin", "acos", "atan")),
    *(unary(name, 0, 1) for name in ("sinh", "cosh", "asinh", "acosh", "atanh", "tanh", "erf")),
    unary("sigmoid", 0, 1),
    unary("relu", 1, 0, lambda x: max(x, 0)),
    unary("thresholded_relu", 2),
    unary("leaky_relu", 2),
    unary("elu", 2, 1),
    unary("selu", 3, 1),
    unary("celu", 4, 1),
    unary("gelu", 4, 1),
    unary("silu", 1, 1),
    unary("softplus", 1, 2),
    unary("softsign", 3),
    unary("hard_sigmoid", 4),
    unary("hard_swish", 5),
    unary("mish", 2, 3),
    unary("shrink", 3),
    unary("reciprocal", 1, 0, lambda x: 1 / x),
    _general("not", same_as_first, per_element(1), _fold_not),
    *(unary(name, 1, 0, None, _broadcast_truth) for name in ("is_nan", "is_inf", "is_finite")),
    unary("popcnt", 1),
    unary("clz", 1),
    unary("rotary_embedding", 3),
    unary("reduce_precision", 1),
    _passing("identity", same_as_each, "each"),
    _passing("optimization_barrier", same_as_each, "each"),
    Operation("dropout", "movement", _dropout, no_cost, view="first"),
    _general("convert", _convert, per_element(1), fold_convert),
    Operation("bitcast_convert", "movement", _bitcast, no_cost, view="first"),
    _general("clamp", same_as_first, per_element(2), None),
    Operation("prelu", "elementwise", same_as_first, per_element(2), complete=_complete_slope),
    binary("add", 1, 0, add_elements),
    binary("subtract", 1, 0, subtract_elements),
    binary("multiply", 1, 0, multiply_elements),
    binary("divide", 1, 0, divide_elements),
    binary("remainder", 1, 0, remainder_elements),
    binary("power", 0, 1, power_elements),
    binary("maximum", 1, 0, pick(max)),
    binary("minimum", 1, 0, pick(min)),
    binary("mean", 1),
    binary("atan2", 0, 1),
    binary("and", 1, 0, whole(lambda a, b: a & b)),
    binary("or", 1, 0, whole(lambda a, b: a | b)),
    binary("xor", 1, 0, whole(lambda a, b: a ^ b)),
    binary("shift_left", 1),
    binary("shift_right_arithmetic", 1),
    binary("shift_right_logical", 1),
    _general("compare", _broadcast_truth, per_element(1), fold_compare),
    _general("select", _select, per_element(1), fold_select),
    _general("complex", _complex, no_cost, None),
    _general("real", _part, no_cost, None),
    _general("imag", _part, no_cost, None),
    _general("quantize", _quantize, per_element(4), None),
    _general("dequantize", _dequantize, per_element(2), None),
    Operation("dynamic_quantize", "reduction", _dynamic_quantize, per_element(6)),
)
