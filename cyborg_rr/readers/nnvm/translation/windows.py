"""Rules for operations that slide a window: convolutions, pooling, resizing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.nnvm.translation.native import NativeNnvmNode, Sizes

Rule = Callable[[NativeNnvmNode], list[Step]]

_PACKED_DATA: Final = re.compile(r"NCHW(\d{1,4})c")
_MAX_FACTOR: Final = 4096


def convolution(node: NativeNnvmNode) -> list[Step]:
    """conv2d(data, weight, bias): Conv2DParam of nnvm/top/nn.h."""
    data = node.layout("layout", "NCHW")
    kernel = node.layout("kernel_layout", "OIHW")
    if data is None or kernel is None:
        return _packed(node)
    return [_convolve(node, node.inputs[:3], node.outputs[:1], data, kernel)]


def _convolve(
    node: NativeNnvmNode,
    operands: tuple[str, ...],
    results: tuple[str, ...],
    data: str | None = None,
    kernel: str | None = None,
) -> Step:
    sizes = node.sizes("kernel_size")
    count = len(sizes) or 2
    result = node.layout("out_layout", "__undef__")
    return node.step(
        "convolution",
        operands,
        results,
        None,
        strides=node.each("strides", count, 1),
        dilations=node.each("dilation", count, 1),
        padding=node.padding(count),
        groups=node.integer("groups", default=1),
        data_layout=data,
        kernel_layout=kernel,
        result_layout=result if result and "N" in result else None,
        element_type=node.wanted_type("out_dtype"),
        out_channels=node.integer("channels", default=0),
        kernel=sizes or None,
    )


def packed(node: NativeNnvmNode) -> list[Step]:
    """_contrib_conv2d_NCHWc and its depthwise kin."""
    return _packed(node)


def _factor(node: NativeNnvmNode, name: str) -> int | None:
    """How many channels lie together, as ``NCHW8c`` says."""
    match = _PACKED_DATA.fullmatch(node.text(name))
    return int(match[1]) if match and 0 < int(match[1]) <= _MAX_FACTOR else None


def _packed(node: NativeNnvmNode) -> list[Step]:
    """Channels in parts that lie together: unpacked before, packed again behind.

    The kernel has the same elements in any packing, so that it stands for the plain one.
    """
    before, after = _factor(node, "layout"), _factor(node, "out_layout")
    after = after or before
    channels = node.integer("channels", default=0)
    if before is None or after is None or channels < 1 or channels % after:
        return [node.step("unknown")]
    sizes = Sizes(node)
    whole = sizes.apply("multiply", sizes.of(node.input(0), 1, 2), sizes.numbers(before))
    shape = sizes.join((sizes.of(node.input(0), 0, 1), whole, sizes.of(node.input(0), 2, 4)))
    plain, result = node.fresh("plain"), node.fresh("result")
    unpacking = [*sizes.steps, node.step("reshape", (node.input(0), shape), (plain,))]
    convolving = _convolve(node, (plain, node.input(1)), (result,))
    packing = Sizes(node)
    packing.steps = [*unpacking, convolving]
    parts = (
        packing.of(result, 0, 1), packing.numbers(channels // after),
        packing.of(result, 2, 4), packing.numbers(after),
    )  # fmt: skip
    wanted = packing.join(parts)
    end = node.fresh("packed") if node.input(2) else node.output(0)
    steps = [*packing.steps, node.step("reshape", (result, wanted), (end,))]
    if node.input(2):
        steps.append(node.step("add", (end, node.input(2)), node.outputs[:1]))
    return steps


def transposed(node: NativeNnvmNode) -> list[Step]:
    """conv2d_transpose(data, weight, bias)."""
    sizes = node.sizes("kernel_size")
    count = len(sizes) or 2
    if node.layout("layout", "NCHW") != "NC01":
        return [node.step("unknown")]
    return [
        node.step(
            "convolution_transpose",
            node.inputs[:3],
            node.outputs[:1],
            None,
            strides=node.each("strides", count, 1),
            dilations=node.each("dilation", count, 1),
            padding=node.padding(count),
            output_padding=node.each("output_padding", count, 0),
            groups=node.integer("groups", default=1),
            out_channels=node.integer("channels", default=0),
            kernel=sizes or None,
        )
    ]


def pool(function: str) -> Rule:
    """max_pool2d, avg_pool2d."""

    def rule(node: NativeNnvmNode) -> list[Step]:
        layout, kernel = node.layout("layout", "NCHW"), node.sizes("pool_size")
        if not kernel:
            raise node.refuse("'pool_size' is missing")
        if layout is None:
            return [node.step("unknown")]
        return [
            node.step(
                "pool",
                node.inputs[:1],
                node.outputs[:1],
                None,
                function=function,
                kernel=kernel,
                strides=node.each("strides", len(kernel), 1),
                padding=node.padding(len(kernel)),
                ceil_mode=node.flag("ceil_mode"),
                count_include_pad=node.flag("count_include_pad") if function == "average" else None,
                layout=layout,
            )
        ]

    return rule


def global_pool(function: str) -> Rule:
    """global_max_pool2d, global_avg_pool2d."""

    def rule(node: NativeNnvmNode) -> list[Step]:
        layout = node.layout("layout", "NCHW")
        if layout is None:
            return [node.step("unknown")]
        return [node.step("global_pool", function=function, layout=layout)]

    return rule


_METHODS: Final = {"NEAREST_NEIGHBOR": "nearest", "BILINEAR": "linear"}


def upsampling(node: NativeNnvmNode) -> list[Step]:
    """upsampling(data): by a whole number along both spatial dimensions."""
    layout, scale = node.layout("layout", "NCHW"), node.integer("scale", default=1)
    if layout is None or not {"0", "1"} <= set(layout):
        return [node.step("unknown")]
    scales = tuple(float(scale) if letter.isdigit() else 1.0 for letter in layout)
    mode = _METHODS.get(node.text("method", default="NEAREST_NEIGHBOR"), "linear")
    return [node.step("resize", scales=scales, mode=mode)]


def resize(node: NativeNnvmNode) -> list[Step]:
    """resize(data): to a height and a width."""
    layout, size = node.layout("layout", "NCHW"), node.sizes("size")
    if layout is None or len(size) != 2:
        return [node.step("unknown")]
    axes = tuple(layout.index(digit) for digit in "01" if digit in layout)
    mode = _METHODS.get(node.text("method", default="BILINEAR"), "linear")
    operands = (node.input(0), "", "", node.constant(size, "i64"))
    return [node.step("resize", operands, axes=axes, mode=mode)]
