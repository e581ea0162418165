"""Activation functions between the layers of a network, element by element.

Where a formula stands for either sign of x, choosing between both is one step, and exp(x) - 1 is
one function.
"""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import (
    DATA,
    QUANTISATION,
    per_element,
    unary,
)
from cyborg_rr.domain.graph.operations.declaring.results import same_as_first, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode

_ALPHA = Attribute(
    "alpha", "number", "how steep the function is", kept="it changes values, not shapes or work"
)
_BETA = Attribute(
    "beta", "number", "where the function starts", kept="it changes values, not shapes or work"
)


def _complete_slope(node: TypedNode) -> dict[int, TensorType]:
    """A PReLU slope that the file leaves open has one number per channel."""
    shape = node.shape()
    if shape is None or len(shape) < 2:
        return {}
    return {1: tensor(node.element_type(), (shape[1],))}


OPERATIONS: tuple[Operation, ...] = (
    unary("sigmoid", "1 / (1 + exp(-x)).", 0, 1, others=(QUANTISATION,)),
    unary("relu", "max(x, 0).", 1, 0, lambda x: max(x, 0)),
    unary("thresholded_relu", "x above a threshold, 0 below.", 2),
    unary(
        "leaky_relu",
        "x above 0, alpha x below.",
        2,
        attributes=(_ALPHA.having(default=0.01, source="ONNX LeakyRelu"),),
        others=(QUANTISATION,),
    ),
    unary(
        "elu",
        "x above 0, alpha (exp(x) - 1) below.",
        2,
        1,
        attributes=(_ALPHA.having(default=1.0, source="ONNX Elu"),),
    ),
    unary("selu", "The scaled exponential linear unit.", 3, 1),
    unary(
        "celu",
        "max(0, x) + min(0, alpha (exp(x / alpha) - 1)).",
        3,
        1,
        attributes=(_ALPHA.having(default=1.0, source="ONNX Celu"),),
    ),
    unary("gelu", "x times the normal distribution function of x.", 4, 1),
    unary("silu", "x sigmoid(x).", 1, 1),
    unary("softplus", "log(exp(x) + 1).", 1, 2),
    unary("softsign", "x / (1 + |x|).", 3),
    unary(
        "hard_sigmoid",
        "max(0, min(1, alpha x + beta)).",
        4,
        attributes=(
            _ALPHA.having(default=0.2, source="ONNX HardSigmoid"),
            _BETA.having(default=0.5, source="ONNX HardSigmoid"),
        ),
    ),
    unary("hard_swish", "x hard_sigmoid(x).", 5),
    unary("mish", "x tanh(softplus(x)).", 2, 3),
    unary("shrink", "x moved towards 0, and 0 near it.", 3),
    Operation(
        "prelu",
        kind="elementwise",
        summary="x above 0, slope x below, with a slope that was learnt.",
        operands=(DATA, Operand("slope", "the slope, broadcast to the data")),
        shape=same_as_first,
        cost=per_element(2),
        complete=_complete_slope,
    ),
)
