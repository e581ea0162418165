"""Rules for elements one by one, for what makes tensors, and for reductions and norms.

Attributes: include/tvm/relay/attrs/{reduce,transform,nn}.h, and their kin in relax/attrs.
"""

from __future__ import annotations

import math
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tvm.program import Written
from cyborg_rr.readers.tvm.translation.native import NativeTvmNode, Rule, as_unknown

MAX_ELEMENTS: Final = 1 << 62


def plain(operation: str, **constants: str | int | float | bool) -> Rule:
    """The same operands, tensors alone; numbers that stand among them are stored."""

    def rule(node: NativeTvmNode) -> list[Step]:
        return [node.step(operation, _with_numbers(node), **constants)]

    return rule


def _with_numbers(node: NativeTvmNode) -> tuple[str, ...]:
    names: list[str] = []
    for argument in node.arguments:
        if isinstance(argument, tuple):
            names.extend(argument)
        elif isinstance(argument, Written) and isinstance(argument.value, int | float):
            element = node.result().element_type or (
                "f32" if isinstance(argument.value, float) else "i32"
            )
            names.append(node.constant(argument.value, element))
    return tuple(names)


def first(operation: str, **constants: str | int | float | bool) -> Rule:
    """An operation on the first operand alone."""

    def rule(node: NativeTvmNode) -> list[Step]:
        return [node.step(operation, node.operands(0), **constants)]

    return rule


def then(*operations: str) -> Rule:
    """Several operations, one after another, the first of them on all operands."""

    def rule(node: NativeTvmNode) -> list[Step]:
        names = [node.fresh(each) for each in operations[:-1]]
        sources = [_with_numbers(node), *((name,) for name in names)]
        results = [*((name,) for name in names), node.outputs]
        return [
            node.step(operation, source, result)
            for operation, source, result in zip(operations, sources, results, strict=True)
        ]

    return rule


def number(operation: str, attribute: str, native: str, default: float) -> Rule:
    """A function of one tensor with a number."""

    def rule(node: NativeTvmNode) -> list[Step]:
        value = node.number(native, default=default)
        return [node.step(operation, node.operands(0), **{attribute: value})]

    return rule


def compare(direction: str) -> Rule:
    """A comparison."""
    return plain("compare", direction=direction)


def cast(node: NativeTvmNode) -> list[Step]:
    """cast, astype: the type is an attribute, or written as an operand."""
    return [node.step("convert", node.operands(0), element_type=node.element(index=1))]


def bits(node: NativeTvmNode) -> list[Step]:
    """reinterpret: the same bits under another element type."""
    element = node.element(index=1)
    if element is None:
        return as_unknown(node)
    return [node.step("bitcast_convert", node.operands(0), element_type=element)]


def clip(node: NativeTvmNode) -> list[Step]:
    """clip: the bounds are attributes, or written as operands."""
    low, high = node.one_number("a_min", 1), node.one_number("a_max", 2)
    if low is None and node.has("min"):
        low = node.number("min", default=0)
    if high is None and node.has("max"):
        high = node.number("max", default=0)
    return [node.step("clamp", node.operands(0), minimum=low, maximum=high)]


def prelu(node: NativeTvmNode) -> list[Step]:
    """nn.prelu: a slope for each channel."""
    axis, rank = node.integer("axis", default=1), node.rank(0)
    behind = 0 if axis == -1 else rank - axis - 1 if rank is not None and axis >= 0 else 0
    if not 0 < behind < 16:
        return [node.step("prelu", node.operands(0, 1))]
    slope = node.fresh("slope")
    axes = tuple(range(1, behind + 1))
    return [
        node.step("unsqueeze", node.operands(1), (slope,), axes=axes),
        node.step("prelu", (node.operand(0), slope)),
    ]


def bias_add(node: NativeTvmNode) -> list[Step]:
    """nn.bias_add: along one dimension."""
    axis = node.integer("axis", default=1)
    return [node.step("add", node.operands(0, 1), broadcast_axis=None if axis == -1 else axis)]


# ---- reductions


