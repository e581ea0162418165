"""Rules for operations that slide a window; the channels always stand last."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tflite.translation.native import NativeTfliteNode, Rule

_DATA = {2: "N01C", 3: "N012C"}
_PADDING = {0: "same_upper", 1: "valid"}
"""Padding of schema.fbs."""


def _each(node: NativeTfliteNode, what: str, dimensions: int) -> tuple[int, ...]:
    """A number of the options for each dimension: depth, height, width."""
    names = "dhw"[-dimensions:]
    return tuple(node.integer(f"{what}_{letter}", default=1) for letter in names)


def _auto_pad(node: NativeTfliteNode) -> str:
    code = node.integer("padding", default=0)
    if code not in _PADDING:
        raise node.refuse(f"padding {code} is not known")
    return _PADDING[code]


def convolution(kernel_layout: str, dimensions: int = 2) -> Rule:
    """CONV_2D, CONV_3D, DEPTHWISE_CONV_2D: groups follow from the channels of data and kernel."""

    def rule(node: NativeTfliteNode) -> list[Step]:
        data, kernel = node.shape(0), node.shape(1)
        if not data or not kernel or not len(kernel) == len(data) == dimensions + 2:
            raise node.refuse("its data and its kernel do not fit together")
        channels, taken = data[-1], kernel[kernel_layout.index("I")]
        if not isinstance(channels, int) or not isinstance(taken, int) or not taken:
            return unknown(node)
        if channels % taken:
            raise node.refuse(f"{channels} channels do not fall into groups of {taken}")
        return [
            node.step(
                "convolution",
                node.inputs[:3],
                strides=_each(node, "stride", dimensions),
                dilations=_each(node, "dilation", dimensions),
                auto_pad=_auto_pad(node),
                groups=channels // taken,
                data_layout=_DATA[dimensions],
                kernel_layout=kernel_layout,
            )
        ]

    return rule


def transposed(kernel_layout: str, dimensions: int = 2) -> Rule:
    """TRANSPOSE_CONV, CONV_3D_TRANSPOSE: of the result's shape, the kernel, the data, a bias.

    Written as a convolution over data with zeros between, whose padding gives the stated result.
    """

    def rule(node: NativeTfliteNode) -> list[Step]:
        data, kernel, result = node.shape(2), node.shape(1), node.result().shape
        wanted = node.whole(0)
        if wanted is not None and len(wanted) == dimensions + 2:
            result = wanted
        strides = _each(node, "stride", dimensions)
        if not data or not kernel or not result:
            return unknown(node)
        if not len(data) == len(kernel) == len(result) == dimensions + 2:
            return unknown(node)
        padding: list[int] = []
        for axis in range(dimensions):
            sizes = (data[axis + 1], result[axis + 1], kernel[kernel_layout.index(str(axis))])
            before, after, taps = (size if isinstance(size, int) else 0 for size in sizes)
            if not before or not after or not taps:
                return unknown(node)
            spread = (before - 1) * strides[axis]
            low = taps - 1 - max(spread + taps - after, 0) // 2
            padding += (low, after + taps - 2 - spread - low)
        return [
            node.step(
                "convolution",
                (node.input(2), node.input(1), node.input(3)),
                lhs_dilations=strides,
                padding=tuple(padding),
                data_layout=_DATA[dimensions],
                kernel_layout=kernel_layout,
            )
        ]

    return rule


def pool(function: str) -> Rule:
    """AVERAGE_POOL_2D, MAX_POOL_2D, L2_POOL_2D."""

    def rule(node: NativeTfliteNode) -> list[Step]:
        kernel: AttributeValue = (
            node.integer("filter_h", default=1),
            node.integer("filter_w", default=1),
        )
        return [
            node.step(
                "pool",
                node.inputs[:1],
                function=function,
                kernel=kernel,
                strides=_each(node, "stride", 2),
                auto_pad=_auto_pad(node),
                layout=_DATA[2],
            )
        ]

    return rule


def resize(mode: str) -> Rule:
    """RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR: of images and of the height and width wanted."""

    def rule(node: NativeTfliteNode) -> list[Step]:
        operands = (node.input(0), "", "", node.input(1))
        return [node.step("resize", operands, axes=(1, 2), mode=mode)]

    return rule
