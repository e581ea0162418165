"""Which operations a function of a compiled graph is made of: its name says so.

NNVM (up to 0.5) joins ``fuse`` and the names of its operations by ``_``; TVM joins ``fused`` and
the names of Relay's, whose dots become ``_`` too, and puts ``tvmgen_<module>_`` before since 0.8.
A number behind tells equal names apart, and what is longer than 80 characters is cut and ends in a
hash (``CompileEngine``, ``te_compiler_cache.cc`` of TVM). Names do not say where words end, so that
known operations are looked for, the longest first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal

Role = Literal[
    "convolution", "transposed", "dense", "batch_matmul", "pool", "global_pool", "reduce", "line",
    "unary", "binary", "select", "move", "view", "join", "split", "nothing", "unknown",
]  # fmt: skip

MAX_OPERATIONS: Final = 512
"""Of one function; ``relay.FuseOps.max_depth`` is 256."""

_HEAD: Final = re.compile(r"(?:tvmgen_[A-Za-z0-9]+_)?(fused?)(?=_)")
_NUMBERS: Final = re.compile(r"(?:_[0-9]+)*")
_CUT: Final = re.compile(r"_[0-9a-f]{8,16}_(?:_?[0-9]+)*")
_WORD: Final = re.compile(r"_+[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Part:
    """An operation of a function: as its IR calls it, what it does, and by which canonical one."""

    name: str
    role: Role
    operation: str


@dataclass(frozen=True, slots=True)
class Function:
    """The operations of a function in order; ``is_cut`` says that there were more."""

    parts: tuple[Part, ...]
    is_relay: bool
    is_cut: bool = False


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

_LONGEST: Final = max(map(len, PARTS))


@lru_cache(maxsize=4096)
def parse_function(name: str) -> Function | None:
    """The operations of a function; None for the name of what is no fused function."""
    head = _HEAD.match(name)
    if head is None:
        return None
    text, parts = name[head.end() :], list[Part]()
    is_cut = _CUT.search(text) is not None and len(name) > 80
    if is_cut:
        text = _CUT.split(text)[0]
    while text and _NUMBERS.fullmatch(text) is None and len(parts) < MAX_OPERATIONS:
        part, length = _find_part(text)
        parts.append(part)
        text = text[length:]
    if is_cut and parts and parts[-1].role == "unknown":
        parts.pop()
    return Function(tuple(parts), head[1] == "fused", is_cut) if parts else None


def _find_part(text: str) -> tuple[Part, int]:
    """The longest operation that text begins with, behind a ``_``; else one word, unknown."""
    for length in range(min(_LONGEST, len(text) - 1), 0, -1):
        part = PARTS.get(text[1 : length + 1])
        if part is not None and text[length + 1 : length + 2] in ("", "_"):
            return part, length + 1
    word = _WORD.match(text)
    end = word.end() if word else len(text)
    return Part(text[:end].lstrip("_") or text, "unknown", "unknown"), end
