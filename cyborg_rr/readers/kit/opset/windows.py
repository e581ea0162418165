"""Rules for operations that slide a window: convolutions, pools, and samples of regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.kit.opset.native import OpsetNode, Rule, needing, unknown
from cyborg_rr.readers.kit.steps import Step

_AUTO_PAD: Final = frozenset({"same_upper", "same_lower", "valid"})


def window(node: OpsetNode) -> dict[str, AttributeValue | None]:
    """What convolutions and pools say about their window."""
    auto_pad = node.text("auto_pad").lower()
    below = node.integers("pads_begin") or ()
    above = node.integers("pads_end") or ()
    if len(below) != len(above):
        raise node.refuse("its pads before and behind do not fit together")
    padding = tuple(size for pair in zip(below, above, strict=True) for size in pair)
    named = auto_pad if auto_pad in _AUTO_PAD else None
    return {
        "strides": node.integers("strides") or None,
        "dilations": node.integers("dilations") or None,
        "padding": None if named else padding or None,
        "auto_pad": named,
    }


def _regroup(node: OpsetNode, kernel: str, forward: bool) -> tuple[list[Step], int]:
    """The kernel without its leading dimension of groups, and how many there are."""
    shape = node.static(1)
    if shape is None or len(shape) < 3:
        raise node.refuse("the shape of its kernel is not stated, or has no groups")
    groups = shape[0]
    flat = (groups * shape[1], *shape[2:])
    step = Step(
        "reshape", (node.input(1),), (kernel,), {"shape": flat, "allow_zero": True},
        node.stated(kernel, flat),
    )  # fmt: skip
    return [step], groups


def convolution(node: OpsetNode) -> list[Step]:
    """Convolution(data, kernel)."""
    group = node.integer("group", default=1)
    return [node.step("convolution", node.inputs[:2], groups=group, **window(node))]


def group_convolution(node: OpsetNode) -> list[Step]:
    """GroupConvolution: the kernel has a leading dimension of groups."""
    kernel = node.fresh("kernel")
    steps, groups = _regroup(node, kernel, forward=True)
    inputs = (node.input(0), kernel)
    return [*steps, node.step("convolution", inputs, groups=groups, **window(node))]


def deformable_convolution(node: OpsetNode) -> list[Step]:
    """DeformableConvolution(data, offsets, kernel, mask): reading at offsets is left out."""
    inputs = (node.input(0), node.input(2), "", node.input(1), *node.inputs[3:4])
    group = node.integer("group", default=1)
    return [node.step("convolution", inputs, groups=group, **window(node))]


def _transposed(node: OpsetNode, kernel: str, groups: int) -> Step:
    return node.step(
        "convolution_transpose",
        (node.input(0), kernel),
        groups=groups,
        output_padding=node.integers("output_padding") or None,
        output_shape=node.whole(2) if node.has_input(2) else None,
        **window(node),
    )


def transposed_convolution(node: OpsetNode) -> list[Step]:
    """ConvolutionBackpropData(data, kernel, spatial shape of the result)."""
    return [_transposed(node, node.input(1), 1)]


def group_transposed_convolution(node: OpsetNode) -> list[Step]:
    """GroupConvolutionBackpropData: the kernel has a leading dimension of groups."""
    kernel = node.fresh("kernel")
    steps, groups = _regroup(node, kernel, forward=False)
    return [*steps, _transposed(node, kernel, groups)]


def round_up(
    node: OpsetNode, kernel: tuple[int, ...], found: dict[str, AttributeValue | None]
) -> dict[str, AttributeValue | None]:
    """The window with pads behind that let it slide as often as rounding up demands.

    The last window may begin behind the data, which it may not where rounding is PyTorch's.
    """
    data, rank = node.static(0), len(kernel)
    if data is None or len(data) != rank + 2 or found["auto_pad"] is not None:
        return {**found, "ceil_mode": True}
    strides = _numbers(found["strides"], rank, 1)
    dilations, pads = _numbers(found["dilations"], rank, 1), _numbers(found["padding"], 2 * rank, 0)
    if strides is None or dilations is None or pads is None or min(strides) < 1:
        return {**found, "ceil_mode": True}
    padding: list[int] = []
    for axis, size in enumerate(data[2:]):
        low, high = pads[2 * axis : 2 * axis + 2]
        reach = dilations[axis] * (kernel[axis] - 1) + 1
        steps = -(-(size + low + high - reach) // strides[axis])
        padding.extend((low, max(steps * strides[axis] + reach - size - low, high)))
    return {**found, "padding": tuple(padding), "ceil_mode": False}


def _numbers(found: object, count: int, usual: int) -> tuple[int, ...] | None:
    """A list of so many numbers; None where it has another length."""
    if found is None:
        return (usual,) * count
    numbers = (
        tuple(each for each in found if isinstance(each, int)) if isinstance(found, tuple) else ()
    )
    return numbers if len(numbers) == count else None


def pool(function: str) -> Rule:
    """MaxPool, AvgPool."""

    def rule(node: OpsetNode) -> list[Step]:
        kernel = node.integers("kernel")
        if not kernel:
            raise node.refuse("attribute 'kernel' is missing")
        rounding = node.text("rounding_type", default="floor").lower()
        excluded = node.text("exclude-pad", "exclude_pad", default="true").lower()
        found = {**window(node), "ceil_mode": rounding.startswith("ceil")}
        if rounding == "ceil":
            found = round_up(node, kernel, found)
        included = function == "average" and excluded in ("false", "0")
        inputs = node.inputs[:1]
        return [
            node.step(
                "pool", inputs, function=function, kernel=kernel, count_include_pad=included,
                **found,
            )
        ]  # fmt: skip

    return rule


def adaptive(function: str) -> Rule:
    """AdaptiveAvgPool, AdaptiveMaxPool: windows of one size where the data divides evenly."""

    def rule(node: OpsetNode) -> list[Step]:
        data, wanted = node.static(0), node.whole(1)
        if data is None or not wanted or len(wanted) != len(data) - 2 or min(wanted) < 1:
            return unknown(node)
        if any(size % count for size, count in zip(data[2:], wanted, strict=True)):
            return unknown(node)
        kernel = tuple(size // count for size, count in zip(data[2:], wanted, strict=True))
        if min(kernel) < 1:
            return unknown(node)
        return [
            node.step(
                "pool", node.inputs[:1], function=function, kernel=kernel, strides=kernel,
                count_include_pad=False, ceil_mode=False,
            )
        ]  # fmt: skip

    return rule


def roi_align(node: OpsetNode) -> list[Step]:
    """ROIAlign."""
    return [
        node.step(
            "roi_align",
            node.inputs[:3],
            output_height=node.integer("pooled_h", default=1),
            output_width=node.integer("pooled_w", default=1),
            sampling_ratio=node.integer("sampling_ratio", default=0),
            mode=node.text("mode", default="avg"),
        )
    ]


def grid_sample(node: OpsetNode) -> list[Step]:
    """GridSample."""
    mode = node.text("mode", default="bilinear").removeprefix("bi")
    return [node.step("grid_sample", node.inputs[:2], mode=mode)]


def _mode(node: OpsetNode) -> str:
    mode = node.text("mode", default="nearest")
    return next((word for word in ("nearest", "cubic") if word in mode), "linear")


def interpolate(node: OpsetNode) -> list[Step]:
    """Interpolate: of version 1 with a shape alone, of 4 with shape and scales, of 11 with one."""
    pads = (node.integers("pads_begin") or (), node.integers("pads_end") or ())
    if any(any(each) for each in pads):
        return unknown(node)
    by_scales = node.text("shape_calculation_mode", default="sizes") == "scales"
    if node.has("axes"):
        axes, sizes, scales = node.integers("axes"), node.input(1), ""
    elif node.version >= 11:
        axes = node.whole(2) if node.has_input(2) else None
        sizes, scales = ("", node.input(1)) if by_scales else (node.input(1), "")
    else:
        axes = node.whole(3) if node.has_input(3) else None
        sizes, scales = ("", node.input(2)) if by_scales else (node.input(1), "")
    if axes is None and node.has_input(2 if node.version >= 11 else 3):
        return unknown(node)
    inputs = (node.input(0), "", scales, sizes) if sizes else (node.input(0), "", scales)
    return [node.step("resize", inputs, axes=axes, mode=_mode(node))]


RULES: Final[Mapping[str, Rule]] = {
    "Convolution": needing(2, convolution),
    "BinaryConvolution": needing(2, convolution),
    "GroupConvolution": needing(2, group_convolution),
    "DeformableConvolution": needing(3, deformable_convolution),
    "ConvolutionBackpropData": needing(2, transposed_convolution),
    "GroupConvolutionBackpropData": needing(2, group_transposed_convolution),
    "MaxPool": needing(1, pool("max")),
    "AvgPool": needing(1, pool("average")),
    "AdaptiveAvgPool": needing(2, adaptive("average")),
    "AdaptiveMaxPool": needing(2, adaptive("max")),
    "ROIAlign": needing(3, roi_align),
    "GridSample": needing(2, grid_sample),
    "Interpolate": needing(2, interpolate),
}