def reduce(function: str, element: str | None = None) -> Rule:
    """sum, mean, argmax and their kin; ``exclude`` means all dimensions but those named."""

    def rule(node: NativeTvmNode) -> list[Step]:
        axes = node.axes()
        if node.flag("exclude"):
            rank = node.rank(0)
            if rank is None:
                return as_unknown(node)
            named = {each % rank for each in axes or ()} if rank else set()
            axes = tuple(each for each in range(rank) if each not in named)
        if axes == ():
            axes = None
        return [
            node.step(
                "reduce",
                node.operands(0),
                node.outputs[:1],
                function=function,
                axes=axes,
                keep_dimensions=node.flag("keepdims"),
                element_type=node.element() or element,
            )
        ]

    return rule


def spread(takes_root: bool) -> Rule:
    """variance, std: the mean of squares of differences from the mean."""

    def rule(node: NativeTvmNode) -> list[Step]:
        data, axes = node.operands(0), node.axes() or None
        mean, difference, square = (node.fresh(each) for each in ("mean", "difference", "square"))
        variance = (node.fresh("variance"),) if takes_root else node.outputs[:1]
        steps = [
            node.step("reduce", data, (mean,), function="mean", axes=axes, keep_dimensions=True),
            node.step("subtract", (*data, mean), (difference,)),
            node.step("multiply", (difference, difference), (square,)),
            node.step("reduce", (square,), variance, function="mean", axes=axes,
                      keep_dimensions=node.flag("keepdims")),
        ]  # fmt: skip
        return [*steps, node.step("sqrt", variance)] if takes_root else steps

    return rule


def softmax(operation: str) -> Rule:
    """softmax, log_softmax."""

    def rule(node: NativeTvmNode) -> list[Step]:
        return [node.step(operation, node.operands(0), axis=node.integer("axis", default=-1))]

    return rule


def cumulative(function: str) -> Rule:
    """cumsum, cumprod."""
    return first("cumulative", function=function)


def batch_norm(node: NativeTvmNode) -> list[Step]:
    """nn.batch_norm with the statistics that it is given."""
    axis = node.integer("axis", default=1)
    return [
        node.step(
            "batch_normalization",
            node.operands(0, 1, 2, 3, 4),
            node.outputs[:1],
            axis=None if axis == 1 else axis,
            epsilon=node.number("epsilon", default=1e-5),
        )
    ]


def layer_norm(operation: str) -> Rule:
    """nn.layer_norm, nn.rms_norm: over one dimension, or those from the first named on."""

    def rule(node: NativeTvmNode) -> list[Step]:
        axes = node.axes("axes") or node.axes("axis") or (-1,)
        epsilon = node.number("epsilon", default=1e-5)
        operands = node.operands(0, 1, 2)
        return [node.step(operation, operands, axis=min(axes), epsilon=epsilon)]

    return rule


def group_norm(node: NativeTvmNode) -> list[Step]:
    """nn.group_norm of channels that stand second."""
    axis = node.integer("channel_axis", "axis", default=1)
    groups = node.integer("num_groups", default=0)
    if axis not in (1,) or groups < 1:
        return as_unknown(node)
    return [node.step("group_normalization", node.operands(0, 1, 2), groups=groups)]


def instance_norm(node: NativeTvmNode) -> list[Step]:
    """nn.instance_norm of channels that stand second."""
    if (node.axes("channel_axis") or node.axes() or (1,)) != (1,):
        return as_unknown(node)
    epsilon = node.number("epsilon", default=1e-5)
    return [node.step("instance_normalization", node.operands(0, 1, 2), epsilon=epsilon)]


def l2_normalize(node: NativeTvmNode) -> list[Step]:
    """nn.l2_normalize."""
    axes = node.axes() or (-1,)
    return [node.step("l2_normalization", node.operands(0), axis=axes[0])]


def lrn(node: NativeTvmNode) -> list[Step]:
    """nn.lrn."""
    size = max(node.integer("size", default=5), 1)
    return [node.step("local_response_normalization", node.operands(0), size=size)]


def ordered(node: NativeTvmNode) -> list[Step]:
    """sort, argsort."""
    return [node.step("sort", node.operands(0), axis=node.integer("axis", default=-1))]


