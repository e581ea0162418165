"""Which canonical operation each operation of nnvm.top means; adding one is one line here.

Names and attributes: ``nnvm/src/top`` and ``nnvm/include/nnvm/top`` of TVM 0.5. What has no
canonical counterpart stands in ``UNMAPPED``, so that a gap can be told from an oversight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.nnvm.translation import shaping, windows
from cyborg_rr.readers.nnvm.translation.native import NativeNnvmNode

Rule = Callable[[NativeNnvmNode], list[Step]]


def _plain(operation: str, **constants: str | int | float) -> Rule:
    def rule(node: NativeNnvmNode) -> list[Step]:
        return [node.step(operation, **constants)]

    return rule


def _numbers(operation: str, **defaults: float) -> Rule:
    def rule(node: NativeNnvmNode) -> list[Step]:
        stated = {name: node.number(name, default=usual) for name, usual in defaults.items()}
        return [node.step(operation, **stated)]

    return rule


def _axis(operation: str, default: int) -> Rule:
    def rule(node: NativeNnvmNode) -> list[Step]:
        return [node.step(operation, axis=node.integer("axis", default=default))]

    return rule


def _reduce(function: str) -> Rule:
    """sum, max, argmax ...: over some axes, or over all."""

    def rule(node: NativeNnvmNode) -> list[Step]:
        axes = node.sizes("axis")
        if axes and node.flag("exclude"):
            shape = node.shape(0)
            if shape is None:
                return [node.step("unknown")]
            kept = {axis % max(len(shape), 1) for axis in axes}
            axes = tuple(axis for axis in range(len(shape)) if axis not in kept)
        kind = "i32" if function.startswith("arg") else None
        keep = node.flag("keepdims")
        return [
            node.step(
                "reduce", function=function, axes=axes or None, keep_dimensions=keep,
                element_type=kind,
            )
        ]  # fmt: skip

    return rule


def _scalar(operation: str, turned: bool = False) -> Rule:
    """With a number: ``__mul_scalar__``, and behind it ``__rsub_scalar__``."""

    def rule(node: NativeNnvmNode) -> list[Step]:
        number = node.number("scalar", default=0.0)
        other = node.constant(float(number), node.element_type(0) or "f32")
        operands = (other, node.input(0)) if turned else (node.input(0), other)
        return [node.step(operation, operands)]

    return rule


def _dense(node: NativeNnvmNode) -> list[Step]:
    """dense(data, weight, bias): DenseParam of nnvm/top/nn.h."""
    units = node.integer("units", default=0)
    return [node.step("gemm", node.inputs[:3], trans_b=True, units=units)]


def _batch_norm(node: NativeNnvmNode) -> list[Step]:
    """batch_norm(data, gamma, beta, mean, variance): mean and variance may come out as well."""
    axis, epsilon = node.integer("axis", default=1), node.number("epsilon", default=1e-5)
    return [node.step("batch_normalization", axis=axis, epsilon=epsilon)]


def _clip(node: NativeNnvmNode) -> list[Step]:
    low, high = (node.number(name, default=0.0) for name in ("a_min", "a_max"))
    return [node.step("clamp", minimum=low, maximum=high)]


def _cast(node: NativeNnvmNode) -> list[Step]:
    wanted = node.wanted_type()
    return [node.step("unknown" if wanted is None else "convert", element_type=wanted)]


def _response(node: NativeNnvmNode) -> list[Step]:
    return [node.step("local_response_normalization", size=node.integer("size", default=5))]


def _assign(node: NativeNnvmNode) -> list[Step]:
    return [node.step("copy", node.inputs[1:2])]


def _suppress(node: NativeNnvmNode) -> list[Step]:
    """What stays keeps its place's size: the boxes sorted by their scores."""
    return [node.step("sort", node.inputs[:1], node.outputs[:1], None, axis=1)]


def _reorganise(node: NativeNnvmNode) -> list[Step]:
    return [node.step("space_to_depth", blocksize=node.integer("stride", default=1))]


_UNARY: Final = {
    "abs": "abs", "ceil": "ceil", "copy": "copy", "dropout": "dropout", "exp": "exp",
    "floor": "floor", "log": "log", "log2": "log", "logical_not": "not", "negative": "negate",
    "relu": "relu", "round": "round", "rsqrt": "rsqrt", "sigmoid": "sigmoid", "sign": "sign",
    "sqrt": "sqrt", "tanh": "tanh", "trunc": "floor", "sin": "sine", "cos": "cosine",
    "block_grad": "identity", "stop_gradient": "identity", "identity": "identity",
}  # fmt: skip

