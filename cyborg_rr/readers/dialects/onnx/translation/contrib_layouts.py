"""Convolutions and pools of ONNX Runtime's other layouts: channels last, and blocks of channels.

``com.ms.internal.nhwc`` holds ONNX's own operations on data with channels last, their weights as
ever (onnxruntime/core/graph/contrib_ops/internal_nhwc_onnx_schemas.cc). ``com.microsoft.nchwc``
(nchwc_schema_defs.cc there) keeps channels in blocks of 8 or 16, by the machine that optimised the
file: shapes stay those of NCHW, channels rounded up to whole blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.dialects.onnx.translation import windows
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode, Rule
from cyborg_rr.readers.kit.rules import axis, plain, unknown
from cyborg_rr.readers.kit.steps import Step

_LARGEST_BLOCK = 16
_ACTIVATIONS = {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "LeakyRelu": "leaky_relu",
    "Clip": "clamp", "HardSigmoid": "hard_sigmoid", "HardSwish": "hard_swish", "Elu": "elu",
    "Gelu": "gelu", "QuickGelu": "gelu", "FastGelu": "gelu", "Swish": "silu", "Silu": "silu",
}  # fmt: skip


def channels_last(count: int) -> str:
    """The layout of data with so many spatial dimensions before its channels."""
    return f"N{''.join(str(index) for index in range(count))}C"


def _spatial(node: NativeOnnxNode) -> int:
    """How many spatial dimensions there are; as of images where nothing says it."""
    shape = node.shape(0)
    if shape is not None and len(shape) > 2:
        return min(len(shape) - 2, 9)
    stated = node.integers("kernel_shape") or node.integers("strides")
    return min(len(stated), 9) if stated else 2


def activate(node: NativeOnnxNode, steps: list[Step], addend: str = "") -> list[Step]:
    """What is fused behind the last step: another tensor that is added, then an activation."""
    activation = _ACTIVATIONS.get(node.text("activation"), "")
    result = node.output(0)
    made = [] if not addend else ["add"]
    if activation:
        made.append(activation)
    if not made:
        return steps
    names = [node.fresh(f"before_{operation}") for operation in made]
    last = steps[-1]
    stated = {names[0]: last.stated[result]} if result in last.stated else {}
    behind = [
        Step(last.operation, last.inputs, (names[0],), last.attributes, stated, last.restated)
    ]
    for place, operation in enumerate(made):
        inputs = (names[place], addend) if operation == "add" else (names[place],)
        target = names[place + 1] if place + 1 < len(made) else result
        behind.append(node.step(operation, inputs, (target,)))
    return [*steps[:-1], *behind]


def fused_convolution(node: NativeOnnxNode) -> list[Step]:
    """FusedConv, Conv of the blocked layout."""
    return activate(node, [windows.convolve(node, node.inputs[:3])], node.input(3))


def convolution(kernel_last: bool) -> Rule:
    """A convolution of data with channels last; its kernel may have them last too."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        count = _spatial(node)
        layout = channels_last(count)
        step = windows.convolve(
            node,
            node.inputs[:3],
            data_layout=layout,
            kernel_layout=f"O{layout[1:-1]}I" if kernel_last else None,
            result_layout=layout,
        )
        return activate(node, [step], node.input(3))

    return rule


def quantized_convolution(node: NativeOnnxNode) -> list[Step]:
    """QLinearConv, of which ONNX Runtime's own may have channels last."""
    (step,) = windows.quantized_convolution(node)
    is_own = node.record.domain == "com.ms.internal.nhwc"
    if not is_own and not node.flag("channels_last"):
        return [step]
    layout = channels_last(_spatial(node))
    return [_with(step, data_layout=layout, result_layout=layout)]


def _with(step: Step, **attributes: AttributeValue) -> Step:
    return Step(
        step.operation,
        step.inputs,
        step.outputs,
        {**step.attributes, **attributes},
        step.stated,
        step.restated,
    )


def last(rule: Rule) -> Rule:
    """A pool over data with channels last."""

    def found(node: NativeOnnxNode) -> list[Step]:
        return [_with(step, layout=channels_last(_spatial(node))) for step in rule(node)]

    return found


def quantized_pool(rule: Rule) -> Rule:
    """A pool that says itself whether its channels are last."""

    def found(node: NativeOnnxNode) -> list[Step]:
        is_own = node.record.domain == "com.ms.internal.nhwc"
        return last(rule)(node) if is_own or node.flag("channels_last") else rule(node)

    return found


def reorder_input(node: NativeOnnxNode) -> list[Step]:
    """ReorderInput: into blocks. Where blocks of both sizes are not filled, nothing is known."""
    shape, from_last = node.shape(0), node.flag("channels_last")
    if shape is None or len(shape) != 4:
        return unknown(node)
    channels = shape[3 if from_last else 1]
    if not isinstance(channels, int) or channels % _LARGEST_BLOCK:
        return unknown(node)
    if from_last:
        return [node.step("transpose", permutation=(0, 3, 1, 2))]
    return [node.step("copy")]


def reorder_output(node: NativeOnnxNode) -> list[Step]:
    """ReorderOutput: out of blocks, without the channels that fill the last one."""
    channels = node.integer("channels", default=0)
    if channels < 1:
        raise node.refuse("attribute 'channels' must be positive")
    to_last = node.flag("channels_last")
    kept = node.fresh("kept") if to_last else node.output(0)
    steps = [
        node.step("slice", (node.input(0),), (kept,), starts=(0,), ends=(channels,), axes=(1,))
    ]
    if to_last:
        steps.append(node.step("transpose", (kept,), permutation=(0, 2, 3, 1)))
    return steps


def enlarge(node: NativeOnnxNode) -> list[Step]:
    """Upsample of the blocked layout: whole factors in an attribute."""
    scales = node.integers("scales")
    return [
        node.step(
            "resize",
            mode=node.text("mode", default="nearest"),
            scales=None if scales is None else tuple(float(factor) for factor in scales),
        )
    ]


CHANNELS_LAST: Mapping[str, Rule] = MappingProxyType(
    {
        "AveragePool": last(windows.pool("average")),
        "Conv": convolution(kernel_last=False),
        "GlobalAveragePool": last(plain("global_pool", function="average")),
        "GlobalLpPool": last(windows.global_length_pool),
        "GlobalMaxPool": last(plain("global_pool", function="max")),
        "LpPool": last(windows.pool("lp")),
        "MaxPool": last(windows.pool("max")),
        "BatchNormalization": axis("batch_normalization", "axis", -1),
        "QLinearAveragePool": quantized_pool(windows.pool("average")),
        "QLinearConv": quantized_convolution,
    }
)
"""com.ms.internal.nhwc operations by name."""

BLOCKED: Mapping[str, Rule] = MappingProxyType(
    {
        "AveragePool": windows.pool("average"),
        "Conv": fused_convolution,
        "GlobalAveragePool": plain("global_pool", function="average"),
        "GlobalMaxPool": plain("global_pool", function="max"),
        "MaxPool": windows.pool("max"),
        "ReorderInput": reorder_input,
        "ReorderOutput": reorder_output,
        "Upsample": enlarge,
    }
)
"""com.microsoft.nchwc operations by name."""
