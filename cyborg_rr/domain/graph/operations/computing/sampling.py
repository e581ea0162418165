"""Values between the elements, found by interpolation: resizing and picking from regions.

A sample mixes all neighbours around it at once, as ONNX defines N-linear and N-cubic: 2 or 4 along
each dimension, multiplied. Going one dimension after the other takes fewer steps; whether a kernel
does is its own affair. Finding the place and the weights is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import ne

from cyborg_rr.domain.graph.bounds import Bounded, bound
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.declaring.axes import AXES
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import ANY, Contradiction, find_static, normalise_axes


def _mix(neighbours: int, dimensions: int) -> int:
    """Flops of one sample between so many neighbours along each of so many dimensions.

    Each is multiplied with its weight and added up; where only the nearest is picked, none is.
    """
    return 2 * neighbours**dimensions if dimensions else 0


def _neighbours(node: TypedNode) -> int:
    """Elements along a dimension that a sample is mixed of, by the mode."""
    return {"nearest": 0, "cubic": 4}.get(node.text("mode"), 2)


def _resize(node: TypedNode) -> Sequence[TensorType]:
    """Sizes are stated, or follow from scales (rounded down, as ONNX has it)."""
    shape = node.shape()
    if shape is None:
        return (tensor(node.element_type(), None),)
    axes = node.integers("axes")
    touched = tuple(range(len(shape))) if axes is None else normalise_axes(axes, len(shape))
    result: list[Dimension] = list(shape)
    sizes = node.dimensions_at(3)
    scales = node.numbers("scales", 2)
    if sizes:
        wanted: Sequence[Dimension] = _keep_aspect(node, [shape[axis] for axis in touched], sizes)
    elif scales:
        if len(scales) != len(touched):
            raise Contradiction(f"{len(scales)} scales do not fit {len(touched)} dimensions")
        wanted = [_scaled(shape[axis], scale) for axis, scale in zip(touched, scales, strict=True)]
    else:
        wanted = (ANY,) * len(touched)
    if len(wanted) != len(touched):
        raise Contradiction(f"{len(wanted)} sizes do not fit {len(touched)} dimensions")
    for axis, size in zip(touched, wanted, strict=True):
        result[axis] = size
    return (tensor(node.element_type(), result),)


def _keep_aspect(
    node: TypedNode, before: Sequence[Dimension], sizes: Sequence[Dimension]
) -> Sequence[Dimension]:
    """Sizes as bounds: one factor for all dimensions, the smallest or the largest that is asked."""
    policy = node.text("keep_aspect_ratio_policy")
    if policy == "stretch" or len(before) != len(sizes):
        return sizes
    old, new = find_static(tuple(before)), find_static(tuple(sizes))
    if old is None or new is None or 0 in old:
        return (ANY,) * len(sizes)
    from fractions import Fraction  # 3 ms that few models need

    factors = [Fraction(after, size) for size, after in zip(old, new, strict=True)]
    factor = min(factors) if policy == "not_larger" else max(factors)
    return [math.floor(size * factor + Fraction(1, 2)) for size in old]


def _scaled(size: Dimension, scale: float) -> Dimension:
    if isinstance(size, str):
        if scale == 1 or not isinstance(size, Bounded):
            return size if scale == 1 else ANY
        return bound(math.floor(size.most * scale + 1e-6))
    return math.floor(size * scale + 1e-6)  # a scale in single precision may be a hair short


def _resize_cost(node: TypedNode) -> Cost:
    """One sample per element of the result, between the elements along what changes its size."""
    before, after = node.shape() or (), node.results[0].shape or ()
    changed = sum(map(ne, before, after))
    return Cost(0, _mix(_neighbours(node), changed) * node.result_elements())


def _roi_align(node: TypedNode) -> Sequence[TensorType]:
    shape, regions = node.shape(0), node.shape(1)
    if shape is None or regions is None or len(shape) != 4:
        return (tensor(node.element_type(), None),)
    height, width = node.integer("output_height"), node.integer("output_width")
    return (tensor(node.element_type(), (regions[0], shape[1], height, width)),)


def _roi_align_cost(node: TypedNode) -> Cost:
    """Ratio squared samples per element of a tile.

    A ratio of 0 takes as many rows and columns of samples as of data lie below an element. That
    depends on the regions, which are data, so it counts as 1, the least that it can be.
    """
    samples = max(node.integer("sampling_ratio"), 1) ** 2
    return Cost(0, node.result_elements() * samples * _mix(2, 2))


def _grid_sample(node: TypedNode) -> Sequence[TensorType]:
    shape, grid = node.shape(0), node.shape(1)
    if shape is None or grid is None:
        return (tensor(node.element_type(), None),)
    return (tensor(node.element_type(), (*shape[:2], *grid[1:-1])),)


def _grid_sample_cost(node: TypedNode) -> Cost:
    """One sample per element of the result, between the elements along all but batch, channel."""
    spatial = (node.results[0].shape or ())[2:]
    return Cost(0, _mix(_neighbours(node), len(spatial)) * node.result_elements())


_MODE = Attribute("mode", "text", "nearest, linear or cubic")

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "resize",
        kind="movement",
        summary="An image or signal of another size.",
        operands=(
            DATA,
            Operand("region", "the part that is resized", optional=True),
            Operand("scales", "a factor for each dimension", optional=True),
            Operand("sizes", "the sizes of the result", optional=True),
        ),
        attributes=(
            AXES.having(meaning="dimensions that change; absent: all", source="ONNX Resize"),
            _MODE.having(default="nearest", source="ONNX Resize, Upsample"),
            Attribute(
                "keep_aspect_ratio_policy",
                "text",
                "stretch, or how one factor follows from the sizes: not_larger, not_smaller",
                default="stretch",
                source="ONNX Resize",
            ),
            Attribute(
                "scales",
                "numbers",
                "a factor for each dimension; absent: the value of operand 2",
                source="ONNX Upsample before 9",
            ),
        ),
        shape=_resize,
        cost=_resize_cost,
    ),
    Operation(
        "roi_align",
        kind="other",
        summary="Regions of images, each sampled into a tile of one size.",
        operands=(
            Operand("data", "images (N, C, H, W)"),
            Operand("regions", "corners of each region (R, 4)"),
            Operand("batch_indices", "the image that each region lies in (R)", optional=True),
        ),
        attributes=(
            Attribute("output_height", "integer", "rows of a tile", 1, "ONNX RoiAlign"),
            Attribute("output_width", "integer", "columns of a tile", 1, "ONNX RoiAlign"),
            Attribute(
                "sampling_ratio",
                "integer",
                "samples per row and column of each element; 0: as many as data lies below it",
                default=0,
                source="ONNX RoiAlign",
            ),
            Attribute(
                "mode",
                "text",
                "how the samples of an element combine: avg or max",
                default="avg",
                source="ONNX RoiAlign",
                kept="both take one step for each sample",
            ),
        ),
        shape=_roi_align,
        cost=_roi_align_cost,
    ),
    Operation(
        "grid_sample",
        kind="other",
        summary="Samples of an image at the places that a grid names.",
        operands=(
            Operand("data", "images (N, C, ...)"),
            Operand("grid", "places (N, ..., 2 or 3)"),
        ),
        attributes=(_MODE.having(default="linear", source="ONNX GridSample"),),
        shape=_grid_sample,
        cost=_grid_sample_cost,
    ),
)
