"""Rules for layers before version 10 that multiply and add, most with weights of their own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from cyborg_rr.readers.kit.opset.native import OpsetNode, Rule, needing
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.openvino.translation.weighing import (
    BIASES,
    WEIGHTS,
    axes_of,
    count_blob,
    data_shape,
    layer_of,
    legacy_window,
    per_channel,
    result_shape,
    weigh,
)

_METHODS: Final = {"max": "max", "avg": "average"}


def _kernel(node: OpsetNode) -> tuple[int, ...]:
    count = len(data_shape(node)) - 2
    if count < 1:
        raise node.refuse("its data have no spatial dimensions")
    return axes_of(node, "kernel", "kernel", 1, count)


def _groups(node: OpsetNode) -> int:
    group = node.integer("group", default=1)
    if group < 1:
        raise node.refuse(f"it has {group} groups")
    return group


def convolution(node: OpsetNode) -> list[Step]:
    """Convolution, with weights in blobs or as operands."""
    layer, kernel, group = layer_of(node), _kernel(node), _groups(node)
    out, into = result_shape(node)[1], data_shape(node)[1]
    held = weigh(layer, WEIGHTS, (out, into // group, *kernel)) or node.input(1)
    bias = weigh(layer, BIASES, (out,)) or node.input(2)
    if not held:
        raise node.refuse("it has no weights")
    inputs = (node.input(0), held, bias) if bias else (node.input(0), held)
    return [node.step("convolution", inputs, groups=group, **legacy_window(node, kernel))]


def deconvolution(node: OpsetNode) -> list[Step]:
    """Deconvolution: the pads behind follow from the stated result."""
    layer, kernel, group = layer_of(node), _kernel(node), _groups(node)
    data, result = data_shape(node), result_shape(node)
    held = weigh(layer, WEIGHTS, (data[1], result[1] // group, *kernel)) or node.input(1)
    bias = weigh(layer, BIASES, (result[1],)) or node.input(2)
    if not held:
        raise node.refuse("it has no weights")
    count = len(kernel)
    strides = axes_of(node, "strides", "stride", 1, count)
    dilations = axes_of(node, "dilations", "dilation", 1, count)
    low = axes_of(node, "pads_begin", "pad", 0, count)
    padding: list[int] = []
    for axis in range(count):
        reach = dilations[axis] * (kernel[axis] - 1) + 1
        whole = (data[2 + axis] - 1) * strides[axis] + reach
        padding.extend((low[axis], whole - low[axis] - result[2 + axis]))
    inputs = (node.input(0), held, bias) if bias else (node.input(0), held)
    return [
        node.step(
            "convolution_transpose", inputs, groups=group, strides=strides, dilations=dilations,
            padding=tuple(padding),
        )
    ]  # fmt: skip


def pooling(node: OpsetNode) -> list[Step]:
    """Pooling, of the largest or of the average."""
    kernel = _kernel(node)
    function = _METHODS.get(node.text("pool-method", "pool_method", default="max"))
    if function is None:
        raise node.refuse("its pool-method is neither max nor avg")
    return [
        node.step(
            "pool", node.inputs[:1], function=function, kernel=kernel, ceil_mode=False,
            count_include_pad=False, **legacy_window(node, kernel),
        )
    ]  # fmt: skip


def fully_connected(node: OpsetNode) -> list[Step]:
    """FullyConnected: over all behind the batch, or over the last dimension."""
    layer, data, out = layer_of(node), data_shape(node), result_shape(node)[-1]
    count = count_blob(layer, WEIGHTS)
    into = count // max(out, 1) if count else math.prod(data[1:])
    held = weigh(layer, WEIGHTS, (out, into)) or node.input(1)
    bias = weigh(layer, BIASES, (out,)) or node.input(2)
    if not held:
        raise node.refuse("it has no weights")
    if len(data) > 2 and into != math.prod(data[1:]):
        plain = node.fresh("product") if bias else node.output(0)
        steps = [node.step("matmul", (node.input(0), held), (plain,), trans_b=True)]
        return [*steps, node.step("add", (plain, bias))] if bias else steps
    flat = node.input(0) if len(data) == 2 else node.fresh("flat")
    inputs = (flat, held, bias) if bias else (flat, held)
    gemm = node.step("gemm", inputs, trans_b=True)
    if flat == node.input(0):
        return [gemm]
    return [Step("flatten", node.inputs[:1], (flat,), {"axis": 1}), gemm]


def scale_shift(node: OpsetNode) -> list[Step]:
    """ScaleShift: a factor and a summand for each channel."""
    layer = layer_of(node)
    scale = per_channel(layer, WEIGHTS) or node.input(1)
    shift = per_channel(layer, BIASES) or node.input(2)
    scaled = node.fresh("scaled") if shift else node.output(0)
    steps = []
    if scale:
        steps.append(node.step("multiply", (node.input(0), scale), (scaled,)))
    if shift:
        steps.append(node.step("add", (scaled if scale else node.input(0), shift)))
    return steps or [node.step("identity", node.inputs[:1])]


def batch_normalization(node: OpsetNode) -> list[Step]:
    """BatchNormalization: the mean goes off, the deviation, known before, divides."""
    layer = layer_of(node)
    variance, mean = per_channel(layer, WEIGHTS), per_channel(layer, BIASES)
    if not variance or not mean:
        raise node.refuse("it lacks its mean or its variance")
    centred = node.fresh("centred")
    return [
        node.step("subtract", (node.input(0), mean), (centred,)),
        node.step("multiply", (centred, variance)),
    ]


def power(node: OpsetNode) -> list[Step]:
    """Power: (shift + scale x) to a power."""
    steps, source = [], node.input(0)
    for operation, attribute, usual in (
        ("multiply", "scale", 1.0), ("add", "shift", 0.0), ("power", "power", 1.0),
    ):  # fmt: skip
        number = node.number(attribute, default=usual)
        if number != usual:
            held = node.constant((number,), node.result().element_type or "f32")
            target = node.fresh(attribute)
            steps.append(Step(operation, (source, held), (target,), {}))
            source = target
    if not steps:
        return [node.step("identity", node.inputs[:1])]
    last = steps[-1]
    return [*steps[:-1], Step(last.operation, last.inputs, node.outputs[:1], {})]


def prelu(node: OpsetNode) -> list[Step]:
    """PReLU: the slope of each channel."""
    slope = per_channel(layer_of(node), WEIGHTS) or node.input(1)
    if not slope:
        raise node.refuse("it has no slopes")
    return [node.step("prelu", (node.input(0), slope))]


def normalize(node: OpsetNode) -> list[Step]:
    """Normalize: each place of the image by the norm of its channels, then scaled."""
    scale = per_channel(layer_of(node), WEIGHTS)
    if not scale:
        return [node.step("l2_normalization", node.inputs[:1], axis=1)]
    normal = node.fresh("normal")
    return [
        node.step("l2_normalization", node.inputs[:1], (normal,), axis=1),
        node.step("multiply", (normal, scale)),
    ]


def cell(operation: str, gates: int, states: int) -> Rule:
    """LSTMCell and its kin: weights of input and state stand beside each other in one blob."""

    def rule(node: OpsetNode) -> list[Step]:
        return _recur(node, operation, gates, states, is_cell=True)

    return needing(1 + states, rule)


def sequence(operation: str, gates: int, states: int) -> Rule:
    """LSTMSequence and its kin."""

    def rule(node: OpsetNode) -> list[Step]:
        return _recur(node, operation, gates, states, is_cell=False)

    return needing(1, rule)


def _recur(
    node: OpsetNode, operation: str, gates: int, states: int, *, is_cell: bool
) -> list[Step]:
    """One blob is both matrices, one beside the other: what is summed over is both widths."""
    layer, data, hidden = layer_of(node), data_shape(node), result_shape(node)[-1]
    into, rows = data[-1], gates * hidden
    held = weigh(layer, WEIGHTS, (1, rows, into + hidden))
    if not held or len(data) != (2 if is_cell else 3):
        raise node.refuse("its data and weights do not fit")
    bias = weigh(layer, BIASES, (1, count_blob(layer, BIASES)))
    steps: list[Step] = []
    given = [node.input(place) for place in range(1 + states)]
    for place, name in enumerate(given):
        if name and (is_cell or place):
            given[place] = node.fresh(f"operand{place}")
            steps.append(Step("unsqueeze", (name,), (given[place],), {"axes": (1,)}))
    layout = 1 if is_cell else node.integer("axis", default=1)
    whole, made = node.fresh("sequence"), [node.fresh(f"state{n}") for n in range(states)]
    inputs = (given[0], held, held, bias, "", *given[1:])
    direction = {"Backward": "reverse", "Bidirectional": "bidirectional"}.get(
        node.text("direction"), "forward"
    )
    steps.append(
        node.step(operation, inputs, (whole, *made), hidden_size=hidden, layout=layout,
                  direction="forward" if direction == "bidirectional" else direction)
    )  # fmt: skip
    results = list(zip(made, node.outputs, strict=False)) if is_cell else [
        (whole, node.output(0)), *zip(made, node.outputs[1:], strict=False)
    ]  # fmt: skip
    for place, (source, output) in enumerate(results):
        if output:
            axis = (2 if layout else 1) if not is_cell and place == 0 else 1
            steps.append(Step("squeeze", (source,), (output,), {"axes": (axis,)}))
    return steps


def gemm(node: OpsetNode) -> list[Step]:
    """GEMM(a, b, c)."""
    left, right = node.flag("transpose_a"), node.flag("transpose_b")
    if not node.has_input(2):
        return [node.step("matmul", node.inputs[:2], trans_a=left, trans_b=right)]
    product = node.fresh("product")
    return [
        node.step("matmul", node.inputs[:2], (product,), trans_a=left, trans_b=right),
        node.step("add", (product, node.input(2))),
    ]


RULES: Final[Mapping[str, Rule]] = {
    "Convolution": needing(1, convolution),
    "BinaryConvolution": needing(1, convolution),
    "Deconvolution": needing(1, deconvolution),
    "Pooling": needing(1, pooling),
    "FullyConnected": needing(1, fully_connected),
    "InnerProduct": needing(1, fully_connected),
    "ScaleShift": needing(1, scale_shift),
    "BatchNormalization": needing(1, batch_normalization),
    "Power": needing(1, power),
    "PReLU": needing(1, prelu),
    "Normalize": needing(1, normalize),
    "GEMM": needing(2, gemm), "Gemm": needing(2, gemm),
    "LSTMCell": cell("lstm", 4, 2), "GRUCell": cell("gru", 3, 1), "RNNCell": cell("rnn", 1, 1),
    "LSTMSequence": sequence("lstm", 4, 2), "GRUSequence": sequence("gru", 3, 1),
    "RNNSequence": sequence("rnn", 1, 1),
}  # fmt: skip
