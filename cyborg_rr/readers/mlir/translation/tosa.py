"""TOSA operations as canonical ones, of the dialect before and since the specification's 1.0.

What became operands by then (shapes, paddings, zero points) was attributes before:
https://www.mlplatform.org/tosa/tosa_spec.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mlir.translation.native import (
    NativeMlirNode,
    Rule,
    first,
    reshape,
    table,
    to_result_type,
    unknown,
)

_UNARY: Final = {
    "abs": "abs", "bitwise_not": "not", "ceil": "ceil", "clz": "clz", "cos": "cosine", "erf": "erf",
    "exp": "exp", "floor": "floor", "identity": "identity", "log": "log", "logical_not": "not",
    "negate": "negate", "reciprocal": "reciprocal", "rsqrt": "rsqrt", "sigmoid": "sigmoid",
    "sin": "sine", "tanh": "tanh",
}  # fmt: skip
_BINARY: Final = {
    "add": "add", "arithmetic_right_shift": "shift_right_arithmetic", "bitwise_and": "and",
    "bitwise_or": "or", "bitwise_xor": "xor", "div": "divide", "int_div": "divide",
    "intdiv": "divide", "logical_and": "and", "logical_left_shift": "shift_left",
    "logical_or": "or", "logical_right_shift": "shift_right_logical", "logical_xor": "xor",
    "maximum": "maximum", "minimum": "minimum", "mul": "multiply", "pow": "power",
    "sub": "subtract", "table": "look_up", "add_shape": "add", "sub_shape": "subtract",
    "mul_shape": "multiply", "div_ceil_shape": "divide", "div_floor_shape": "divide",
    "div_shape": "divide", "mod_shape": "remainder", "max_shape": "maximum",
    "min_shape": "minimum",
}  # fmt: skip
_REDUCED: Final = {
    "reduce_all": "and", "reduce_any": "or", "reduce_max": "max", "reduce_min": "min",
    "reduce_prod": "prod", "reduce_product": "prod", "reduce_sum": "sum",
}  # fmt: skip
_LOW: Final = ("min_val", "min_fp")
_HIGH: Final = ("max_val", "max_fp")


def _convolution(data: str, kernel: str) -> Rule:
    """conv2d and conv3d: channels last, zero points behind the bias."""

    def rule(node: NativeMlirNode) -> list[Step]:
        return [
            node.step(
                "convolution",
                node.inputs[:3],
                data_layout=data,
                kernel_layout=kernel,
                **_windows(node),
                **node.result_element_type(),
            )
        ]

    return rule


def _windows(node: NativeMlirNode) -> dict[str, AttributeValue | None]:
    return {
        "strides": node.integers("stride"),
        "dilations": node.integers("dilation"),
        "padding": node.integers("pad"),
    }


def _depthwise(node: NativeMlirNode) -> list[Step]:
    """depthwise_conv2d: the kernel is (height, width, channels, how many of each)."""
    kernel = find_static(node.shape(1))
    if kernel is None or len(kernel) != 4:
        return unknown(node)
    flat = node.fresh("kernel")
    height, width, channels, multiplier = kernel
    shape = (height, width, 1, channels * multiplier)
    return [
        node.step("reshape", (node.input(1),), (flat,), shape=shape),
        node.step(
            "convolution",
            (node.input(0), flat, *node.inputs[2:3]),
            data_layout="N01C",
            kernel_layout="01IO",
            groups=max(channels, 1),
            **_windows(node),
            **node.result_element_type(),
        ),
    ]


def _transposed(node: NativeMlirNode) -> list[Step]:
    """transpose_conv2d: between steps that put the channels first and last again."""
    result = find_static(node.result.shape)
    if result is None or len(result) != 4 or len(node.inputs) < 3:
        return unknown(node)
    data, kernel, found = (node.fresh(word) for word in ("data", "kernel", "channels_first"))
    return [
        node.step("transpose", node.inputs[:1], (data,), permutation=(0, 3, 1, 2)),
        node.step("transpose", node.inputs[1:2], (kernel,), permutation=(3, 0, 1, 2)),
        node.step(
            "convolution_transpose",
            (data, kernel, node.input(2)),
            (found,),
            node.between("channels_first", (result[0], result[3], *result[1:3])),
            strides=node.integers("stride"),
            output_shape=result[1:3],
        ),
        node.step("transpose", (found,), permutation=(0, 2, 3, 1)),
    ]


def _fully_connected(node: NativeMlirNode) -> list[Step]:
    return [node.step("gemm", node.inputs[:3], trans_b=True, **node.result_element_type())]


def _matmul(node: NativeMlirNode) -> list[Step]:
    return [node.step("matmul", node.inputs[:2], **node.result_element_type())]


def _pool(function: str) -> Rule:
    def rule(node: NativeMlirNode) -> list[Step]:
        kernel = node.integers("kernel")
        if kernel is None:
            return unknown(node)
        return [
            node.step(
                "pool",
                node.inputs[:1],
                function=function,
                kernel=kernel,
                strides=node.integers("stride"),
                padding=node.integers("pad"),
                layout="N01C",
            )
        ]

    return rule


def _reduce(function: str) -> Rule:
    def rule(node: NativeMlirNode) -> list[Step]:
        axes = (node.integer("axis", default=0),)
        return [
            node.step("reduce", node.inputs[:1], function=function, axes=axes, keep_dimensions=True)
        ]

    return rule


def _argmax(node: NativeMlirNode) -> list[Step]:
    return [
        node.step(
            "reduce",
            node.inputs[:1],
            function="argmax",
            axes=(node.integer("axis", default=0),),
            keep_dimensions=False,
            **node.result_element_type(),
        )
    ]


def _clamp(node: NativeMlirNode) -> list[Step]:
    return [
        node.step("clamp", node.inputs[:1], minimum=_limit(node, _LOW), maximum=_limit(node, _HIGH))
    ]


def _limit(node: NativeMlirNode, names: tuple[str, ...]) -> float | None:
    value = node.attribute(*names)
    return value if isinstance(value, int | float) else None


def _concatenate(node: NativeMlirNode) -> list[Step]:
    return [node.step("concatenate", axis=node.integer("axis", default=0))]


def _concatenate_shapes(node: NativeMlirNode) -> list[Step]:
    return [node.step("concatenate", axis=0)]


def _pad(node: NativeMlirNode) -> list[Step]:
    """The padding is pairs of low and high, once a matrix of them."""
    sides = node.numbers_of("padding", 1)
    value = node.input(2)
    if sides is None or len(sides) != 2 * (node.rank(0) or 0):
        return unknown(node)
    return [
        node.step(
            "pad", (node.input(0), "", value), padding_low=sides[::2], padding_high=sides[1::2]
        )
    ]


def _slice(node: NativeMlirNode) -> list[Step]:
    starts, sizes = node.numbers_of("start", 1), node.numbers_of("size", 2)
    if starts is None or sizes is None or len(starts) != len(sizes):
        return unknown(node)
    ends = tuple(start + size for start, size in zip(starts, sizes, strict=True))
    axes = tuple(range(len(starts)))
    return [node.step("slice", node.inputs[:1], starts=starts, ends=ends, axes=axes)]


def _tile(node: NativeMlirNode) -> list[Step]:
    repeats = node.numbers_of("multiples", 1)
    return unknown(node) if repeats is None else [
        node.step("tile", node.inputs[:1], repeats=repeats)
    ]  # fmt: skip


def _transpose(node: NativeMlirNode) -> list[Step]:
    order = node.numbers_of("perms", 1)
    return unknown(node) if order is None else [
        node.step("transpose", node.inputs[:1], permutation=order)
    ]  # fmt: skip


def _reverse(node: NativeMlirNode) -> list[Step]:
    return [node.step("reverse", node.inputs[:1], axes=(node.integer("axis", default=0),))]


def _compare(direction: str) -> Rule:
    return first("compare", 2, direction=direction)


def _gather(node: NativeMlirNode) -> list[Step]:
    """gather: rows of each matrix (N, K, C) by the indices (N, W)."""
    shape = node.shape(1)
    if shape is None or len(shape) != 2:
        return unknown(node)
    return [*_column(node), node.step("gather_nd", (node.input(0), node.fresh("indices")),
                                      batch_dims=1)]  # fmt: skip


def _column(node: NativeMlirNode) -> list[Step]:
    """Indices as vectors of one number each."""
    name = node.fresh("indices")
    return [node.step("unsqueeze", (node.input(1),), (name,), axes=(2,))]


def _scatter(node: NativeMlirNode) -> list[Step]:
    """scatter: the rows (N, W, C) at the indices (N, W) of each matrix."""
    if node.rank(1) != 2 or len(node.inputs) != 3:
        return unknown(node)
    data, _, updates = node.inputs
    return [*_column(node), node.step("scatter_nd", (data, node.fresh("indices"), updates))]


def _resize(node: NativeMlirNode) -> list[Step]:
    sizes = find_static(node.result.shape)
    if sizes is None or len(sizes) != 4:
        return unknown(node)
    wanted = node.constant(sizes, TensorType("i64", (4,)))
    word = node.keyword("mode") or str(node.attribute("mode") or "")
    mode = "linear" if "BILINEAR" in word.upper() else "nearest"
    return [node.step("resize", (node.input(0), "", "", wanted), mode=mode)]


def _dim(node: NativeMlirNode) -> list[Step]:
    axis = node.integer("axis", default=0)
    return [node.step("shape_of", node.inputs[:1], start=axis, end=axis + 1)]


def _custom(node: NativeMlirNode) -> list[Step]:
    name = node.attribute("operator_name", "identifier")
    return [node.step("custom_call", target=name if isinstance(name, str) else "")]


TOSA: Final[Mapping[str, Rule]] = {
    **table(_UNARY, 1),
    **table(_BINARY, 2),
    **{name: _reduce(function) for name, function in _REDUCED.items()},
    "argmax": _argmax,
    "avg_pool2d": _pool("average"),
    "cast": to_result_type("convert"),
    "clamp": _clamp,
    "concat": _concatenate,
    "concat_shape": _concatenate_shapes,
    "conv2d": _convolution("N01C", "O01I"),
    "conv3d": _convolution("N012C", "O012I"),
    "custom": _custom,
    "depthwise_conv2d": _depthwise,
    "dim": _dim,
    "equal": _compare("EQ"),
    "fully_connected": _fully_connected,
    "gather": _gather,
    "greater": _compare("GT"),
    "greater_equal": _compare("GE"),
    "matmul": _matmul,
    "max_pool2d": _pool("max"),
    "pad": _pad,
    "rescale": to_result_type("convert"),
    "reshape": reshape,
    "resize": _resize,
    "reverse": _reverse,
    "scatter": _scatter,
    "select": first("select", 3),
    "slice": _slice,
    "tile": _tile,
    "transpose": _transpose,
    "transpose_conv2d": _transposed,
}
"""Operations of TOSA by their names without the dialect's."""
