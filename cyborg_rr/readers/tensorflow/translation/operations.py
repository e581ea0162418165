"""TensorFlow's operations by name: which rule translates each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tensorflow.translation import contractions, lists, shaping, windows
from cyborg_rr.readers.tensorflow.translation.detecting import DETECTING
from cyborg_rr.readers.tensorflow.translation.native import (
    NativeTensorflowNode,
    Rule,
    first,
    needing,
    pass_channels,
)
from cyborg_rr.readers.tensorflow.translation.seldom import SELDOM
from cyborg_rr.readers.tensorflow.translation.slices import slice_, strided_slice

ALIASES: Final = frozenset({"ReadVariableOp"})
"""Operations whose result is their operand itself."""

VARIABLES: Final = frozenset({"VarHandleOp", "Variable", "VariableV2"})
"""Operations that stand for a variable."""


def _identity(node: NativeTensorflowNode) -> list[Step]:
    """Identity and its kin; what reads a variable that was frozen shows where a weight is."""
    pass_channels(node)
    if node.operation == "Identity" and node.label.endswith(("/ReadVariableOp", "/read")):
        node.known.mark(node.input(0))
    node.known.pass_on(node.output(0), node.input(0))
    return [node.step("identity", node.inputs[:1], node.outputs[:1])]


def _reduce(function: str) -> Rule:
    """Sum, Mean...(data, axes)."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        data = node.stored(0)
        if data is not None and data.type.shape == ():  # of one number nothing is left to reduce
            node.known.pass_on(node.output(0), node.input(0))
            return [node.step("identity", node.inputs[:1])]
        keep = node.flag("keep_dims")
        axes = node.whole(1)
        operands = node.inputs[:2] if axes is None else node.inputs[:1]
        return [
            node.step(
                "reduce", operands, function=function, axes=axes, keep_dimensions=keep,
                noop_with_empty_axes=True,
            )
        ]  # fmt: skip

    return rule


def _arg(function: str) -> Rule:
    """ArgMax, ArgMin(data, axis)."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        axes = node.whole(1)
        if axes is None:
            return unknown(node)
        element_type = node.element("output_type") or "i64"
        return [
            node.step(
                "reduce", node.inputs[:1], function=function, axes=axes, element_type=element_type
            )
        ]

    return rule


def _typed(operation: str, *attributes: str) -> Rule:
    """Cast, Bitcast...: into the element type that an attribute names."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        wanted = node.element(*attributes)
        if wanted is None:
            return unknown(node)
        return [node.step(operation, node.inputs[:1], node.outputs[:1], element_type=wanted)]

    return rule


def _quantised_and_back(node: NativeTensorflowNode) -> list[Step]:
    """FakeQuant..., QuantizeAndDequantize...: whole steps of a scale, as numbers again."""
    whole = node.fresh("whole")
    pass_channels(node)
    bits = node.integer("num_bits", default=8)
    signed = node.flag("signed_input", default=False)
    element_type = ("i8" if signed else "u8") if bits <= 8 else "i16" if signed else "u16"
    return [
        node.step("quantize", node.inputs[:1], (whole,), {
            whole: TensorType(element_type, None)}, element_type=element_type),
        node.step("dequantize", (whole,), node.outputs[:1],
                  element_type=node.element("T") or "f32"),
    ]  # fmt: skip


def _then(before: str, after: str, doubled: bool = False) -> Rule:
    """Two operations, the second on what the first makes of the operands (twice where doubled)."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        inner = node.fresh("inner")
        last = (inner, inner) if doubled else (inner,)
        return [
            node.step(before, node.inputs[:2], (inner,), node.typed(inner)),
            node.step(after, last),
        ]

    return rule


def _fourier(kind: str, dimensions: int) -> Rule:
    """FFT..., and RFFT... and IRFFT... with the lengths of the last dimensions as an operand."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        shape = node.shape(0)
        known: Sequence[Dimension] = (node.whole(1) if "R" in kind else shape) or ()
        lengths = [size for size in known[-dimensions:] if isinstance(size, int) and size > 0]
        if len(lengths) != dimensions:
            return unknown(node)
        return [node.step("fft", node.inputs[:1], fft_type=kind, fft_length=tuple(lengths))]

    return rule