_BINARY: Final = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "mod": "remainder",
    "pow": "power", "max": "maximum", "min": "minimum", "left_shift": "shift_left",
    "right_shift": "shift_right_arithmetic",
}  # fmt: skip

_COMPARED: Final = {
    "greater": "GT", "less": "LT", "equal": "EQ", "not_equal": "NE", "greater_equal": "GE",
    "less_equal": "LE",
}  # fmt: skip

_SCALARS: Final = {
    "__add_scalar__": _scalar("add"), "__sub_scalar__": _scalar("subtract"),
    "__rsub_scalar__": _scalar("subtract", turned=True), "__mul_scalar__": _scalar("multiply"),
    "__div_scalar__": _scalar("divide"), "__rdiv_scalar__": _scalar("divide", turned=True),
    "__pow_scalar__": _scalar("power"), "__rpow_scalar__": _scalar("power", turned=True),
    "__max_scalar__": _scalar("maximum"), "__min_scalar__": _scalar("minimum"),
    "__lshift_scalar__": _scalar("shift_left"),
    "__rshift_scalar__": _scalar("shift_right_arithmetic"),
}  # fmt: skip

_REDUCED: Final = ("sum", "max", "min", "mean", "prod", "argmax", "argmin")

OPERATIONS: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **{name: _plain(operation) for name, operation in _UNARY.items()},
        **{f"broadcast_{name}": _plain(operation) for name, operation in _BINARY.items()},
        **{f"elemwise_{name}": _plain(operation) for name, operation in _BINARY.items()},
        **{f"__{name}_symbol__": _plain(operation) for name, operation in _BINARY.items()},
        **{
            f"{prefix}{name}": _plain("compare", direction=direction)
            for name, direction in _COMPARED.items()
            for prefix in ("", "broadcast_")
        },
        **{name: _reduce(name) for name in _REDUCED},
        **_SCALARS,
        "logical_and": _plain("and"),
        "logical_or": _plain("or"),
        "elemwise_sum": _plain("add"),
        "where": _plain("select"),
        "clip": _clip,
        "cast": _cast,
        "_assign": _assign,
        "conv2d": windows.convolution,
        "conv2d_transpose": windows.transposed,
        "_contrib_conv2d_NCHWc": windows.packed,
        "_contrib_depthwise_conv2d_NCHWc": windows.packed,
        "max_pool2d": windows.pool("max"),
        "avg_pool2d": windows.pool("average"),
        "global_max_pool2d": windows.global_pool("max"),
        "global_avg_pool2d": windows.global_pool("average"),
        "upsampling": windows.upsampling,
        "resize": windows.resize,
        "dense": _dense,
        "matmul": shaping.matmul,
        "batch_norm": _batch_norm,
        "instance_norm": _numbers("instance_normalization", epsilon=1e-5),
        "softmax": _axis("softmax", -1),
        "log_softmax": _axis("log_softmax", -1),
        "l2_normalize": _axis("l2_normalization", 1),
        "lrn": _response,
        "leaky_relu": _numbers("leaky_relu", alpha=0.25),
        "prelu": _plain("prelu"),
        "pad": shaping.pad,
        "flatten": _plain("flatten", axis=1),
        "concatenate": _axis("concatenate", 1),
        "split": shaping.split,
        "reshape": shaping.reshape,
        "reshape_like": shaping.reshape_like,
        "expand_like": shaping.expand_like,
        "slice_like": shaping.slice_like,
        "broadcast_to": shaping.broadcast_to,
        "expand_dims": shaping.expand_dims,
        "squeeze": shaping.squeeze,
        "transpose": shaping.transpose,
        "strided_slice": shaping.strided_slice,
        "flip": shaping.flip,
        "take": shaping.take,
        "full": shaping.filled,
        "zeros": shaping.filled,
        "ones": shaping.filled,
        "full_like": shaping.filled_like,
        "zeros_like": shaping.filled_like,
        "ones_like": shaping.filled_like,
        "fill_like": shaping.filled_like,
        "arange": shaping.arange,
        "multibox_prior": shaping.boxes,
        "multibox_transform_loc": shaping.found_boxes,
        "nms": _suppress,
        "non_max_suppression": _suppress,
        "yolo_reorg": _reorganise,
    }
)

UNMAPPED: Final = frozenset(
    {
        "__layout_transform__", "_contrib_conv2d_winograd_without_weight_transform",
        "_contrib_conv2d_winograd_weight_transform", "_conv2d_grad", "_max_pool2d_grad",
        "_avg_pool2d_grad", "_max_mask", "_min_mask", "__undef__", "collapse_sum", "gather_nd",
        "get_valid_counts", "proposal", "roi_pool",
    }
)  # fmt: skip
"""Operations that stay unknown under their names."""
