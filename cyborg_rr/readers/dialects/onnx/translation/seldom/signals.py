"""Rules for signals, images and texts: windows, transforms in frames, grids, words."""

from __future__ import annotations

import math

from cyborg_rr.domain.graph.graph import Shape, TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode, Rule
from cyborg_rr.readers.dialects.onnx.translation.rules import element_type_attribute
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step


def _whole(node: NativeOnnxNode, index: int) -> tuple[int, ...] | None:
    """Whole numbers that are stored for an input."""
    values = node.values(index)
    if values is None or not all(isinstance(value, int) for value in values):
        return None
    return tuple(int(value) for value in values)


def window(terms: int) -> Rule:
    """HannWindow, HammingWindow, BlackmanWindow: a sum of so many cosines and a number."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        element_type = element_type_attribute(node, "output_datatype") or "f32"
        count, places, angles, total = (
            node.fresh(word) for word in ("count", "places", "angles", "total")
        )
        factor = node.scope.constant(math.tau, element_type)
        steps = [
            node.step("unsqueeze", (node.input(0),), (count,), axes=(0,)),
            node.step("iota", (count,), (places,), axis=0, element_type=element_type),
            node.step("multiply", (places, factor), (angles,)),
        ]
        for place in range(terms):
            cosine, scaled = node.fresh(f"cosine{place}"), node.fresh(f"scaled{place}")
            result = node.output(0) if place == terms - 1 else node.fresh(f"sum{place}")
            before = total if place else node.scope.constant(0.5, element_type)
            steps += [
                node.step("cosine", (angles,), (cosine,)),
                node.step("multiply", (cosine, node.scope.constant(0.5, element_type)), (scaled,)),
                node.step("subtract", (before, scaled), (result,)),
            ]
            total = result
        return steps

    return rule


def mel_weights(node: NativeOnnxNode) -> list[Step]:
    """MelWeightMatrix: of stored sizes; one slope upwards and one downwards for each band."""
    bands, length = _whole(node, 0), _whole(node, 1)
    if not bands or not length:
        return unknown(node)
    element_type = element_type_attribute(node, "output_datatype") or "f32"
    shape = (length[0] // 2 + 1, bands[0])
    if min(shape) < 1:
        raise node.refuse("it has no bands or no spectrum")
    places, slope, low = (node.fresh(word) for word in ("places", "slope", "low"))
    number = node.scope.constant(1.0, element_type)
    return [
        node.step("iota", (), (places,), shape=shape, axis=0, element_type=element_type),
        node.step("subtract", (places, number), (low,)),
        node.step("divide", (low, number), (slope,)),
        node.step("clamp", (slope,), minimum=0.0, maximum=1.0),
    ]


def short_time_transform(node: NativeOnnxNode) -> list[Step]:
    """STFT: overlapping frames, each under a window, each transformed."""
    shape, step, window_shape = find_static(node.shape(0)), _whole(node, 1), node.shape(2)
    length = _whole(node, 3)
    width = length[0] if length else window_shape[0] if window_shape else None
    if shape is None or len(shape) not in (2, 3) or not step or not isinstance(width, int):
        return unknown(node)
    if step[0] < 1 or not 0 < width <= shape[1]:
        raise node.refuse("its frames do not fit the signal")
    count = (shape[1] - width) // step[0] + 1
    parts = shape[2] if len(shape) == 3 else 1
    places, frames = node.fresh("places"), node.fresh("frames")
    data, steps = node.input(0), []
    if len(shape) == 2:
        data = node.fresh("signal")
        steps.append(node.step("unsqueeze", (node.input(0),), (data,), axes=(-1,)))
    steps += [
        node.step("iota", (), (places,), shape=(count, width), axis=1, element_type="i64"),
        node.step("gather", (data, places), (frames,), axis=1),
    ]
    if node.input(2):
        row, seen = node.fresh("row"), node.fresh("seen")
        steps.append(node.step("unsqueeze", (node.input(2),), (row,), axes=(-1,)))
        steps.append(node.step("multiply", (frames, row), (seen,)))
        frames = seen
    onesided = node.flag("onesided", default=True) and parts == 1
    return [*steps, node.step("fft", (frames,), axis=2, onesided=onesided)]


def affine_grid(node: NativeOnnxNode) -> list[Step]:
    """AffineGrid: each place of a grid, with a 1 behind, times a matrix."""
    size = _whole(node, 1)
    if size is None or len(size) not in (4, 5) or min(size) < 1:
        return unknown(node)
    dimensions = len(size) - 2
    element_type = node.element_type(0) or "f32"
    places, grid = node.fresh("places"), node.fresh("grid")
    return [
        node.step("iota", (), (places,), shape=(math.prod(size[2:]), dimensions + 1),
                  axis=0, element_type=element_type),
        node.step("matmul", (places, node.input(0)), (grid,), trans_b=True),
        node.step("reshape", (grid,), shape=(size[0], *size[2:], dimensions)),
    ]  # fmt: skip


def columns_to_image(node: NativeOnnxNode) -> list[Step]:
    """Col2Im: blocks added where they lie in an image."""
    image, block, shape = _whole(node, 1), _whole(node, 2), node.shape(0)
    if image is None or not block or shape is None or len(shape) != 3 or min(block) < 1:
        return unknown(node)
    if len(image) != len(block):
        raise node.refuse("its image and its blocks differ in dimensions")
    channels = shape[1] // math.prod(block) if isinstance(shape[1], int) else None
    if not isinstance(shape[0], int) or channels is None:
        return unknown(node)
    element_type = node.element_type(0) or "f32"
    return _scattered(node, (shape[0], channels, *image), element_type, "add")


def _scattered(
    node: NativeOnnxNode, shape: tuple[int, ...], element_type: str, reduction: str
) -> list[Step]:
    """The first input written to places of a tensor of zeros."""
    zeros, places = node.fresh("zeros"), node.fresh("places")
    zero = node.scope.constant(0.0, element_type)
    return [
        node.step("broadcast_in_dim", (zero,), (zeros,), shape=shape, broadcast_dimensions=()),
        node.step("shape_of", (node.input(0),), (places,)),
        node.step("scatter", (zeros, places, node.input(0)), operands=1, reduction=reduction),
    ]


def unpool(node: NativeOnnxNode) -> list[Step]:
    """MaxUnpool: each element back to where it was found."""
    shape, kernel = find_static(node.shape(0)), node.integers("kernel_shape")
    if shape is None or kernel is None or len(kernel) != len(shape) - 2:
        return unknown(node)
    result = _whole(node, 2) if node.input(2) else _unpooled(node, shape, kernel)
    if result is None or len(result) != len(shape) or min(result) < 0:
        return unknown(node)
    return _scattered(node, result, node.element_type(0) or "f32", "none")


def _unpooled(
    node: NativeOnnxNode, shape: tuple[int, ...], kernel: tuple[int, ...]
) -> tuple[int, ...] | None:
    """The sizes before a pooling, which may have left out a rest."""
    count = len(kernel)
    strides = node.integers("strides") or (1,) * count
    pads = node.integers("pads") or (0,) * (2 * count)
    if len(strides) != count or len(pads) != 2 * count:
        return None
    sizes = [
        (shape[axis + 2] - 1) * strides[axis] + kernel[axis] - pads[axis] - pads[axis + count]
        for axis in range(count)
    ]
    return (*shape[:2], *sizes)


def crop_or_pad(node: NativeOnnxNode) -> list[Step]:
    """CenterCropPad: the middle of what is too long; zeros around what is too short."""
    shape, wanted = node.shape(0), _whole(node, 1)
    if shape is None or wanted is None:
        return unknown(node)
    axes = node.integers("axes") or tuple(range(len(shape)))
    if len(axes) != len(wanted) or any(not -len(shape) <= axis < len(shape) for axis in axes):
        raise node.refuse("its axes and its shape do not fit together")
    starts, ends, low, high = [], [], [0] * len(shape), [0] * len(shape)
    for axis, size in zip(axes, wanted, strict=True):
        there = shape[axis]
        if not isinstance(there, int) or size < 0:
            return unknown(node)
        first = max(there - size, 0) // 2
        starts.append(first)
        ends.append(first + min(there, size))
        missing = max(size - there, 0)
        low[axis], high[axis] = missing // 2, missing - missing // 2
    cut = node.fresh("cut") if any(low) or any(high) else node.output(0)
    steps = [
        node.step("slice", (node.input(0),), (cut,), starts=tuple(starts), ends=tuple(ends),
                  axes=axes)
    ]  # fmt: skip
    if cut != node.output(0):
        steps.append(
            node.step("pad", (cut,), mode="constant", padding_low=tuple(low),
                      padding_high=tuple(high))
        )  # fmt: skip
    return steps


def determinant(node: NativeOnnxNode) -> list[Step]:
    """Det: triangular factors, and the product of what stands on the diagonal."""
    shape = node.shape(0)
    if shape is None or len(shape) < 2:
        return unknown(node)
    factors, rows, diagonal = (node.fresh(word) for word in ("factors", "rows", "diagonal"))
    stated = {diagonal: TensorType(node.element_type(0), shape[:-1])}
    places = node.fresh("places")
    steps = [node.step("lu", (node.input(0),), (factors, rows))]
    if not isinstance(shape[-1], int):
        return unknown(node)
    steps += [
        node.step("iota", (), (places,), shape=(shape[-1], 1), axis=0, element_type="i64"),
        *_diagonal(node, factors, places, diagonal, shape, stated),
    ]
    axes = (len(shape) - 2,)
    product = node.step("reduce", (diagonal,), function="prod", axes=axes, keep_dimensions=False)
    return [*steps, product]


def _diagonal(
    node: NativeOnnxNode,
    factors: str,
    places: str,
    diagonal: str,
    shape: Shape,
    stated: dict[str, TensorType],
) -> list[Step]:
    """An element of each row."""
    wide, column = node.fresh("wide"), node.fresh("column")
    rank = len(shape)
    sizes = find_static(shape)
    if sizes is None:
        return [node.step("gather", (factors, places), (diagonal,), stated, axis=rank - 1)]
    return [
        node.step("broadcast_in_dim", (places,), (wide,), shape=(*sizes[:-1], 1),
                  broadcast_dimensions=(rank - 2, rank - 1)),
        node.step("gather_elements", (factors, wide), (column,), axis=rank - 1),
        node.step("squeeze", (column,), (diagonal,), axes=(rank - 1,)),
    ]  # fmt: skip


def multinomial(node: NativeOnnxNode) -> list[Step]:
    """Multinomial: classes drawn by their unnormalised logarithms, row by row."""
    shape = node.shape(0)
    element_type = element_type_attribute(node, "dtype") or "i32"
    count = node.integer("sample_size", default=1)
    if shape is None or len(shape) != 2 or not isinstance(shape[0], int):
        return unknown(node)
    return [node.step("random", (), shape=(shape[0], count), element_type=element_type)]


def normalize_texts(node: NativeOnnxNode) -> list[Step]:
    """StringNormalizer: other cases, and words that are left out."""
    return [node.step("text_filter" if node.attribute("stopwords") else "text_map")]


def ngrams(node: NativeOnnxNode) -> list[Step]:
    """TfIdfVectorizer: as many numbers as the largest index says."""
    indexes = node.attribute("ngram_indexes")
    if not isinstance(indexes, tuple) or not indexes:
        return unknown(node)
    return [node.step("count_ngrams", length=max(node.integers("ngram_indexes") or ()) + 1)]