def _square(node: NativeTensorflowNode) -> list[Step]:
    pass_channels(node)
    return [node.step("multiply", node.inputs[:1] * 2)]


def _floor_divide(node: NativeTensorflowNode) -> list[Step]:
    """FloorDiv; whole numbers are divided so at once."""
    element = find_element_type(node.element("T"))
    if element is not None and element.family == "float":
        return _then("divide", "floor")(node)
    return [node.step("divide", node.inputs[:2])]


def _leaky_relu(node: NativeTensorflowNode) -> list[Step]:
    pass_channels(node)
    return [node.step("leaky_relu", node.inputs[:1], alpha=node.number("alpha", default=0.2))]


def _top_k(node: NativeTensorflowNode) -> list[Step]:
    index_type = node.element("index_type") or "i32"
    if node.operation == "TopK":
        count = node.integer("k", default=1)
        return [node.step("top_k", node.inputs[:1], k=count, index_type=index_type)]
    count_of = node.lone(1)
    operands = node.inputs[:2] if count_of is None else node.inputs[:1]
    return [node.step("top_k", operands, k=count_of, index_type=index_type)]


def _random(node: NativeTensorflowNode) -> list[Step]:
    shape, element_type = node.whole(0), node.element("dtype", "T")
    if shape is None or any(size < 0 for size in shape):
        return unknown(node)
    return [node.step("random", (), node.outputs[:1], shape=shape, element_type=element_type)]


def _added(node: NativeTensorflowNode) -> list[Step]:
    """AddN."""
    pass_channels(node)
    return [node.step("add")]


def _cumulative(function: str) -> Rule:
    def rule(node: NativeTensorflowNode) -> list[Step]:
        return [node.step("cumulative", node.inputs[:1], function=function)]

    return rule


_UNARY: Final = {
    "Abs": "abs", "Acos": "acos", "Acosh": "acosh", "Asin": "asin", "Asinh": "asinh",
    "Atan": "atan", "Atanh": "atanh", "Ceil": "ceil", "ComplexAbs": "abs", "Cos": "cosine",
    "Cosh": "cosh", "Elu": "elu", "Erf": "erf", "Erfc": "erf", "Exp": "exp",
    "Expm1": "exp_minus_one",
    "Floor": "floor", "Imag": "imag", "Inv": "reciprocal", "Invert": "not", "IsFinite": "is_finite",
    "IsInf": "is_inf", "IsNan": "is_nan", "Log": "log", "Log1p": "log_plus_one",
    "LogicalNot": "not", "Neg": "negate", "PopulationCount": "popcnt", "Real": "real",
    "Reciprocal": "reciprocal", "Relu": "relu", "Rint": "round", "Round": "round",
    "Rsqrt": "rsqrt", "Selu": "selu", "Sigmoid": "sigmoid", "Sign": "sign", "Sin": "sine",
    "Sinh": "sinh", "Softplus": "softplus", "Softsign": "softsign", "Sqrt": "sqrt", "Tan": "tan",
    "Tanh": "tanh", "Where": "where_indices", "DeepCopy": "copy", "Cholesky": "cholesky",
    "MatrixBandPart": "trilu", "Unique": "unique",
}  # fmt: skip

