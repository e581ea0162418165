"""Rules for convolutions, pooling, padding and resizing.

Attributes: include/tvm/relay/attrs/{nn,image,vision}.h and include/tvm/relax/attrs/{nn,image}.h.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tvm.translation.native import NativeTvmNode, Rule, as_unknown

_SPATIAL: Final = {1: "W", 2: "HW", 3: "DHW"}
_CHANNELS_FIRST: Final = {1: "NCW", 2: "NCHW", 3: "NCDHW"}
_KERNELS: Final = {1: "OIW", 2: "OIHW", 3: "OIDHW"}

Attributes = dict[str, AttributeValue | None]


@lru_cache(maxsize=256)
def _digits(layout: str, spatial: int) -> str | None:
    """A layout with digits for its spatial letters; None for one with blocks of channels."""
    for place, letter in enumerate(_SPATIAL[spatial]):
        layout = layout.replace(letter, str(place))
    wanted = set("0123456789"[:spatial])
    letters = set(layout) - wanted
    fits = len(layout) == spatial + 2 and letters in ({"N", "C"}, {"O", "I"})
    return layout if fits else None


def pair(padding: tuple[int, ...] | None, spatial: int, node: NativeTvmNode) -> tuple[int, ...]:
    """Low and high of each dimension: TVM states one number, one each, or all lows and highs."""
    if not padding:
        return (0,) * 2 * spatial
    if len(padding) == 1:
        return padding * 2 * spatial
    if len(padding) == spatial:
        return tuple(size for size in padding for _ in range(2))
    if len(padding) == 2 * spatial:
        return tuple(padding[place + side * spatial] for place in range(spatial) for side in (0, 1))
    raise node.refuse(f"{len(padding)} numbers of padding for {spatial} dimensions")


def _window(node: NativeTvmNode, spatial: int) -> Attributes:
    padding = node.attribute("padding")
    if isinstance(padding, int):
        padding = (padding,)
    numbers = padding if isinstance(padding, tuple) else None
    whole = tuple(each for each in numbers or () if type(each) is int)
    return {
        "strides": _each(node, "strides", spatial),
        "dilations": _each(node, "dilation", spatial),
        "padding": pair(whole, spatial, node),
    }


def _each(node: NativeTvmNode, name: str, spatial: int) -> tuple[int, ...] | None:
    stated = node.whole(name, 99)
    if stated is None or not stated:
        return None
    return stated * spatial if len(stated) == 1 else stated


def convolve(
    node: NativeTvmNode,
    spatial: int,
    operands: tuple[str, ...],
    element: str | None,
) -> list[Step]:
    """A convolution of data and kernel, whatever stands behind them."""
    data = node.text("data_layout", default="") or _CHANNELS_FIRST[spatial]
    kernel = node.text("kernel_layout", default="") or _KERNELS[spatial]
    result = node.text("out_layout", default="") or data
    layouts = [_digits(each, spatial) for each in (data, kernel, result)]
    if None in layouts:
        return as_unknown(node)
    steps: list[Step] = []
    groups = node.integer("groups", default=1)
    kernel_shape = node.shape_of(1)
    kernel_sizes = [size for size in kernel_shape or () if isinstance(size, int)]
    if groups > 1 and kernel == "HWOI" and len(kernel_sizes) == 4:
        # of a depthwise kernel O are the groups and I the channels that each makes
        height, width, made, each = kernel_sizes
        name, layouts[1] = node.fresh("kernel"), "01IO"
        steps.append(
            node.step("reshape", operands[1:2], (name,), shape=(height, width, 1, made * each))
        )
        operands = (operands[0], name, *operands[2:])
    channels = node.attribute("channels")
    attributes = _window(node, spatial)
    default = layouts == [_digits(_CHANNELS_FIRST[spatial], spatial),
                          _digits(_KERNELS[spatial], spatial),
                          _digits(_CHANNELS_FIRST[spatial], spatial)]  # fmt: skip
    if not default:
        attributes |= {
            "data_layout": layouts[0], "kernel_layout": layouts[1], "result_layout": layouts[2],
        }  # fmt: skip
    steps.append(
        node.step(
            "convolution",
            operands,
            groups=groups,
            out_channels=channels if type(channels) is int else None,
            kernel=node.whole("kernel_size", 99) or None,
            element_type=element,
            **attributes,
        )
    )
    return steps


def convolution(spatial: int) -> Rule:
    """conv1d, conv2d, conv3d."""

    def rule(node: NativeTvmNode) -> list[Step]:
        return convolve(node, spatial, node.operands(0, 1), node.element("out_dtype"))

    return rule


def winograd(spatial: int) -> Rule:
    """A convolution whose kernel is transformed already: nothing but its result is known."""
    del spatial
    return as_unknown


def deformable(node: NativeTvmNode) -> list[Step]:
    """deformable_conv2d: the multiply-adds of a convolution; reading at offsets is left out."""
    return convolve(node, 2, (node.operand(0), node.operand(2), "", node.operand(1)), None)


def transposed(spatial: int) -> Rule:
    """conv1d_transpose to 3d: channels last are put first for it."""

    def rule(node: NativeTvmNode) -> list[Step]:
        data = node.text("data_layout", default="") or _CHANNELS_FIRST[spatial]
        kernel = node.text("kernel_layout", default="") or "IO" + _SPATIAL[spatial]
        if _digits(data, spatial) is None or _digits(kernel, spatial) is None:
            return as_unknown(node)
        steps, inputs = [], list(node.operands(0, 1))
        # the letters of kernels changed places between versions: IOHW and OIHW are one form
        wanted = {0: _CHANNELS_FIRST[spatial], 1: "IO" + _SPATIAL[spatial]}
        for place, layout in ((0, data), (1, kernel)):
            if layout.endswith(_SPATIAL[spatial]) or place >= len(inputs):
                continue
            name = node.fresh(f"moved{place}")
            order = tuple(layout.index(letter) for letter in wanted[place])
            steps.append(node.step("transpose", (inputs[place],), (name,), permutation=order))
            inputs[place] = name
        last = data.endswith("C")
        outputs = (node.fresh("result"),) if last else node.outputs
        channels = node.attribute("channels")
        steps.append(
            node.step(
                "convolution_transpose",
                tuple(inputs),
                outputs,
                groups=node.integer("groups", default=1),
                output_padding=_each(node, "output_padding", spatial),
                out_channels=channels if type(channels) is int else None,
                kernel=node.whole("kernel_size", 99) or None,
                **_window(node, spatial),
            )
        )
        if last:
            order = tuple(wanted[0].index(letter) for letter in data)
            steps.append(node.step("transpose", outputs, permutation=order))
        return steps

    return rule


def _layout(node: NativeTvmNode, spatial: int) -> tuple[bool, str | None]:
    """Whether a layout is one that can be told, and its digits where it is not the usual one."""
    stated = node.text("layout", default="") or _CHANNELS_FIRST[spatial]
    if stated == _CHANNELS_FIRST[spatial]:
        return True, None
    digits = _digits(stated, spatial)
    return digits is not None, digits


def pool(function: str, spatial: int) -> Rule:
    """max_pool and avg_pool."""

    def rule(node: NativeTvmNode) -> list[Step]:
        known, layout = _layout(node, spatial)
        kernel = _each(node, "pool_size", spatial)
        if not known or kernel is None:
            return as_unknown(node)
        return [
            node.step(
                "pool",
                node.operands(0),
                function=function,
                kernel=kernel,
                ceil_mode=node.flag("ceil_mode"),
                count_include_pad=node.flag("count_include_pad"),
                layout=layout,
                **_window(node, spatial),
            )
        ]

    return rule


def global_pool(function: str, spatial: int) -> Rule:
    """global_max_pool2d, global_avg_pool2d."""

    def rule(node: NativeTvmNode) -> list[Step]:
        known, layout = _layout(node, spatial)
        if not known:
            return as_unknown(node)
        return [node.step("global_pool", node.operands(0), function=function, layout=layout)]

    return rule


def adaptive_pool(function: str, spatial: int) -> Rule:
    """adaptive_avg_pool and adaptive_max_pool: windows that make up a stated size.

    Where they do not divide evenly they overlap; each has the size of the largest of them here.
    """

    def rule(node: NativeTvmNode) -> list[Step]:
        known, layout = _layout(node, spatial)
        wanted = _each(node, "output_size", spatial)
        if not known:
            return as_unknown(node)
        if wanted is not None and all(size == 1 for size in wanted):
            return [node.step("global_pool", node.operands(0), function=function, layout=layout)]
        letters = layout or "NC" + "0123456789"[:spatial]
        data = node.shape_of(0)
        if data is None or wanted is None or len(data) != len(letters):
            return as_unknown(node)
        sizes = [data[letters.index(str(place))] for place in range(spatial)]
        kernel, strides = [], []
        for before, after in zip(sizes, wanted, strict=True):
            if not isinstance(before, int) or not 0 < after <= before:
                return as_unknown(node)
            strides.append(before // after)
            kernel.append(before - (after - 1) * strides[-1])
        return [
            node.step(
                "pool",
                node.operands(0),
                function=function,
                kernel=tuple(kernel),
                strides=tuple(strides),
                layout=layout,
            )
        ]

    return rule


def pad(node: NativeTvmNode) -> list[Step]:
    """nn.pad, nn.mirror_pad: pairs of each dimension, or all numbers in one list (Relax)."""
    widths = node.plain("pad_width", 1)
    if not isinstance(widths, tuple):
        return as_unknown(node)
    numbers: list[int] = []
    for each in widths:
        numbers.extend(_whole_items(each if isinstance(each, tuple) else (each,), node))
    if len(numbers) % 2:
        raise node.refuse("an odd number of pads")
    word = node.text("pad_mode", "mode", default="constant").lower()
    mode = {"constant": "constant", "edge": "edge", "reflect": "reflect", "symmetric": "reflect",
            "circular": "wrap"}.get(word, "constant")  # fmt: skip
    low, high = tuple(numbers[::2]), tuple(numbers[1::2])
    return [node.step("pad", node.operands(0), padding_low=low, padding_high=high, mode=mode)]


def _whole_items(items: Iterable[object], node: NativeTvmNode) -> list[int]:
    found = [each for each in items if type(each) is int]
    if len(found) != len(list(items)):
        raise node.refuse("pads are not whole numbers")
    return found


_MODES: Final = {
    "nearest_neighbor": "nearest", "nearest": "nearest", "bilinear": "linear", "linear": "linear",
    "trilinear": "linear", "cubic": "cubic", "bicubic": "cubic", "BILINEAR": "linear",
    "NEAREST_NEIGHBOR": "nearest", "BICUBIC": "cubic",
}  # fmt: skip


def _mode(node: NativeTvmNode) -> str:
    return _MODES.get(node.text("method", default="linear"), "linear")


def resize(spatial: int) -> Rule:
    """image.resize and its kin: to a size that is stated."""

    def rule(node: NativeTvmNode) -> list[Step]:
        layout = node.text("layout", default="") or _CHANNELS_FIRST[spatial]
        size = node.whole("size", 1)
        data = node.shape_of(0)
        if _digits(layout, spatial) is None or size is None or data is None:
            return as_unknown(node)
        size = size * spatial if len(size) == 1 else size
        if len(data) != len(layout) or len(size) != spatial:
            return as_unknown(node)
        wanted = dict(zip(_SPATIAL[spatial], size, strict=True))
        sizes = [wanted.get(letter, data[place]) for place, letter in enumerate(layout)]
        if not all(isinstance(each, int) for each in sizes):
            return as_unknown(node)
        named = node.constant(tuple(int(each) for each in sizes), "i64")
        return [node.step("resize", (node.operand(0), "", "", named), mode=_mode(node))]

    return rule


def upsample(spatial: int) -> Rule:
    """nn.upsampling, nn.upsampling3d: by scales that are stated."""

    def rule(node: NativeTvmNode) -> list[Step]:
        layout = node.text("layout", default="") or _CHANNELS_FIRST[spatial]
        if _digits(layout, spatial) is None:
            return as_unknown(node)
        usual = float(node.integer("scale", default=1))
        names = {"D": "scale_d", "H": "scale_h", "W": "scale_w"}
        scales = tuple(
            float(node.number(names[letter], default=usual)) if letter in names else 1.0
            for letter in layout
        )
        mode = _MODES.get(node.text("method", default="nearest_neighbor"), "nearest")
        return [node.step("resize", node.operands(0), scales=scales, mode=mode)]

    return rule


def roi_align(node: NativeTvmNode) -> list[Step]:
    """vision.roi_align: regions of five numbers, the first of which is the image."""
    size = _each(node, "pooled_size", 2)
    if size is None or (node.text("layout", default="") or "NCHW") != "NCHW":
        return as_unknown(node)
    return [
        node.step(
            "roi_align",
            node.operands(0, 1),
            output_height=size[0],
            output_width=size[-1],
            sampling_ratio=max(node.integer("sample_ratio", default=0), 0),
        )
    ]


def blocks(operation: str) -> Rule:
    """depth_to_space, space_to_depth: channels last are put first for it."""

    def rule(node: NativeTvmNode) -> list[Step]:
        size = node.integer("block_size", default=0)
        if not 0 < size < 4096:
            raise node.refuse("attribute 'block_size' is not a positive number")
        if (node.text("layout", default="") or "NCHW") == "NCHW":
            return [node.step(operation, node.operands(0), blocksize=size)]
        moved, made = node.fresh("moved"), node.fresh("made")
        return [
            node.step("transpose", node.operands(0), (moved,), permutation=(0, 3, 1, 2)),
            node.step(operation, (moved,), (made,), blocksize=size),
            node.step("transpose", (made,), permutation=(0, 2, 3, 1)),
        ]

    return rule


def grid_sample(node: NativeTvmNode) -> list[Step]:
    """image.grid_sample."""
    return [node.step("grid_sample", node.operands(0, 1), mode=_mode(node))]
