"""The operations that names of kernels are made of, by how NNVM, Relay and Relax call them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Role = Literal[
    "convolution", "transposed", "dense", "batch_matmul", "pool", "global_pool", "reduce", "line",
    "unary", "number", "binary", "select", "move", "view", "join", "split", "nothing", "unknown",
    "product", "turned_product", "norm", "attention", "unpack", "einsum", "outer",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """An operation of a function: as its IR calls it, what it does, and by which canonical one."""

    name: str
    role: Role
    operation: str


def _rows(role: Role, operations: Mapping[str, str]) -> dict[str, Part]:
    return {
        name.replace(".", "_"): Part(name, role, operation)
        for name, operation in operations.items()
    }


def _same(role: Role, operation: str, *names: str) -> dict[str, Part]:
    return _rows(role, dict.fromkeys(names, operation))


_UNARY: Final = {
    "abs": "abs", "ceil": "ceil", "cos": "cosine", "erf": "erf", "exp": "exp", "floor": "floor",
    "log": "log", "log2": "log", "negative": "negate", "round": "round", "rsqrt": "rsqrt",
    "sigmoid": "sigmoid", "sign": "sign", "sin": "sine", "sqrt": "sqrt", "tanh": "tanh",
    "trunc": "floor", "logical_not": "not", "cast": "convert", "clip": "clamp",
    "fast_erf": "erf", "fast_exp": "exp", "fast_tanh": "tanh", "relu": "relu", "nn.relu": "relu",
    "leaky_relu": "leaky_relu", "nn.leaky_relu": "leaky_relu", "tan": "tan", "atan": "atan",
    "isnan": "is_nan", "isfinite": "is_finite", "isinf": "is_inf",
}  # fmt: skip

_WITH_A_NUMBER: Final = {
    "fixed_point_multiply": "multiply", "fixed_point_multiply_per_axis": "multiply",
    "__add_scalar__": "add", "__sub_scalar__": "subtract", "__rsub_scalar__": "subtract",
    "__mul_scalar__": "multiply", "__div_scalar__": "divide", "__rdiv_scalar__": "divide",
    "__pow_scalar__": "power", "__rpow_scalar__": "power", "__max_scalar__": "maximum",
    "__min_scalar__": "minimum", "__lshift_scalar__": "shift_left",
    "__rshift_scalar__": "shift_right_arithmetic",
}  # fmt: skip

_PAIRS: Final = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "mod": "remainder",
    "pow": "power", "max": "maximum", "min": "minimum", "left_shift": "shift_left",
    "right_shift": "shift_right_arithmetic",
}  # fmt: skip

_BINARY: Final = {
    **{f"broadcast_{name}": operation for name, operation in _PAIRS.items()},
    **{f"elemwise_{name}": operation for name, operation in _PAIRS.items()},
    "add": "add", "subtract": "subtract", "multiply": "multiply", "divide": "divide",
    "power": "power", "maximum": "maximum", "minimum": "minimum", "nn.bias_add": "add",
    "elemwise_sum": "add", "floor_divide": "divide", "floor_mod": "remainder", "mod": "remainder",
    "left_shift": "shift_left", "right_shift": "shift_right_arithmetic", "prelu": "prelu",
    "nn.prelu": "prelu", "logical_and": "and", "logical_or": "or", "logical_xor": "xor",
    "bitwise_and": "and", "bitwise_or": "or",
}  # fmt: skip

_COMPARED: Final = tuple(
    f"{prefix}{name}"
    for name in ("greater", "less", "equal", "not_equal", "greater_equal", "less_equal")
    for prefix in ("", "broadcast_")
)

PARTS: Final[Mapping[str, Part]] = MappingProxyType(
    {
        **_rows("unary", _UNARY),
        **_rows("number", _WITH_A_NUMBER),
        **_rows("binary", _BINARY),
        **_same("binary", "compare", *_COMPARED),
        **_same("select", "select", "where"),
        **_same(
            "convolution", "convolution",
            "conv2d", "_contrib_conv2d_NCHWc", "_contrib_depthwise_conv2d_NCHWc",
            "_contrib_conv2d_winograd_without_weight_transform", "nn.conv1d", "nn.conv2d",
            "nn.conv3d", "nn.contrib_conv2d_NCHWc", "nn.contrib_depthwise_conv2d_NCHWc",
            "nn.contrib_conv2d_NCHWc_int8", "nn.contrib_conv2d_winograd_without_weight_transform",
            "nn.contrib_conv3d_winograd_without_weight_transform", "nn.deformable_conv2d",
            "nn.contrib_conv2d_gemm_without_weight_transform",
            "_contrib_conv2d_winograd_nnpack_without_weight_transform",
        ),
        **_same(
            "transposed", "convolution_transpose",
            "conv2d_transpose", "nn.conv1d_transpose", "nn.conv2d_transpose", "nn.conv3d_transpose",
        ),
        **_same(
            "dense", "gemm",
            "dense", "nn.dense", "nn.contrib_dense_pack", "nn.matmul", "nn.sparse_dense",
        ),
        **_same("batch_matmul", "matmul", "matmul", "nn.batch_matmul"),
        **_rows(
            "pool",
            {
                **{
                    f"{p}max_pool{d}d": "max"
                    for p in ("", "nn.", "nn.adaptive_")
                    for d in (1, 2, 3)
                },
                **{
                    f"{p}avg_pool{d}d": "average"
                    for p in ("", "nn.", "nn.adaptive_", "contrib.adaptive_")
                    for d in (1, 2, 3)
                },
            },
        ),
        **_rows(
            "global_pool",
            {
                "global_max_pool2d": "max", "global_avg_pool2d": "average",
                "nn.global_max_pool2d": "max", "nn.global_avg_pool2d": "average",
            },
        ),
        **_rows(
            "reduce",
            {
                "sum": "sum", "max": "max", "min": "min", "mean": "mean", "prod": "prod",
                "argmax": "argmax", "argmin": "argmin", "all": "and", "any": "or",
                "variance": "mean",
            },
        ),
        **_rows(
            "line",
            {
                "softmax": "softmax", "nn.softmax": "softmax", "nn.fast_softmax": "softmax",
                "log_softmax": "log_softmax", "nn.log_softmax": "log_softmax",
                "lrn": "local_response_normalization", "nn.lrn": "local_response_normalization",
                "l2_normalize": "l2_normalization", "nn.l2_normalize": "l2_normalization",
                "cumsum": "cumulative", "argsort": "sort", "sort": "sort",
                "nms": "sort", "non_max_suppression": "sort",
            },
        ),
        **_same(
            "view", "reshape",
            "reshape", "flatten", "nn.batch_flatten", "squeeze", "expand_dims", "reshape_like",
            "contrib_reverse_reshape",
        ),
        **_same(
            "move", "copy",
            "transpose", "layout_transform", "__layout_transform__", "pad", "nn.pad",
            "strided_slice", "slice_like", "broadcast_to", "broadcast_to_like", "expand_like",
            "flip", "reverse", "copy", "tile", "repeat", "take", "gather", "gather_nd",
            "upsampling",
            "nn.upsampling", "resize", "image.resize", "image.resize2d", "nn.depth_to_space",
            "nn.space_to_depth", "yolo_reorg", "vision.yolo_reorg", "one_hot", "nn.mirror_pad",
            "annotation.stop_fusion", "device_copy", "full_like", "zeros_like", "ones_like",
        ),
        **_same("join", "concatenate", "concatenate", "stack"),
        **_same("split", "split", "split"),
        **_same("nothing", "constant_of_shape", "full", "zeros", "ones", "arange"),
    }
)  # fmt: skip
"""Operations by what they are called in the names of functions."""

_RELAX_UNARY: Final = {
    "acos": "acos", "acosh": "acosh", "asin": "asin", "asinh": "asinh", "atanh": "atanh",
    "bitwise_not": "not", "cosh": "cosh", "sinh": "sinh", "square": "multiply", "gelu": "gelu",
    "gelu_tanh": "gelu", "silu": "silu", "selu": "selu", "softplus": "softplus", "relu6": "clamp",
    "elu": "elu", "hardswish": "hard_swish", "hardsigmoid": "hard_sigmoid",
}  # fmt: skip

KERNELS: Final[Mapping[str, Part]] = MappingProxyType(
    {
        **PARTS,
        **_rows("unary", _RELAX_UNARY),
        **_rows("binary", {"atan2": "atan2", "log_add_exp": "add", "bitwise_xor": "xor"}),
        **_same("product", "matmul", "matmul", "batch_matmul"),
        **_same("turned_product", "matmul", "NT_matmul", "dense"),
        **_same("einsum", "einsum", "einsum"),
        **_same("outer", "multiply", "outer"),
        **_same("convolution", "convolution", "conv1d", "conv2d", "conv3d"),
        **_same(
            "transposed", "convolution_transpose",
            "conv1d_transpose", "conv2d_transpose", "conv3d_transpose",
        ),
        **_rows(
            "pool",
            {
                f"{prefix}{name}_pool{d}d": function
                for prefix in ("", "adaptive_")
                for name, function in (("max", "max"), ("avg", "average"))
                for d in (1, 2, 3)
            },
        ),
        **_rows(
            "norm",
            {
                "batch_norm": "batch_normalization", "layer_norm": "layer_normalization",
                "rms_norm": "rms_normalization", "group_norm": "group_normalization",
                "instance_norm": "instance_normalization",
            },
        ),
        **_same("attention", "attention", "attention", "attention_bias"),
        **_rows("reduce", {"std": "mean", "median": "mean"}),
        **_rows(
            "line",
            {"cumsum": "cumulative", "cumprod": "cumulative", "sort": "sort", "argsort": "sort"},
        ),
        **_same(
            "move", "copy",
            "tril", "triu", "trilu", "resize3d", "resize1d", "resize2d", "pixel_shuffle",
            "reflect_pad", "replicate_pad", "circular_pad", "mirror_pad", "layout_transform",
            "layout_transform_with_pad", "reverse_sequence", "index_tensor", "one_hot",
            "dynamic_strided_slice", "meshgrid", "grid_sample", "scatter_elements",
            "scatter_nd", "index_put", "slice_scatter",
        ),
        **_same("view", "reshape", "collapse_sum", "batch_flatten"),
        **_same("nothing", "constant_of_shape", "eye", "eye_like", "shape_to_tensor",
                "hamming_window"),
        **_same("unpack", "unknown", "dequantize", "decode"),
        **_rows("number", {"quantize": "multiply"}),
    }
)  # fmt: skip
"""Those that ``LegalizeOps`` of Relax makes (tvm 0.27, relax/transform/legalize_ops), without the
``tir_`` and ``te_`` that stand before some; those of models that bring kernels of their own too."""

NORM_OPERANDS: Final[Mapping[str, int]] = {
    "batch_normalization": 4, "layer_normalization": 2, "rms_normalization": 1,
    "group_normalization": 2, "instance_normalization": 2,
}  # fmt: skip
"""How many operands each normalisation has behind its data."""
