"""Rules for operations that slide a window, and for their gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, cast

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.kit.opset.native import OpsetNode, Rule, needing, unknown
from cyborg_rr.readers.kit.opset.windows import round_up
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.ngraph.translation.native import NativeOperation

_AUTO: Final = frozenset({"same_upper", "same_lower", "valid"})
Numbers = tuple[int, ...]


def own(rule: Callable[[NativeOperation], list[Step]]) -> Rule:
    """A rule of this family as one of the opsets."""
    return cast(Rule, rule)


def _pairs(low: Numbers, high: Numbers, node: OpsetNode) -> Numbers:
    if len(low) != len(high):
        raise node.refuse("its pads before and behind do not fit together")
    return tuple(size for pair in zip(low, high, strict=True) for size in pair)


def window(node: NativeOperation) -> dict[str, AttributeValue | None]:
    """What a convolution says of its window."""
    low, high = node.integers("padding_below") or (), node.integers("padding_above") or ()
    auto = node.text("pad_type")
    named = auto if auto in _AUTO else None
    spread = node.integers("data_dilation_strides", "image_dilation_strides")
    return {
        "strides": node.integers("window_movement_strides") or None,
        "dilations": node.integers("window_dilation_strides") or None,
        "lhs_dilations": spread if spread and any(step != 1 for step in spread) else None,
        "padding": None if named else _pairs(low, high, node) or None,
        "auto_pad": named,
    }


def convolution(operands: int = 2, bias: int | None = None, added: int | None = None) -> Rule:
    """Convolution and its kin: with a bias, with a summand, with a function behind."""

    def rule(node: NativeOperation) -> list[Step]:
        inputs = (*node.inputs[:2], *(() if bias is None else (node.input(bias),)))
        groups = node.integer("groups", default=1)
        after: list[tuple[str, tuple[str, ...]]] = []
        if added is not None:
            after.append(("add", (node.input(added),)))
        if node.flag("with_relu") or node.operation.endswith("Relu"):
            after.append(("relu", ()))
        first = node.fresh("linear") if after else node.output(0)
        steps = [node.step("convolution", inputs, (first,), groups=groups, **window(node))]
        for place, (operation, others) in enumerate(after):
            last = place == len(after) - 1
            target = node.output(0) if last else node.fresh(f"after{place}")
            steps.append(Step(operation, (first, *others), (target,), {}))
            first = target
        return steps

    return needing(operands, own(rule))


def group_transposed(node: NativeOperation) -> list[Step]:
    """GroupConvolutionTranspose(data, kernel)."""
    low, high = node.integers("padding_begin") or (), node.integers("padding_end") or ()
    return [
        node.step(
            "convolution_transpose", node.inputs[:2], groups=node.integer("groups", default=1),
            strides=node.integers("strides") or None, dilations=node.integers("dilations") or None,
            padding=_pairs(low, high, node) or None,
            output_padding=node.integers("output_padding") or None,
            output_shape=node.integers("output_shape") or None,
        )
    ]  # fmt: skip


def _forward(node: NativeOperation, rank: int) -> tuple[Numbers, Numbers, Numbers, Numbers] | None:
    """Strides, dilations and pads of the convolution that this is the gradient of.

    None where its data were spread, whose gradient no canonical operation is.
    """
    found = [
        node.demand(f"{name}_forward", name)
        for name in ("window_movement_strides", "window_dilation_strides", "padding_below",
                     "padding_above")
    ]  # fmt: skip
    if any(len(numbers) != rank for numbers in found) or min((*found[0], *found[1]), default=1) < 1:
        raise node.refuse("its strides, dilations and pads do not fit its data")
    spread = node.integers("data_dilation_strides_forward", "image_dilation_strides_forward")
    if spread and any(step != 1 for step in spread):
        return None
    return found[0], found[1], found[2], found[3]


def data_gradient(node: NativeOperation) -> list[Step]:
    """ConvolutionBackpropData(kernel, gradient): a transposed convolution of a known result."""
    kernel, gradient, data = node.sizes(0), node.sizes(1), node.demand("data_batch_shape")
    rank = len(data) - 2
    if rank < 1 or not len(kernel) == len(gradient) == len(data):
        raise node.refuse("its kernel, gradient and data do not fit together")
    found = _forward(node, rank)
    if found is None:
        return unknown(node)
    strides, dilations, low, high = found
    extra = tuple(
        data[2 + axis]
        - (
            (gradient[2 + axis] - 1) * strides[axis]
            + (kernel[2 + axis] - 1) * dilations[axis]
            + 1
            - low[axis]
            - high[axis]
        )
        for axis in range(rank)
    )
    return [
        node.step(
            "convolution_transpose", (node.input(1), node.input(0)), strides=strides,
            dilations=dilations, padding=_pairs(low, high, node),
            output_padding=extra if any(extra) else None,
        )
    ]  # fmt: skip


def kernel_gradient(node: NativeOperation) -> list[Step]:
    """ConvolutionBackpropFilters(data, gradient): the batch is what is summed over.

    ConvolutionBiasBackpropFiltersBias sums the gradient for the bias besides.
    """
    data, gradient, kernel = node.sizes(0), node.sizes(1), node.demand("filters_shape")
    rank = len(kernel) - 2
    if rank < 1 or not len(kernel) == len(gradient) == len(data):
        raise node.refuse("its kernel, gradient and data do not fit together")
    found = _forward(node, rank)
    if found is None:
        return unknown(node)
    strides, dilations, low, _ = found
    padding: list[int] = []
    for axis in range(rank):
        reach = (gradient[2 + axis] - 1) * strides[axis] + 1
        wanted = (kernel[2 + axis] - 1) * dilations[axis] + reach
        padding.extend((low[axis], wanted - data[2 + axis] - low[axis]))
    spatial = "0123456789"[:rank]
    steps = []
    if node.output(1):
        axes = (0, *range(2, rank + 2))
        steps.append(
            node.step("reduce", (node.input(1),), (node.output(1),), function="sum", axes=axes)
        )
    steps.append(
        node.step(
            "convolution", node.inputs[:2], node.outputs[:1], strides=dilations,
            dilations=strides, padding=tuple(padding), data_layout=f"CN{spatial}",
            kernel_layout=f"IO{spatial}", result_layout=f"CN{spatial}",
        )
    )  # fmt: skip
    return steps


def pool(function: str) -> Rule:
    """AvgPool, MaxPool."""

    def rule(node: NativeOperation) -> list[Step]:
        kernel, found = node.demand("window_shape"), window(node)
        found.pop("lhs_dilations")
        included = node.flag("include_padding_in_avg_computation")
        if node.flag("ceil_mode"):
            found = round_up(node, kernel, found)
        else:
            found["ceil_mode"] = False
        inputs, outputs = node.inputs[:1], node.outputs
        return [
            node.step(
                "pool", inputs, outputs, function=function, kernel=kernel,
                count_include_pad=included, **found,
            )
        ]  # fmt: skip

    return needing(1, own(rule))


def _whole(numbers: Numbers) -> Numbers:
    """Numbers of spatial dimensions with ones for batch and channels in front."""
    return (1, 1, *numbers)


def average_gradient(node: NativeOperation) -> list[Step]:
    """AvgPoolBackprop(gradient): each element goes to its window, which sums up once more."""
    shape, kernel = node.demand("forward_arg_shape"), node.demand("window_shape")
    gradient, strides = node.sizes(0), node.demand("window_movement_strides")
    low = node.demand("padding_below")
    rank = len(kernel)
    if not len(shape) == len(gradient) == rank + 2 or not len(strides) == len(low) == rank:
        raise node.refuse("its window does not fit its data")
    padding = [0, 0, 0, 0]
    for axis, size in enumerate(kernel):
        spread = (gradient[2 + axis] - 1) * strides[axis] + 1
        before = size - 1 - low[axis]
        padding.extend((before, shape[2 + axis] + size - 1 - spread - before))
    return [
        node.step(
            "reduce_window", node.inputs[:1], function="sum", window_dimensions=_whole(kernel),
            base_dilations=_whole(strides), padding=tuple(padding), operands=1,
        )
    ]  # fmt: skip


def largest_gradient(node: NativeOperation) -> list[Step]:
    """MaxPoolBackprop(data, gradient): to the largest element of each window."""
    low, high = node.demand("padding_below"), node.demand("padding_above")
    zero = node.constant((0,), node.element_type(0) or "f32")
    return [
        node.step(
            "select_and_scatter", (*node.inputs[:2], zero), node.outputs[:1],
            window_dimensions=_whole(node.demand("window_shape")),
            window_strides=_whole(node.demand("window_movement_strides")),
            padding=(0, 0, 0, 0, *_pairs(low, high, node)),
        )
    ]  # fmt: skip


RULES: Final[Mapping[str, Rule]] = {
    "Convolution": convolution(),
    "ConvolutionRelu": convolution(),
    "ConvolutionBias": convolution(3, bias=2),
    "ConvolutionBiasAdd": convolution(4, bias=2, added=3),
    "ConvolutionAdd": convolution(3, added=2),
    "GroupConvolution": convolution(),
    "GroupConvolutionBias": convolution(3, bias=2),
    "GroupConvolutionTranspose": needing(2, own(group_transposed)),
    "DeconvolutionBias": needing(2, unknown),
    "ConvolutionBackpropData": needing(2, own(data_gradient)),
    "ConvolutionBackpropFilters": needing(2, own(kernel_gradient)),
    "ConvolutionBiasBackpropFiltersBias": needing(2, own(kernel_gradient)),
    "AvgPool": pool("average"),
    "MaxPool": pool("max"),
    "MaxPoolWithIndices": pool("max"),
    "AvgPoolBackprop": needing(1, own(average_gradient)),
    "MaxPoolBackprop": needing(2, own(largest_gradient)),
}
