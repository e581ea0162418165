"""Builtin operations by the names of schema.fbs: which rule translates each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tflite.translation import (
    blocks,
    contractions,
    embedded,
    placing,
    recurrent,
    shaping,
    windows,
)
from cyborg_rr.readers.tflite.translation.native import (
    NativeTfliteNode,
    Rule,
    first,
    fused,
    needing,
)
from cyborg_rr.readers.tflite.translation.slices import strided_slice


def _reduce(function: str) -> Rule:
    """MEAN, SUM, REDUCE_...(data, axes)."""

    def rule(node: NativeTfliteNode) -> list[Step]:
        keep = node.flag("keep_dims")
        axes = node.whole(1)
        operands = node.inputs[:2] if axes is None else node.inputs[:1]
        return [node.step("reduce", operands, function=function, axes=axes, keep_dimensions=keep)]

    return rule


def _arg(function: str) -> Rule:
    """ARG_MAX, ARG_MIN(data, axis)."""

    def rule(node: NativeTfliteNode) -> list[Step]:
        axes, element_type = node.whole(1), node.result().element_type
        if axes is None:
            return unknown(node)
        return [
            node.step(
                "reduce", node.inputs[:1], function=function, axes=axes, element_type=element_type
            )
        ]

    return rule


def _typed(operation: str) -> Rule:
    """CAST, QUANTIZE, DEQUANTIZE, BITCAST: into the element type of the result."""

    def rule(node: NativeTfliteNode) -> list[Step]:
        wanted = node.result().element_type
        if wanted is None:
            return unknown(node)
        return [node.step(operation, node.inputs[:1], element_type=wanted)]

    return rule


def _square(node: NativeTfliteNode) -> list[Step]:
    return [node.step("multiply", node.inputs[:1] * 2)]


def _squared_difference(node: NativeTfliteNode) -> list[Step]:
    difference = node.fresh("difference")
    return [
        node.step("subtract", node.inputs[:2], (difference,), node.stated(difference)),
        node.step("multiply", (difference, difference)),
    ]


def _floor_divide(node: NativeTfliteNode) -> list[Step]:
    quotient = node.fresh("quotient")
    return [
        node.step("divide", node.inputs[:2], (quotient,), node.stated(quotient)),
        node.step("floor", (quotient,)),
    ]


def _leaky_relu(node: NativeTfliteNode) -> list[Step]:
    return [node.step("leaky_relu", node.inputs[:1], alpha=node.number("alpha", default=0.0))]


def _local_response(node: NativeTfliteNode) -> list[Step]:
    size = 2 * node.integer("radius", default=0) + 1
    return [node.step("local_response_normalization", node.inputs[:1], size=size)]


def _top_k(node: NativeTfliteNode) -> list[Step]:
    index_type = (node.find_type(node.output(1)) if node.output(1) else None) or node.result()
    return [node.step("top_k", node.inputs[:2], index_type=index_type.element_type)]


def _fourier(node: NativeTfliteNode) -> list[Step]:
    """RFFT2D(real numbers, lengths of the last two dimensions)."""
    lengths = node.whole(1)
    if lengths is None or len(lengths) != 2 or min(lengths) < 1:
        return [node.step("unknown")]
    return [node.step("fft", node.inputs[:1], fft_type="RFFT", fft_length=lengths)]


def _random(node: NativeTfliteNode) -> list[Step]:
    known = node.result()
    return [
        node.step("random", (), shape=node.fitting(), element_type=known.element_type)
        if known.is_static
        else node.step("unknown")
    ]


_UNARY: Final = {
    "ABS": "abs", "CEIL": "ceil", "COMPLEX_ABS": "abs", "COS": "cosine", "ELU": "elu",
    "EXP": "exp", "FLOOR": "floor", "GELU": "gelu", "HARD_SWISH": "hard_swish", "IMAG": "imag",
    "LOG": "log", "LOGICAL_NOT": "not", "LOGISTIC": "sigmoid", "NEG": "negate", "REAL": "real",
    "RELU": "relu", "ROUND": "round", "RSQRT": "rsqrt", "SIGN": "sign", "SIN": "sine",
    "SQRT": "sqrt", "TANH": "tanh", "SHAPE": "shape_of", "WHERE": "where_indices",
    "DENSIFY": "copy", "STABLEHLO_ABS": "abs", "STABLEHLO_COSINE": "cosine",
    "STABLEHLO_EXPONENTIAL": "exp", "STABLEHLO_FLOOR": "floor", "STABLEHLO_LOG": "log",
    "STABLEHLO_LOGISTIC": "sigmoid", "STABLEHLO_NEGATE": "negate", "STABLEHLO_RSQRT": "rsqrt",
    "STABLEHLO_TANH": "tanh", "STABLEHLO_CBRT": "cbrt",
}  # fmt: skip

_PAIRED: Final = {
    "ATAN2": "atan2", "BITWISE_XOR": "xor", "FLOOR_MOD": "remainder", "LOGICAL_AND": "and",
    "LOGICAL_OR": "or", "MAXIMUM": "maximum", "MINIMUM": "minimum", "POW": "power",
    "PRELU": "prelu", "RIGHT_SHIFT": "shift_right_arithmetic", "TILE": "tile",
    "EXPAND_DIMS": "unsqueeze", "BROADCAST_TO": "expand", "GATHER_ND": "gather_nd",
    "STABLEHLO_ADD": "add", "STABLEHLO_DIVIDE": "divide", "STABLEHLO_MULTIPLY": "multiply",
    "STABLEHLO_MAXIMUM": "maximum", "STABLEHLO_MINIMUM": "minimum", "STABLEHLO_AND": "and",
    "STABLEHLO_OR": "or", "STABLEHLO_POWER": "power", "STABLEHLO_REMAINDER": "remainder",
    "STABLEHLO_SUBTRACT": "subtract", "STABLEHLO_SHIFT_LEFT": "shift_left",
}  # fmt: skip

_FUSED: Final = {"ADD": "add", "SUB": "subtract", "MUL": "multiply", "DIV": "divide"}

_COMPARED: Final = {
    "EQUAL": "EQ", "NOT_EQUAL": "NE", "GREATER": "GT", "GREATER_EQUAL": "GE", "LESS": "LT",
    "LESS_EQUAL": "LE",
}  # fmt: skip

_REDUCED: Final = {
    "MEAN": "mean", "SUM": "sum", "REDUCE_MAX": "max", "REDUCE_MIN": "min", "REDUCE_PROD": "prod",
    "REDUCE_ANY": "or", "REDUCE_ALL": "and",
}  # fmt: skip

_SPECIAL: Final[Mapping[str, Rule]] = {
    "CONV_2D": fused(windows.convolution("O01I")),
    "DEPTHWISE_CONV_2D": fused(windows.convolution("I01O")),
    "CONV_3D": fused(windows.convolution("012IO", 3)),
    "TRANSPOSE_CONV": fused(windows.transposed("O01I")),
    "CONV_3D_TRANSPOSE": fused(windows.transposed("012OI", 3)),
    "AVERAGE_POOL_2D": fused(windows.pool("average")), "MAX_POOL_2D": fused(windows.pool("max")),
    "L2_POOL_2D": fused(windows.pool("lp")), "RESIZE_BILINEAR": windows.resize("linear"),
    "RESIZE_NEAREST_NEIGHBOR": windows.resize("nearest"),
    "FULLY_CONNECTED": fused(contractions.fully_connected),
    "BATCH_MATMUL": contractions.batch_matmul,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": recurrent.sequence_lstm,
    "UNIDIRECTIONAL_SEQUENCE_RNN": recurrent.sequence_rnn,
    "BIDIRECTIONAL_SEQUENCE_LSTM": recurrent.both_lstm,
    "BIDIRECTIONAL_SEQUENCE_RNN": recurrent.both_rnn, "LSTM": recurrent.lstm,
    "RNN": recurrent.rnn, "SVDF": fused(recurrent.svdf),
    "RELU6": first("clamp", minimum=0.0, maximum=6.0),
    "RELU_N1_TO_1": first("clamp", minimum=-1.0, maximum=1.0),
    "RELU_0_TO_1": first("clamp", minimum=0.0, maximum=1.0),
    "LEAKY_RELU": _leaky_relu, "SOFTMAX": first("softmax", axis=-1),
    "LOG_SOFTMAX": first("log_softmax", axis=-1),
    "L2_NORMALIZATION": fused(first("l2_normalization", axis=-1)),
    "LOCAL_RESPONSE_NORMALIZATION": _local_response,
    "ADD_N": lambda node: [node.step("add")], "SQUARE": _square,
    "SQUARED_DIFFERENCE": _squared_difference, "FLOOR_DIV": _floor_divide,
    "SELECT": first("select", 3), "SELECT_V2": first("select", 3),
    "STABLEHLO_SELECT": first("select", 3), "ARG_MAX": _arg("argmax"), "ARG_MIN": _arg("argmin"),
    "TOPK_V2": _top_k, "CUMSUM": first("cumulative", 2, function="sum"),
    "CAST": _typed("convert"), "QUANTIZE": _typed("quantize"), "DEQUANTIZE": _typed("dequantize"),
    "STABLEHLO_CONVERT": _typed("convert"), "BITCAST": _typed("bitcast_convert"),
    "RESHAPE": shaping.reshape, "STABLEHLO_RESHAPE": shaping.reshape,
    "TRANSPOSE": shaping.transpose, "SQUEEZE": shaping.squeeze,
    "CONCATENATION": fused(shaping.concatenate), "SPLIT": shaping.split(1, 0),
    "SPLIT_V": shaping.split(0, 2, 1), "SLICE": shaping.slice_, "STRIDED_SLICE": strided_slice,
    "PAD": shaping.pad("constant"), "PADV2": shaping.pad("constant"),
    "MIRROR_PAD": shaping.pad("reflect"), "GATHER": shaping.gather,
    "EMBEDDING_LOOKUP": shaping.look_up, "FILL": shaping.fill, "RANGE": first("range", 3),
    "REVERSE_V2": shaping.reverse, "ONE_HOT": shaping.one_hot, "PACK": shaping.pack,
    "UNPACK": shaping.unpack, "DEPTH_TO_SPACE": shaping.depth_to_space,
    "SPACE_TO_DEPTH": shaping.space_to_depth, "RANDOM_STANDARD_NORMAL": _random,
    "RANDOM_UNIFORM": _random, "DYNAMIC_UPDATE_SLICE": first("dynamic_update_slice", 3),
    "RFFT2D": _fourier, "SPACE_TO_BATCH_ND": blocks.space_to_batch,
    "BATCH_TO_SPACE_ND": blocks.batch_to_space, "ZEROS_LIKE": placing.zeros_like,
    "RANK": placing.rank, "UNIQUE": placing.unique, "NON_MAX_SUPPRESSION_V4": placing.suppress,
    "NON_MAX_SUPPRESSION_V5": placing.suppress, "SCATTER_ND": placing.scatter,
    "SPARSE_TO_DENSE": placing.to_dense, "SEGMENT_SUM": placing.segments("add"),
    "UNSORTED_SEGMENT_SUM": placing.segments("add"),
    "UNSORTED_SEGMENT_PROD": placing.segments("mul"),
    "UNSORTED_SEGMENT_MAX": placing.segments("max"),
    "UNSORTED_SEGMENT_MIN": placing.segments("min"),
    "EMBEDDING_LOOKUP_SPARSE": placing.look_up_sparse, "MATRIX_DIAG": placing.diagonal,
    "MATRIX_SET_DIAG": placing.set_diagonal, "BROADCAST_ARGS": placing.broadcast_args,
    "REVERSE_SEQUENCE": shaping.reverse_sequence, "DILATE": placing.dilate,
    "REDUCE_WINDOW": placing.reduce_window, "FAKE_QUANT": placing.fake_quantize,
    "VAR_HANDLE": placing.make_handle, "READ_VARIABLE": placing.read_variable,
    "ASSIGN_VARIABLE": placing.assign_variable,
}  # fmt: skip

_NEEDED: Final[Mapping[str, int]] = {
    **dict.fromkeys(("RANDOM_STANDARD_NORMAL", "RANDOM_UNIFORM", "VAR_HANDLE"), 0),
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "CONV_3D", "FULLY_CONNECTED", "BATCH_MATMUL",
                     "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "SQUARED_DIFFERENCE",
                     "FLOOR_DIV", "ARG_MAX", "ARG_MIN", "TOPK_V2", "TRANSPOSE", "SPLIT", "PAD",
                     "PADV2", "MIRROR_PAD", "GATHER", "EMBEDDING_LOOKUP", "FILL", "REVERSE_V2",
                     "RFFT2D", "SEGMENT_SUM", "MATRIX_SET_DIAG", "BROADCAST_ARGS",
                     "REVERSE_SEQUENCE", "LSTM", "ASSIGN_VARIABLE"), 2),
    **dict.fromkeys(("TRANSPOSE_CONV", "CONV_3D_TRANSPOSE", "UNIDIRECTIONAL_SEQUENCE_RNN",
                     "SPLIT_V", "SLICE", "ONE_HOT", "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "RNN",
                     "SVDF", "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "SCATTER_ND",
                     "SPARSE_TO_DENSE", "UNSORTED_SEGMENT_SUM", "UNSORTED_SEGMENT_PROD",
                     "UNSORTED_SEGMENT_MAX", "UNSORTED_SEGMENT_MIN", "DILATE"), 3),
    "STRIDED_SLICE": 4, "EMBEDDING_LOOKUP_SPARSE": 5, "REDUCE_WINDOW": 5,
}  # fmt: skip
"""Operands without which an operation cannot be; 1 where nothing is said."""

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **{name: first(operation) for name, operation in _UNARY.items()},
        **{name: first(operation, 2) for name, operation in _PAIRED.items()},
        **{name: fused(first(operation, 2)) for name, operation in _FUSED.items()},
        **{name: first("compare", 2, direction=word) for name, word in _COMPARED.items()},
        **{name: needing(_reduce(function), 2) for name, function in _REDUCED.items()},
        **{name: needing(rule, _NEEDED.get(name, 1)) for name, rule in _SPECIAL.items()},
        **embedded.RULES,
    }
)
"""Operations that have a canonical counterpart."""
