"""Rules for operations that slide a window over images, whose channels stand last or first.

Attributes: tensorflow/core/ops/nn_ops.cc.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue, Dimension
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tensorflow.translation.native import (
    NativeTensorflowNode,
    Rule,
    pass_channels,
)

_PADDING: Final = {"SAME": "same_upper", "VALID": "valid"}


def _layout(node: NativeTensorflowNode, dimensions: int) -> str:
    spatial = "012"[:dimensions]
    return f"NC{spatial}" if node.is_channels_first() else f"N{spatial}C"


def _spatial(
    node: NativeTensorflowNode, values: tuple[int, ...] | None, dimensions: int, what: str
) -> tuple[int, ...]:
    """Of a number for each dimension those that are spatial; all 1 where nothing is said."""
    if values is None or not values:
        return (1,) * dimensions
    if len(values) == 1 and dimensions:
        return values * dimensions
    if len(values) != dimensions + 2:
        raise node.refuse(f"{what} should have {dimensions + 2} numbers, not {len(values)}")
    return values[2:] if node.is_channels_first() else values[1:-1]


def window_attributes(node: NativeTensorflowNode, dimensions: int) -> dict[str, AttributeValue]:
    """Strides, dilations and padding."""
    found: dict[str, AttributeValue] = {
        "strides": _spatial(node, node.integers("strides"), dimensions, "strides"),
    }
    dilations = _spatial(node, node.integers("dilations"), dimensions, "dilations")
    if any(each != 1 for each in dilations):
        found["dilations"] = dilations
    padding = node.text("padding", default="VALID")
    if padding in _PADDING:
        found["auto_pad"] = _PADDING[padding]
    elif padding == "EXPLICIT":
        stated = node.integers("explicit_paddings") or ()
        if len(stated) != 2 * (dimensions + 2):
            raise node.refuse("its explicit paddings do not fit its dimensions")
        found["padding"] = stated[4:] if node.is_channels_first() else stated[2:-2]
    else:
        raise node.refuse(f"padding {quote(padding)} is not known")
    return found


def convolution(dimensions: int = 2) -> Rule:
    """Conv2D, Conv3D: groups follow from the channels of data and kernel."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        kernel = node.shape(1)
        taken = kernel[-2] if kernel is not None and len(kernel) == dimensions + 2 else None
        channels = _find_channels(node, 0)
        groups = 1
        if isinstance(channels, int) and isinstance(taken, int) and taken:
            if channels % taken:
                raise node.refuse(f"{channels} channels do not fall into groups of {taken}")
            groups = channels // taken
        node.note_channels(kernel[-1] if kernel else None)
        return [
            node.step(
                "convolution",
                node.inputs[:2],
                groups=groups if groups != 1 else None,
                data_layout=_layout(node, dimensions),
                kernel_layout=f"{'012'[:dimensions]}IO",
                **window_attributes(node, dimensions),
            )
        ]

    return rule


def _find_channels(node: NativeTensorflowNode, index: int) -> Dimension | None:
    known = node.channels(index)
    if known is not None:
        return known
    shape = node.shape(index)
    if not shape or len(shape) < 3:
        return None
    return shape[1 if node.is_channels_first() else -1]


def depthwise(node: NativeTensorflowNode) -> list[Step]:
    """DepthwiseConv2dNative: each channel has kernels of its own, so many groups there are."""
    kernel = node.shape(1)
    if kernel is None or len(kernel) != 4:
        return unknown(node)
    height, width, channels, multiplier = kernel
    if not all(isinstance(size, int) and size > 0 for size in kernel):
        return unknown(node)
    results = int(channels) * int(multiplier)
    apart = node.fresh("kernel")
    node.note_channels(results)
    return [
        node.step("reshape", (node.input(1),), (apart,), node.typed(apart),
                  shape=(int(height), int(width), 1, results)),
        node.step(
            "convolution",
            (node.input(0), apart),
            groups=int(channels),
            data_layout=_layout(node, 2),
            kernel_layout="01IO",
            **window_attributes(node, 2),
        ),
    ]  # fmt: skip