_PAIRED: Final = {
    "Add": "add", "AddV2": "add", "Atan2": "atan2", "BitwiseAnd": "and", "BitwiseOr": "or",
    "BitwiseXor": "xor", "BroadcastTo": "expand", "Complex": "complex", "Div": "divide",
    "DivNoNan": "divide", "FloorMod": "remainder", "GatherNd": "gather_nd",
    "LeftShift": "shift_left", "LogicalAnd": "and", "LogicalOr": "or", "Maximum": "maximum",
    "Minimum": "minimum", "Mod": "remainder", "Mul": "multiply", "MulNoNan": "multiply",
    "Pow": "power", "RealDiv": "divide", "ResourceGatherNd": "gather_nd",
    "RightShift": "shift_right_arithmetic", "Sub": "subtract", "Tile": "tile",
    "TruncateDiv": "divide", "TruncateMod": "remainder", "Xdivy": "divide",
}  # fmt: skip

_COMPARED: Final = {
    "Equal": "EQ", "NotEqual": "NE", "Greater": "GT", "GreaterEqual": "GE", "Less": "LT",
    "LessEqual": "LE", "ApproximateEqual": "EQ",
}  # fmt: skip

_REDUCED: Final = {
    "Mean": "mean", "Sum": "sum", "Max": "max", "Min": "min", "Prod": "prod", "Any": "or",
    "All": "and",
}  # fmt: skip

_PASSED: Final = (
    "Identity", "StopGradient", "PreventGradient", "Snapshot", "CheckNumerics", "EnsureShape",
    "PlaceholderWithDefault", "DebugIdentity", "RefIdentity", "Exit", "RefExit",
)  # fmt: skip

_RANDOM: Final = (
    "RandomUniform", "RandomStandardNormal", "TruncatedNormal", "RandomUniformInt",
    "StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal",
    "StatelessRandomUniformV2", "StatelessRandomNormalV2", "StatelessTruncatedNormalV2",
)  # fmt: skip

_QUANTISED: Final = (
    "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel",
    "QuantizeAndDequantize", "QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3",
    "QuantizeAndDequantizeV4",
)  # fmt: skip

