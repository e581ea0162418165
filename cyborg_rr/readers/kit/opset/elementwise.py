"""Rules for operations on each element alone, and for those that read types off attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.opset.native import OpsetNode, Rule, first, needing, unknown
from cyborg_rr.readers.kit.steps import Step

_ALIGNED: Final = frozenset(
    {"add", "subtract", "multiply", "divide", "power", "and", "or", "xor", "compare"}
)
"""Canonical operations that may align operands at a dimension of the first."""


def _aligned(node: OpsetNode, operation: str) -> int | None:
    """Where the second operand of a broadcast after PaddlePaddle stands; None for the last ones."""
    if node.text("auto_broadcast") != "pdpd" or operation not in _ALIGNED:
        return None
    axis = node.integer("axis", default=-1)
    return axis if axis >= 0 else None


def paired(operation: str) -> Rule:
    """A function of two tensors."""

    def rule(node: OpsetNode) -> list[Step]:
        axis = _aligned(node, operation)
        return [node.step(operation, node.inputs[:2], node.outputs[:1], broadcast_axis=axis)]

    return needing(2, rule)


def compared(direction: str) -> Rule:
    """Equal and its kin."""

    def rule(node: OpsetNode) -> list[Step]:
        axis = _aligned(node, "compare")
        inputs, outputs = node.inputs[:2], node.outputs[:1]
        return [node.step("compare", inputs, outputs, direction=direction, broadcast_axis=axis)]

    return needing(2, rule)


def squared_difference(node: OpsetNode) -> list[Step]:
    """SquaredDifference."""
    difference = node.fresh("difference")
    return [
        node.step("subtract", node.inputs[:2], (difference,)),
        node.step("multiply", (difference, difference), node.outputs[:1]),
    ]


def elu(node: OpsetNode) -> list[Step]:
    """Elu."""
    return [node.step("elu", node.inputs[:1], alpha=node.number("alpha", default=1.0))]


def clamp(node: OpsetNode) -> list[Step]:
    """Clamp."""
    low, high = node.number("min", default=0.0), node.number("max", default=0.0)
    return [node.step("clamp", node.inputs[:1], minimum=low, maximum=high)]


def convert(node: OpsetNode) -> list[Step]:
    """Convert; a type that is not known is whatever the result has."""
    wanted = node.typed("destination_type", "precision") or node.result().element_type
    if wanted is None:
        return unknown(node)
    stated = {node.output(0): TensorType(wanted, None)}
    return [node.step("convert", node.inputs[:1], None, stated, element_type=wanted)]


def promote(node: OpsetNode) -> list[Step]:
    """ConvertPromoteTypes: both operands in one type."""
    return [
        node.step(
            "convert", (node.input(each),), (node.output(each),),
            element_type=node.result(each).element_type,
        )
        if node.result(each).element_type
        else node.step("unknown", (node.input(each),), (node.output(each),))
        for each in range(2)
    ]  # fmt: skip


def fake_quantize(node: OpsetNode) -> list[Step]:
    """FakeQuantize: to whole steps and back."""
    whole = node.fresh("steps")
    kind = "u8" if node.integer("levels", default=256) <= 256 else "u16"
    back = node.result().element_type or node.element_type(0) or "f32"
    return [
        node.step("quantize", node.inputs[:1], (whole,), {whole: TensorType(kind, None)},
                  element_type=kind),
        node.step("dequantize", (whole,), element_type=back),
    ]  # fmt: skip


UNARY: Final[Mapping[str, str]] = {
    "Abs": "abs", "Acos": "acos", "Acosh": "acosh", "Asin": "asin", "Asinh": "asinh",
    "Atan": "atan", "Atanh": "atanh", "BitwiseNot": "not", "Ceiling": "ceil", "Cos": "cosine",
    "Cosh": "cosh", "Erf": "erf", "Exp": "exp", "Floor": "floor", "Gelu": "gelu",
    "HSwish": "hard_swish", "Identity": "identity", "IsFinite": "is_finite", "IsInf": "is_inf",
    "IsNaN": "is_nan", "Log": "log", "LogicalNot": "not", "Mish": "mish", "Negative": "negate",
    "Relu": "relu", "ReLU": "relu", "Round": "round", "Selu": "selu", "Sigmoid": "sigmoid",
    "Sign": "sign", "Sin": "sine", "Sinh": "sinh", "SoftPlus": "softplus",
    "SoftSign": "softsign", "Sqrt": "sqrt", "Swish": "silu", "Tan": "tan", "Tanh": "tanh",
    "FakeConvert": "reduce_precision",
}  # fmt: skip

PAIRED: Final[Mapping[str, str]] = {
    "Add": "add", "BitwiseAnd": "and", "BitwiseLeftShift": "shift_left", "BitwiseOr": "or",
    "BitwiseRightShift": "shift_right_arithmetic", "BitwiseXor": "xor", "Divide": "divide",
    "FloorMod": "remainder", "LogicalAnd": "and", "LogicalOr": "or", "LogicalXor": "xor",
    "Maximum": "maximum", "Minimum": "minimum", "Mod": "remainder", "Multiply": "multiply",
    "Power": "power", "PReLU": "prelu", "Subtract": "subtract",
}  # fmt: skip

COMPARED: Final[Mapping[str, str]] = {
    "Equal": "EQ", "NotEqual": "NE", "Greater": "GT", "GreaterEqual": "GE", "Less": "LT",
    "LessEqual": "LE",
}  # fmt: skip

RULES: Final[Mapping[str, Rule]] = {
    **{name: first(operation) for name, operation in UNARY.items()},
    **{name: paired(operation) for name, operation in PAIRED.items()},
    **{name: compared(direction) for name, direction in COMPARED.items()},
    "SquaredDifference": needing(2, squared_difference),
    "Elu": needing(1, elu),
    "Clamp": needing(1, clamp),
    "HSigmoid": first("hard_sigmoid", 1, alpha=1 / 6, beta=0.5),
    "HardSigmoid": first("hard_sigmoid"),
    "Select": first("select", 3),
    "Convert": needing(1, convert),
    "ConvertLike": first("convert", 2),
    "ConvertPromoteTypes": needing(2, promote),
    "FakeQuantize": needing(1, fake_quantize),
}