def transposed(dimensions: int = 2) -> Rule:
    """Conv2DBackpropInput(sizes of the result, kernel, data): a transposed convolution.

    Written as a convolution over data with zeros between, padded so that the result has the sizes
    that are asked for.
    """

    def rule(node: NativeTensorflowNode) -> list[Step]:
        kernel = node.shape(1)
        wanted = node.known.sizes.get(node.input(0)) or node.whole(0)
        if kernel is None or wanted is None or len(kernel) != dimensions + 2:
            return unknown(node)
        if len(wanted) == dimensions:  # of the spatial sizes alone
            sizes: tuple[int | None, ...] = wanted
        elif len(wanted) == dimensions + 2:
            sizes = wanted[2:] if node.is_channels_first() else wanted[1:-1]
        else:
            raise node.refuse("the sizes of its result do not fit its kernel")
        attributes = window_attributes(node, dimensions)
        strides, taps = attributes["strides"], kernel[:dimensions]
        padding = _transpose_padding(node, sizes, strides, taps, attributes)
        if padding is None:
            return unknown(node)
        node.note_channels(kernel[-2])
        return [
            node.step(
                "convolution",
                (node.input(2), node.input(1)),
                lhs_dilations=strides,
                dilations=attributes.get("dilations"),
                padding=padding,
                data_layout=_layout(node, dimensions),
                kernel_layout=f"{'012'[:dimensions]}OI",
            )
        ]

    return rule


def _transpose_padding(
    node: NativeTensorflowNode,
    sizes: tuple[int | None, ...],
    strides: object,
    taps: tuple[Dimension, ...],
    attributes: dict[str, AttributeValue],
) -> tuple[int, ...] | None:
    """Padding before and behind, for data of the size that the forward convolution yields."""
    dilations = attributes.get("dilations") or (1,) * len(sizes)
    explicit = attributes.get("padding")
    found: list[int] = []
    if not isinstance(strides, tuple) or not isinstance(dilations, tuple):
        return None
    for axis, (size, tap) in enumerate(zip(sizes, taps, strict=True)):
        stride, dilation = int(strides[axis]), int(dilations[axis])
        if size is None or size < 1 or not isinstance(tap, int) or tap < 1 or stride < 1:
            return None
        reach = (tap - 1) * dilation + 1
        if isinstance(explicit, tuple):
            before, behind = int(explicit[2 * axis]), int(explicit[2 * axis + 1])
            places = (size + before + behind - reach) // stride + 1
        elif attributes.get("auto_pad") == "valid":
            before, places = 0, (size - reach) // stride + 1
        else:
            places = -(-size // stride)
            before = max((places - 1) * stride + reach - size, 0) // 2
        low = reach - 1 - before
        high = size + reach - 1 - ((places - 1) * stride + 1) - low
        found += (low, high)
    return tuple(found)


def pool(function: str, dimensions: int = 2) -> Rule:
    """MaxPool, AvgPool and their kin."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        sizes = node.integers("ksize")
        if not sizes:
            return unknown(node)
        pass_channels(node)
        return [
            node.step(
                "pool",
                node.inputs[:1],
                node.outputs[:1],
                function=function,
                kernel=_spatial(node, sizes, dimensions, "ksize"),
                layout=_layout(node, dimensions),
                **window_attributes(node, dimensions),
            )
        ]

    return rule


def resize(mode: str) -> Rule:
    """ResizeBilinear and its kin: of images and of the height and width wanted."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        pass_channels(node)
        operands = (node.input(0), "", "", node.input(1))
        return [node.step("resize", operands, axes=(1, 2), mode=mode)]

    return rule


def batch_normalization(node: NativeTensorflowNode) -> list[Step]:
    """FusedBatchNorm: with the statistics of the batch while training, else with stored ones."""
    axis = 1 if node.is_channels_first() else -1
    pass_channels(node)
    if node.flag("is_training", default=True):
        return [node.step("batch_norm_training", node.inputs[:3], node.outputs[:3], axis=axis)]
    epsilon = node.number("epsilon", default=1e-4)
    step = node.step(
        "batch_normalization", node.inputs[:5], node.outputs[:1], axis=axis, epsilon=epsilon
    )
    handed = [
        node.step("identity", (node.input(3 + place - 1),), (node.output(place),))
        for place in (1, 2)
        if node.output(place)
    ]
    return [*handed, step]


def bias(node: NativeTensorflowNode) -> list[Step]:
    """BiasAdd: one number for each channel."""
    pass_channels(node)
    axis = 1 if node.has("data_format") and node.is_channels_first() else None
    return [node.step("add", node.inputs[:2], broadcast_axis=axis)]


def local_response(node: NativeTensorflowNode) -> list[Step]:
    """LRN."""
    pass_channels(node)
    size = 2 * node.integer("depth_radius", default=5) + 1
    return [node.step("local_response_normalization", node.inputs[:1], size=size)]