def argsort(node: NativeTvmNode) -> list[Step]:
    """argsort: numbers of places are ordered as their elements are."""
    data = node.find_type(node.operand(0)) or TensorType(None, None)
    values = node.fresh("ordered")
    element = node.element() or "i32"
    places = TensorType(element, data.shape)
    return [
        node.step("sort", node.operands(0), (values, node.output(0)), {values: data},
                  axis=node.integer("axis", default=-1)),
    ] if data.shape is not None and places.is_static else as_unknown(node)  # fmt: skip


def top_k(node: NativeTvmNode) -> list[Step]:
    """topk: values, places, or both."""
    count = node.one("k", 1)
    kind = node.text("ret_type", default="both")
    outputs = node.outputs
    if kind == "indices":
        outputs = (node.fresh("values"), node.output(0))
    if count is None:
        return as_unknown(node)
    return [
        node.step(
            "top_k",
            node.operands(0),
            outputs,
            k=max(count, 0) or 1,
            axis=node.integer("axis", default=-1),
            index_type=node.element() or "i32",
        )
    ]


# ---- what makes tensors


def filled(value: float | None, has_value: bool) -> Rule:
    """zeros, ones, full: one number repeated."""

    def rule(node: NativeTvmNode) -> list[Step]:
        place = (1 if node.operand(0) else 0) if has_value else 0
        shape = node.whole("shape", place)
        if has_value and not node.operand(0):
            shape = node.whole("shape", 0)
        shape = shape if shape is not None else node.result_shape()
        element = node.element(index=99) or node.result().element_type or "f32"
        if shape is None or any(size < 0 for size in shape) or math.prod(shape) > MAX_ELEMENTS:
            return as_unknown(node)
        if has_value:
            source = node.inputs[:1]
        else:
            number = int(value or 0) if element[0] in "iu" else float(value or 0)
            source = (node.constant(number, element),)
        return [node.step("broadcast_in_dim", source, shape=shape)]

    return rule


def filled_like(value: float | None) -> Rule:
    """zeros_like, ones_like, full_like: as much data as there is, of one number."""

    def rule(node: NativeTvmNode) -> list[Step]:
        shape = node.result_shape()
        element = node.result().element_type
        if shape is None or element is None:
            known = node.find_type(node.operand(0))
            sizes = () if known is None or known.shape is None else known.shape
            shape = tuple(size for size in sizes if isinstance(size, int))
            if known is None or known.shape is None or len(shape) != len(known.shape):
                return [node.step("multiply", (node.operand(0), node.operand(0)))]
            element = known.element_type or "f32"
        if value is None:
            return [node.step("broadcast_in_dim", node.operands(1), shape=shape)]
        number = int(value) if element[0] in "iu" else float(value)
        return [node.step("broadcast_in_dim", (node.constant(number, element),), shape=shape)]

    return rule


def arange(node: NativeTvmNode) -> list[Step]:
    """arange: numbers from start to stop by step, as attributes, operands or stored."""
    shape = node.result_shape()
    if shape is None:
        bounds = [
            node.one_number(name, place) for place, name in enumerate(("start", "stop", "step"))
        ]
        start, stop, step = (each if each is not None else 1 for each in bounds)
        if bounds[1] is None or not step:
            return as_unknown(node)
        length = math.ceil((stop - start) / step)
        shape = (max(length, 0),)
        if length > MAX_ELEMENTS:
            raise node.refuse("it makes too many numbers")
    element = node.element() or node.result().element_type or "f32"
    return [node.step("iota", (), shape=shape, axis=0, element_type=element)]


def one_hot(node: NativeTvmNode) -> list[Step]:
    """one_hot."""
    depth = node.one("depth", 3)
    if depth is None or not 0 < depth < 1 << 40:
        return as_unknown(node)
    values = node.operand(1) or node.constant(1.0, node.element() or "f32")
    named = node.constant(depth, "i64")
    axis = node.integer("axis", default=-1)
    return [node.step("one_hot", (node.operand(0), named, values), axis=axis)]


def random(node: NativeTvmNode) -> list[Step]:
    """random.uniform, random.normal and the like."""
    shape = node.result_shape() or node.whole("out_shape", 99) or node.whole("shape", 99)
    if shape is None:
        return as_unknown(node)
    element = node.element("out_dtype") or node.element() or node.result().element_type or "f32"
    outputs = node.outputs[-1:]
    return [node.step("random", (), outputs, shape=shape, element_type=element)]
