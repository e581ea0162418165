"""Which rule translates which operation, by the plain name that it has in all generations.

Operations: ``src/operator`` of github.com/apache/mxnet, releases 0.8 to 2.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final

from cyborg_rr.readers.kit.rules import plain
from cyborg_rr.readers.mxnet.roles import get_plain_name
from cyborg_rr.readers.mxnet.translation import (
    contractions,
    detection,
    elementwise,
    layers,
    making,
    quantized,
    shaping,
    slicing,
    windows,
)
from cyborg_rr.readers.mxnet.translation.native import Rule

_ARITHMETIC: Final[Mapping[str, str]] = {
    "add": "add", "plus": "add", "sub": "subtract", "minus": "subtract", "subtract": "subtract",
    "mul": "multiply", "multiply": "multiply", "div": "divide", "divide": "divide",
    "truedivide": "divide", "mod": "remainder", "power": "power", "pow": "power",
    "maximum": "maximum", "minimum": "minimum", "logicaland": "and", "logicalor": "or",
    "logicalxor": "xor", "bitwiseand": "and", "bitwiseor": "or", "bitwisexor": "xor",
}  # fmt: skip
_COMPARED: Final[Mapping[str, str]] = {
    "equal": "EQ", "notequal": "NE", "greater": "GT", "greaterequal": "GE", "lesser": "LT",
    "lesserequal": "LE", "less": "LT", "lessequal": "LE",
}  # fmt: skip
_UNARY: Final[Mapping[str, str]] = {
    "abs": "abs", "absolute": "abs", "sign": "sign", "round": "round", "rint": "round",
    "around": "round", "ceil": "ceil", "floor": "floor", "trunc": "floor", "fix": "floor",
    "sqrt": "sqrt", "rsqrt": "rsqrt", "cbrt": "cbrt", "exp": "exp", "log": "log",
    "log1p": "log_plus_one", "expm1": "exp_minus_one", "sin": "sine", "cos": "cosine",
    "tan": "tan", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    "reciprocal": "reciprocal", "negative": "negate", "relu": "relu", "sigmoid": "sigmoid",
    "softsign": "softsign", "erf": "erf", "logicalnot": "not", "isnan": "is_nan",
    "isinf": "is_inf", "isfinite": "is_finite", "bitwisenot": "not", "mish": "mish",
}  # fmt: skip
_SAME: Final = (
    "copy", "identity", "blockgrad", "stopgradient", "makeloss", "identityattachklsparsereg",
    "crossdevicecopy", "identitywithattrlikerhs", "linearregressionoutput", "svmoutput",
    "maeregressionoutput", "gradientmultiplier", "roundste", "compositeidentity", "shuffle",
)  # fmt: skip
"""Operations whose first operand comes out as it is, some of them because nothing is trained."""

_REDUCED: Final[Mapping[str, str]] = {
    "sum": "sum", "sumaxis": "sum", "mean": "mean", "max": "max", "maxaxis": "max", "amax": "max",
    "min": "min", "minaxis": "min", "amin": "min", "prod": "prod", "nansum": "sum",
    "nanprod": "prod",
}  # fmt: skip


def _list_arithmetic() -> Iterator[tuple[str, Rule]]:
    for prefix, (word, operation) in product(("", "elemwise", "broadcast"), _ARITHMETIC.items()):
        yield prefix + word, plain(operation)
    for word, operation in _ARITHMETIC.items():
        yield f"{word}scalar", elementwise.scalar(operation)
        yield f"r{word}scalar", elementwise.scalar(operation, backwards=True)
    for prefix, (word, direction) in product(("", "broadcast"), _COMPARED.items()):
        yield prefix + word, elementwise.compare(direction)
    for word, direction in _COMPARED.items():
        yield f"{word}scalar", elementwise.compare(direction, with_scalar=True)
    for word, operation in _UNARY.items():
        yield word, plain(operation)
    for word in _SAME:
        yield word, elementwise.first("identity")
    for word, function in _REDUCED.items():
        yield word, elementwise.reduction(function)


_RULES: Final[Mapping[str, Rule]] = {
    **dict(_list_arithmetic()),
    # ---- elements alike
    "gradadd": plain("add"), "addn": shaping.add_all, "elementwisesum": shaping.add_all,
    "square": elementwise.square, "hypot": elementwise.hypot, "broadcasthypot": elementwise.hypot,
    "log2": elementwise.logarithm, "log10": elementwise.logarithm, "degrees": elementwise.degrees,
    "radians": elementwise.degrees, "divsqrtdim": elementwise.degrees,
    "smoothl1": elementwise.smooth_l1, "clip": elementwise.clip, "cast": elementwise.cast,
    "ampcast": elementwise.cast, "ampmulticast": elementwise.cast_all, "where": plain("select"),
    "activation": elementwise.activation, "leakyrelu": elementwise.leaky,
    "hardsigmoid": elementwise.hard_sigmoid, "dropout": elementwise.first("dropout"),
    "logisticregressionoutput": elementwise.first("sigmoid"),
    "softmax": elementwise.softmax(), "softmin": elementwise.softmax(),
    "logsoftmax": elementwise.softmax("log_softmax"), "softmaxoutput": elementwise.softmax_output,
    "softmaxactivation": elementwise.softmax_activation,
    "maskedsoftmax": elementwise.masked_softmax(),
    "maskedlogsoftmax": elementwise.masked_softmax("log_softmax"),
    "norm": elementwise.norm, "argmax": elementwise.position("argmax"),
    "argmin": elementwise.position("argmin"), "argmaxchannel": elementwise.position("argmax"),
    "moments": elementwise.moments, "var": elementwise.variance(),
    "std": elementwise.variance("sqrt"),
    # ---- windows
    "convolution": windows.convolution, "deconvolution": windows.deconvolution,
    "deformableconvolution": windows.deformable,
    "modulateddeformableconvolution": windows.deformable, "pooling": windows.pool,
    "adaptiveavgpooling2d": windows.adaptive_pool, "upsampling": windows.up_sample,
    "bilinearresize2d": windows.resize,
    # ---- layers
    "fullyconnected": layers.dense, "embedding": layers.embedding,
    "sparseembedding": layers.embedding, "batchnorm": layers.batch_normalization,
    "cudnnbatchnorm": layers.batch_normalization, "syncbatchnorm": layers.batch_normalization,
    "batchnormwithrelu": layers.batch_normalization, "layernorm": layers.layer_normalization,
    "groupnorm": layers.group_normalization, "instancenorm": layers.instance_normalization,
    "l2normalization": layers.length_normalization, "lrn": layers.local_response,
    "rnn": layers.recurrent,
    # ---- products
    "dot": contractions.dot, "batchdot": contractions.matmul, "matmul": contractions.matmul,
    "gemm": contractions.linear_gemm, "gemm2": contractions.linear_gemm,
    "linalggemm": contractions.linear_gemm, "linalggemm2": contractions.linear_gemm,
    "tensordot": contractions.tensor_dot, "tensordotintaxes": contractions.tensor_dot,
    "einsum": contractions.einsum,
    "linalgsyrk": contractions.own_product, "syrk": contractions.own_product,
    "linalgtrmm": contractions.triangular_product, "trmm": contractions.triangular_product,
    "interleavedmatmulselfattqk": contractions.scores(own=True),
    "interleavedmatmulselfattvalatt": contractions.mixture(own=True),
    "selfattqk": contractions.scores(own=True),
    "selfattvalatt": contractions.mixture(own=True),
    "interleavedmatmulencdecqk": contractions.scores(own=False),
    "interleavedmatmulencdecvalatt": contractions.mixture(own=False),
    # ---- shapes
    "flatten": plain("flatten"), "batchflatten": plain("flatten"), "reshape": shaping.reshape,
    "reshapelike": shaping.reshape_like, "transpose": shaping.transpose, "swapaxis": shaping.swap,
    "swapaxes": shaping.swap, "expanddims": shaping.expand, "squeeze": shaping.squeeze,
    "concat": shaping.concatenate, "rnnparamconcat": shaping.concatenate,
    "concatenate": shaping.numpy_concatenate, "stack": shaping.stack, "tile": shaping.tile,
    "repeat": shaping.repeat, "pad": shaping.pad,
    "depthtospace": shaping.blocks("depth_to_space"),
    "spacetodepth": shaping.blocks("space_to_depth"), "reverse": shaping.flip,
    "flip": shaping.flip, "broadcastto": shaping.broadcast_to,
    "broadcastaxis": shaping.broadcast_axis, "broadcastaxes": shaping.broadcast_axis,
    "broadcastlike": shaping.broadcast_like, "onehot": shaping.one_hot, "take": shaping.take,
    "pick": shaping.pick, "sequencemask": shaping.sequence_mask,
    "sequencelast": shaping.sequence_last, "sequencereverse": shaping.sequence_reverse,
    "slice": slicing.cut, "sliceaxis": slicing.cut_axis, "slicelike": slicing.cut_like,
    "crop": slicing.crop, "slicechannel": slicing.split, "split": slicing.split,
    "splitv2": slicing.split_at, "topk": slicing.top, "sort": slicing.sort,
    "gathernd": shaping.gather_nd, "vstack": shaping.numpy_stack(0),
    "hstack": shaping.numpy_stack(1), "cumsum": shaping.cumulative, "roll": shaping.roll,
    "flipleftright": shaping.roll, "fliptopbottom": shaping.roll,
    "caststorage": elementwise.first("identity"), "batchtake": shaping.pick,
    "chooseelement0index": shaping.pick, "argsort": slicing.argsort,
    "shapearray": plain("shape_of"), "sizearray": plain("size_of"),
    # ---- made of nothing
    "zeros": making.filled(0.0), "zeroswithoutdtype": making.filled(0.0),
    "ones": making.filled(1.0), "full": making.filled(1.0),
    "zeroslike": making.filled_like(0.0), "oneslike": making.filled_like(1.0),
    "fulllike": making.filled_like(1.0), "arange": making.steps, "arangelike": making.steps_like,
    "uniform": making.random, "normal": making.random, "randomuniform": making.random,
    "randomnormal": making.random, "randomgamma": making.random,
    # ---- objects in images
    "multiboxprior": detection.anchors, "multiboxdetection": detection.detections,
    "boxnms": detection.suppression, "boxnonmaximumsuppression": detection.suppression,
    "proposal": detection.proposals, "multiproposal": detection.proposals,
    "roipooling": detection.regions("max"), "roialign": detection.regions("avg"),
    "bilinearsampler": elementwise.sample,
    # ---- whole numbers of 8 bits
    "quantize": quantized.quantize, "quantizev2": quantized.quantize,
    "requantize": quantized.requantize, "dequantize": quantized.dequantize,
    "quantizedconv": quantized.convolution, "quantizedfullyconnected": quantized.dense,
    "quantizedpooling": quantized.ranged(windows.pool),
    "quantizedact": quantized.ranged(elementwise.first("relu")),
    "quantizedflatten": quantized.ranged(elementwise.first("flatten")),
    "quantizedconcat": quantized.concatenate,
    "quantizedelemwiseadd": quantized.pair("add"),
    "quantizedelemwisemul": quantized.pair("multiply"),
    "quantizedbatchnorm": quantized.ranged(layers.batch_normalization),
}  # fmt: skip
"""By plain names."""

_EXACT: Final[Mapping[str, Rule]] = {
    "Softmax": elementwise.softmax_output, "_npx_reshape": shaping.coded_reshape,
    "_np_reshape": shaping.numpy_reshape, "_npi_reshape": shaping.numpy_reshape,
    "_np_dot": contractions.numpy_dot, "_npi_dot": contractions.numpy_dot,
    "_image_to_tensor": shaping.to_tensor, "_npx__image_to_tensor": shaping.to_tensor,
    "_image_normalize": elementwise.normalize, "_npx__image_normalize": elementwise.normalize,
}  # fmt: skip
"""Operations whose plain name means another one."""


def find_rule(operation: str) -> Rule | None:
    """The rule of an operation; None where it has no canonical counterpart."""
    return _EXACT.get(operation) or _RULES.get(get_plain_name(operation))
