"""Rules for products, sums, normalisations and what was fused of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.opset.native import Rule, chain, first, needing, unknown
from cyborg_rr.readers.kit.opset.recurrent import cell
from cyborg_rr.readers.kit.opset.summing import mean_variance, normalize_l2
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.ngraph.translation.native import NativeOperation
from cyborg_rr.readers.ngraph.translation.windows import own


def dot(node: NativeOperation) -> list[Step]:
    """Dot: the last dimensions of the first operand with the first ones of the second."""
    return [_dot(node, node.outputs[:1])]


def _dot(node: NativeOperation, outputs: tuple[str, ...], kind: str | None = None) -> Step:
    left, right = node.rank(0), node.rank(1)
    if left is None or right is None:
        raise node.refuse("the rank of an operand is not known")
    usual = 1 if left and right else 0
    count = node.integer("reduction_axes_count", default=usual)
    if not 0 <= count <= min(left, right):
        raise node.refuse(f"it sums over {count} dimensions of {left} and {right}")
    return node.step(
        "dot_general", node.inputs[:2], outputs, lhs_batching=(), rhs_batching=(),
        lhs_contracting=tuple(range(left - count, left)), rhs_contracting=tuple(range(count)),
        element_type=kind,
    )  # fmt: skip


def quantized_dot(node: NativeOperation) -> list[Step]:
    """QuantizedDot and its kin: of a stated element type."""
    kind = node.typed("output_type") or "i32"
    return [_dot(node, node.outputs[:1], kind)]


def quantized_convolution(node: NativeOperation) -> list[Step]:
    """QuantizedConvolution and its kin; the releases between state no window for some of them."""
    from cyborg_rr.readers.ngraph.translation.windows import window

    if not node.has("window_movement_strides"):
        return unknown(node)
    kind = node.typed("output_type") or ("u8" if "Relu" in node.operation else "i8")
    stated = {node.output(0): TensorType(kind, None)}
    inputs = (*node.inputs[:2], "", *node.inputs[2:])
    return [node.step("convolution", inputs, None, stated, element_type=kind, **window(node))]


def reduction(function: str) -> Rule:
    """Sum, Max and their kin."""

    def rule(node: NativeOperation) -> list[Step]:
        axes = node.integers("reduction_axes")
        if axes is None:
            axes = node.whole(1)
        if axes is None:
            return unknown(node)
        if not axes:
            return [node.step("identity", node.inputs[:1])]
        return [
            node.step("reduce", node.inputs[:1], function=function, axes=axes,
                      keep_dimensions=False)
        ]  # fmt: skip

    return needing(1, own(rule))


def arg_reduction(function: str) -> Rule:
    """ArgMax, ArgMin."""

    def rule(node: NativeOperation) -> list[Step]:
        kind = node.typed("index_element_type", default="int64_t")
        axes = (node.integer("axis", default=0),)
        return [
            node.step("reduce", node.inputs[:1], function=function, axes=axes,
                      keep_dimensions=False, element_type=kind)
        ]  # fmt: skip

    return needing(1, own(rule))


def top_k(node: NativeOperation) -> list[Step]:
    """TopK: the places stand before the values."""
    kind = node.typed("index_element_type", default="int64_t")
    axis = node.integer("top_k_axis", "axis", default=0)
    count = node.integer("k", default=0)
    shape = node.sizes(0)
    if not 0 <= axis < len(shape):
        raise node.refuse(f"its dimension {axis} is none of {len(shape)}")
    stored = node.one(1) if node.has_input(1) else None
    wanted = count or stored or shape[axis]
    outputs = (node.output(1) or node.fresh("values"), node.output(0))
    return [node.step("top_k", node.inputs[:1], outputs, k=wanted, axis=axis, index_type=kind)]


def softmax(node: NativeOperation) -> list[Step]:
    """Softmax over one dimension, or over all from one on."""
    axes, rank = node.integers("softmax_axes", "axes"), node.rank(0)
    if axes is None:
        axes = node.whole(1)
    if axes is None or rank is None:
        return unknown(node)
    if len(axes) == 1:
        return [node.step("softmax", node.inputs[:1], axis=axes[0])]
    ordered = tuple(sorted(axes))
    if ordered and ordered == tuple(range(ordered[0], rank)):
        return [node.step("softmax", node.inputs[:1], flatten_axis=ordered[0])]
    return unknown(node)


def batch_training(node: NativeOperation) -> list[Step]:
    """BatchNormTraining(gamma, beta, data)."""
    inputs = (node.input(2), node.input(0), node.input(1))
    return [node.step("batch_norm_training", inputs, axis=1)]


def batch_inference(node: NativeOperation) -> list[Step]:
    """BatchNormInference(gamma, beta, data, mean, variance)."""
    epsilon = node.number("eps", "epsilon", default=1e-5)
    inputs = (node.input(2), node.input(0), node.input(1), *node.inputs[3:5])
    return [node.step("batch_normalization", inputs, node.outputs[:1], axis=1, epsilon=epsilon)]


def batch_norm(node: NativeOperation) -> list[Step]:
    """BatchNorm of the first releases: either of them, by its operands."""
    return batch_inference(node) if node.has_input(4) else batch_training(node)


def batch_gradient(node: NativeOperation) -> list[Step]:
    """BatchNormTrainingBackprop(gamma, beta, data, mean, variance, gradient)."""
    inputs = (node.input(2), node.input(0), *node.inputs[3:6])
    return [node.step("batch_norm_grad", inputs, axis=1)]


def batch_matmul(node: NativeOperation) -> list[Step]:
    """BatchMatMul, BatchMatMulTranspose, MatMul."""
    left = node.flag("transpose_0", "transpose_a", "transpose_arg0")
    right = node.flag("transpose_1", "transpose_b", "transpose_arg1")
    return [node.step("matmul", node.inputs[:2], trans_a=left, trans_b=right)]


def gemm(node: NativeOperation) -> list[Step]:
    """Gemm."""
    left, right = node.flag("transA"), node.flag("transB")
    return [node.step("gemm", node.inputs[:3], trans_a=left, trans_b=right)]


def quantize(operation: str) -> Rule:
    """Quantize, Dequantize(data, scale, offset)."""

    def rule(node: NativeOperation) -> list[Step]:
        axes = node.integers("axes") or ()
        kind = node.typed("type", "element_type")
        axis = axes[0] if len(axes) == 1 else None
        return [node.step(operation, node.inputs[:3], element_type=kind, axis=axis)]

    return needing(3, own(rule))


def relu_gradient(node: NativeOperation) -> list[Step]:
    """ReluBackprop(data, gradient): what comes back where the data are above zero."""
    positive = node.fresh("positive")
    zero = node.constant((0,), node.element_type(0) or "f32")
    return [
        Step("compare", (node.input(0), zero), (positive,), {"direction": "GT"}),
        node.step("select", (positive, node.input(1), zero), node.outputs[:1]),
    ]


def sigmoid_gradient(node: NativeOperation) -> list[Step]:
    """SigmoidBackprop(data, gradient): s (1 - s) times what comes back."""
    names = [node.fresh(word) for word in ("sigmoid", "rest", "slope")]
    one = node.constant((1,), node.element_type(0) or "f32")
    return [
        Step("sigmoid", (node.input(0),), (names[0],), {}),
        Step("subtract", (one, names[0]), (names[1],), {}),
        Step("multiply", (names[0], names[1]), (names[2],), {}),
        node.step("multiply", (names[2], node.input(1)), node.outputs[:1]),
    ]


def scale_shift(node: NativeOperation) -> list[Step]:
    """ScaleShift(data, scale, shift)."""
    return chain(node, [("multiply", (node.input(1),), {}), ("add", (node.input(2),), {})])


def layer_norm(node: NativeOperation) -> list[Step]:
    """LayerNorm(data, scale, bias)."""
    axis = node.integer("begin_norm_axis", default=1)
    epsilon = node.number("epsilon", default=1e-5)
    inputs = node.inputs[:3] if node.flag("use_affine", default=True) else node.inputs[:1]
    return [node.step("layer_normalization", inputs, axis=axis, epsilon=epsilon)]


def local_response(node: NativeOperation) -> list[Step]:
    """LRN."""
    size = node.integer("nsize", "size", default=5)
    return [node.step("local_response_normalization", node.inputs[:1], size=size)]


def recurrent_cell(operation: str, states: int) -> Rule:
    """LSTMCell and its kin: the states stand behind the weights in the releases before 0.25."""
    late = cell(operation)
    early = cell(operation, (0, *range(3, 3 + states), 1, 2, 3 + states))

    def rule(node: NativeOperation) -> list[Step]:
        hidden, second = node.integer("hidden_size", default=0), node.static(1)
        batch = node.static(0)
        if second is None or batch is None:
            return unknown(node)
        return (late if second == (batch[0], hidden) else early)(node)

    return needing(3 + states, own(rule))


RULES: Final[Mapping[str, Rule]] = {
    "Dot": needing(2, own(dot)),
    "MatmulBias": needing(2, unknown),
    "BatchMatMul": needing(2, own(batch_matmul)),
    "BatchMatMulTranspose": needing(2, own(batch_matmul)),
    "MatMul": needing(2, own(batch_matmul)),
    "Gemm": needing(2, own(gemm)),
    "QuantizedDot": needing(2, own(quantized_dot)),
    "QuantizedDotBias": needing(2, own(quantized_dot)),
    "QuantizedMatmul": needing(2, own(quantized_dot)),
    **dict.fromkeys(
        ("QuantizedConvolution", "QuantizedConvolutionRelu", "QuantizedConvolutionBias",
         "QuantizedConvolutionBiasAdd", "QuantizedConvolutionBiasSignedAdd"),
        needing(2, own(quantized_convolution)),
    ),
    "Sum": reduction("sum"), "Product": reduction("prod"), "Max": reduction("max"),
    "Min": reduction("min"), "All": reduction("and"), "Any": reduction("or"),
    "ArgMax": arg_reduction("argmax"), "ArgMin": arg_reduction("argmin"),
    "TopK": needing(1, own(top_k)),
    "Softmax": needing(1, own(softmax)),
    "BatchNorm": needing(3, own(batch_norm)),
    "BatchNormTraining": needing(3, own(batch_training)),
    "BatchNormInference": needing(5, own(batch_inference)),
    "BatchNormTrainingBackprop": needing(6, own(batch_gradient)),
    "BatchNormBackprop": needing(6, own(batch_gradient)),
    "Quantize": quantize("quantize"), "Dequantize": quantize("dequantize"),
    "ReluBackprop": needing(2, own(relu_gradient)),
    "SigmoidBackprop": needing(2, own(sigmoid_gradient)),
    "ScaleShift": needing(3, own(scale_shift)),
    "LayerNorm": needing(1, own(layer_norm)),
    "LRN": needing(1, own(local_response)),
    "MVN": needing(1, mean_variance),
    "NormalizeL2": needing(2, normalize_l2),
    "LSTMCell": recurrent_cell("lstm", 2), "GRUCell": recurrent_cell("gru", 1),
    "RNNCell": recurrent_cell("rnn", 1),
    "AllReduce": first("all_reduce"), "BroadcastDistributed": first("collective_broadcast"),
    "Send": first("send"), "Recv": first("recv"),
}  # fmt: skip