_SPECIAL: Final[Mapping[str, tuple[Rule, int]]] = {
    "Conv2D": (windows.convolution(), 2), "Conv3D": (windows.convolution(3), 2),
    "DepthwiseConv2dNative": (windows.depthwise, 2),
    "_FusedConv2D": (contractions.fused(windows.convolution()), 2),
    "_FusedDepthwiseConv2dNative": (contractions.fused(windows.depthwise), 2),
    "Conv2DBackpropInput": (windows.transposed(), 3),
    "Conv3DBackpropInputV2": (windows.transposed(3), 3),
    "MaxPool": (windows.pool("max"), 1), "AvgPool": (windows.pool("average"), 1),
    "MaxPool3D": (windows.pool("max", 3), 1), "AvgPool3D": (windows.pool("average", 3), 1),
    "FusedBatchNorm": (windows.batch_normalization, 5),
    "FusedBatchNormV2": (windows.batch_normalization, 5),
    "FusedBatchNormV3": (windows.batch_normalization, 5),
    "BiasAdd": (windows.bias, 2), "BiasAddV1": (windows.bias, 2),
    "LRN": (windows.local_response, 1), "ResizeBilinear": (windows.resize("linear"), 2),
    "ResizeNearestNeighbor": (windows.resize("nearest"), 2),
    "ResizeBicubic": (windows.resize("cubic"), 2), "ResizeArea": (windows.resize("linear"), 2),
    "MatMul": (contractions.matmul("transpose_a", "transpose_b"), 2),
    "_FusedMatMul": (contractions.fused(contractions.matmul("transpose_a", "transpose_b")), 2),
    **dict.fromkeys(("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"),
                    (contractions.matmul("adj_x", "adj_y"), 2)),
    "Einsum": (contractions.einsum, 1), "LSTMBlockCell": (contractions.lstm_cell, 8),
    **{f"{kind}{'' if dimensions == 1 else f'{dimensions}D'}":
       (_fourier(kind, dimensions), 2 if "R" in kind else 1)
       for kind in ("FFT", "IFFT", "RFFT", "IRFFT") for dimensions in (1, 2, 3)},
    "Relu6": (first("clamp", minimum=0.0, maximum=6.0), 1), "LeakyRelu": (_leaky_relu, 1),
    "Softmax": (first("softmax", axis=-1), 1), "LogSoftmax": (first("log_softmax", axis=-1), 1),
    "ClipByValue": (first("clamp", 3), 3), "Square": (_square, 1),
    "SquaredDifference": (_then("subtract", "multiply", doubled=True), 2),
    "FloorDiv": (_floor_divide, 2), "AddN": (_added, 1), "AccumulateNV2": (_added, 1),
    "Select": (first("select", 3), 3), "SelectV2": (first("select", 3), 3),
    "ArgMax": (_arg("argmax"), 2), "ArgMin": (_arg("argmin"), 2), "TopK": (_top_k, 1),
    "TopKV2": (_top_k, 2), "Cumsum": (_cumulative("sum"), 2), "Cumprod": (_cumulative("prod"), 2),
    "Cast": (_typed("convert", "DstT"), 1), "Bitcast": (_typed("bitcast_convert", "type"), 1),
    "QuantizeV2": (_typed("quantize", "T"), 1), "Reshape": (shaping.reshape, 2),
    "Transpose": (shaping.transpose, 2), "ExpandDims": (shaping.along("unsqueeze"), 2),
    "ReverseV2": (shaping.along("reverse"), 2), "Squeeze": (shaping.squeeze, 1),
    "ConcatV2": (shaping.concatenate(is_last=True), 2),
    "Concat": (shaping.concatenate(is_last=False), 2), "Split": (shaping.split, 2),
    "SplitV": (shaping.split_sizes, 3), "Pack": (shaping.pack, 0), "Unpack": (shaping.unpack, 1),
    "Slice": (slice_, 3), "StridedSlice": (strided_slice, 4), "Pad": (shaping.pad("constant"), 2),
    "PadV2": (shaping.pad("constant"), 3), "MirrorPad": (shaping.pad("reflect"), 2),
    "Gather": (shaping.gather, 2), "GatherV2": (shaping.gather, 3),
    "ResourceGather": (shaping.gather, 2), "Fill": (shaping.fill, 2),
    "Range": (first("range", 3), 3), "OneHot": (shaping.one_hot, 4),
    "ZerosLike": (shaping.filled_like(0), 1), "OnesLike": (shaping.filled_like(1), 1),
    "Shape": (shaping.shape_of, 1), "ShapeN": (shaping.shapes_of, 1),
    "IdentityN": (shaping.each_passed, 1),
    "DepthToSpace": (shaping.depth_to_space("depth_to_space"), 1),
    "SpaceToDepth": (shaping.depth_to_space("space_to_depth"), 1),
    "ScatterNd": (shaping.scatter, 3), "TensorListReserve": (lists.reserve, 2),
    "TensorListFromTensor": (lists.hand_over, 1), "TensorListStack": (lists.hand_over, 1),
    "TensorListGetItem": (lists.get_item, 2), "TensorListSetItem": (lists.set_item, 3),
    "TensorScatterUpdate": (first("scatter_nd", 3), 3),
    "TensorScatterAdd": (first("scatter_nd", 3, reduction="add"), 3),
    "TensorScatterSub": (first("scatter_nd", 3, reduction="add"), 3),
}  # fmt: skip

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **SELDOM,
        **DETECTING,
        **{name: first(operation) for name, operation in _UNARY.items()},
        **{name: first(operation, 2) for name, operation in _PAIRED.items()},
        **{name: first("compare", 2, direction=word) for name, word in _COMPARED.items()},
        **{name: needing(_reduce(function), 2) for name, function in _REDUCED.items()},
        **{name: needing(_identity, 1) for name in _PASSED},
        **{name: needing(_random, 1) for name in _RANDOM},
        **{name: needing(_quantised_and_back, 1) for name in _QUANTISED},
        **{name: needing(rule, count) for name, (rule, count) in _SPECIAL.items()},
    }
)
"""Operations that have a canonical counterpart."""
