"""Rules for operations that move elements and reckon sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.nnvm.translation.native import NativeNnvmNode, Sizes

Rule = Callable[[NativeNnvmNode], list[Step]]

_END: Final = (1 << 31) - 1
_REST, _JOIN, _SPLIT = -2, -3, -4
"""Numbers of reshape that stand for: all that is left, two taken together, one taken apart."""


def reshape(node: NativeNnvmNode) -> list[Step]:
    """reshape(data): 0 copies a size, -1 is what is left; -2 to -4 as MXNet has them."""
    wanted = node.sizes("shape")
    if min(wanted, default=0) >= -1:
        return [node.step("reshape", shape=wanted)]
    sizes = Sizes(node)
    parts, place, read = [], 0, 0
    while place < len(wanted):
        number = wanted[place]
        place += 1
        if number == _REST:
            parts.append(sizes.of(node.input(0), read))
            read = _END
        elif number == _JOIN:
            left, right = (sizes.of(node.input(0), at, at + 1) for at in (read, read + 1))
            parts.append(sizes.apply("multiply", left, right))
            read += 2
        elif number == _SPLIT:
            parts.append(sizes.numbers(*_take_apart(node, wanted[place : place + 2])))
            place, read = place + 2, read + 1
        elif number == 0:
            parts.append(sizes.of(node.input(0), read, read + 1))
            read += 1
        else:
            parts.append(sizes.numbers(number))
            read += 1
    shape = sizes.join(parts)
    return [*sizes.steps, node.step("reshape", (node.input(0), shape))]


def _take_apart(node: NativeNnvmNode, sizes: tuple[int, ...]) -> tuple[int, ...]:
    if len(sizes) != 2 or min(sizes) < -1 or 0 in sizes:
        raise node.refuse("attribute 'shape' takes a dimension apart into what are no two sizes")
    return sizes


def reshape_like(node: NativeNnvmNode) -> list[Step]:
    """reshape_like(data, like)."""
    sizes = Sizes(node)
    shape = sizes.of(node.input(1), 0)
    return [*sizes.steps, node.step("reshape", (node.input(0), shape))]


def expand_like(node: NativeNnvmNode) -> list[Step]:
    """expand_like(data, like): the axes are added, then it is repeated."""
    if node.flag("exclude"):
        return [node.step("unknown")]
    sizes = Sizes(node)
    shape, axes, value = sizes.of(node.input(1), 0), node.sizes("axis"), node.input(0)
    steps = list(sizes.steps)
    if axes:
        added = node.fresh("added")
        steps.append(node.step("unsqueeze", (value,), (added,), None, axes=axes))
        value = added
    return [*steps, node.step("expand", (value, shape))]


def broadcast_to(node: NativeNnvmNode) -> list[Step]:
    """broadcast_to(data): to a shape."""
    return [node.step("expand", (node.input(0), node.constant(node.sizes("shape"), "i64")))]


def slice_like(node: NativeNnvmNode) -> list[Step]:
    """slice_like(data, like): as long as the other along some axes."""
    axes = node.sizes("axis")
    if not axes or min(axes) < 0:
        return [node.step("unknown")]
    sizes = Sizes(node)
    ends = sizes.join([sizes.of(node.input(1), axis, axis + 1) for axis in axes])
    starts = node.constant((0,) * len(axes), "i64")
    operands = (node.input(0), starts, ends, node.constant(axes, "i64"))
    return [*sizes.steps, node.step("slice", operands)]


def strided_slice(node: NativeNnvmNode) -> list[Step]:
    """strided_slice(data): along the first dimensions."""
    begin, end, stride = node.sizes("begin"), node.sizes("end"), node.sizes("stride")
    count = len(begin)
    if not begin or len(end) != count or len(stride) > count:
        raise node.refuse("'begin', 'end' and 'stride' are of different lengths")
    return [
        node.step(
            "slice", starts=begin, ends=end, axes=tuple(range(count)),
            steps=stride + (1,) * (count - len(stride)),
        )
    ]  # fmt: skip


def split(node: NativeNnvmNode) -> list[Step]:
    """split(data): into equal parts, or before each of some places."""
    axis, stated = node.integer("axis", default=1), node.attribute("indices_or_sections")
    if isinstance(stated, int):
        return [node.step("split", axis=axis, num_outputs=stated)]
    places = node.sizes("indices_or_sections")
    if len(places) + 1 < len(node.outputs):
        raise node.refuse(f"{len(node.outputs)} results are read of {len(places) + 1}")
    spans = zip((0, *places), (*places, _END), node.outputs, strict=False)
    return [
        node.step("slice", None, (name,), None, starts=(start,), ends=(end,), axes=(axis,))
        for start, end, name in spans
        if name
    ]


def expand_dims(node: NativeNnvmNode) -> list[Step]:
    """expand_dims(data): ones before a dimension."""
    axis, count = node.integer("axis", default=0), node.integer("num_newaxis", default=1)
    if not 0 < count <= 64:
        raise node.refuse(f"{count} dimensions are added")
    first = axis if axis >= 0 else axis - count + 1
    return [node.step("unsqueeze", axes=tuple(range(first, first + count)))]


def squeeze(node: NativeNnvmNode) -> list[Step]:
    """squeeze(data)."""
    return [node.step("squeeze", axes=node.sizes("axis") or None)]


def transpose(node: NativeNnvmNode) -> list[Step]:
    """transpose(data)."""
    return [node.step("transpose", permutation=node.sizes("axes") or None)]


def flip(node: NativeNnvmNode) -> list[Step]:
    """flip(data)."""
    return [node.step("reverse", axes=(node.integer("axis", default=0),))]


def pad(node: NativeNnvmNode) -> list[Step]:
    """pad(data): pairs of numbers, one for each dimension."""
    stated = node.attribute("pad_width")
    pairs = stated if isinstance(stated, tuple) else ()
    low, high = [], []
    for pair in pairs:
        both = (pair, pair) if isinstance(pair, int) else pair
        if not isinstance(both, tuple) or len(both) != 2 or not all(type(n) is int for n in both):
            raise node.refuse("'pad_width' is not pairs of numbers")
        low.append(both[0])
        high.append(both[1])
    return [node.step("pad", padding_low=tuple(low), padding_high=tuple(high))]


def take(node: NativeNnvmNode) -> list[Step]:
    """take(data, indices): along an axis, or of all elements in a row."""
    if isinstance(node.attribute("axis"), int):
        return [node.step("gather", axis=node.integer("axis", default=0))]
    row = node.fresh("row")
    return [
        node.step("reshape", node.inputs[:1], (row,), None, shape=(-1,)),
        node.step("gather", (row, *node.inputs[1:]), axis=0),
    ]


def filled(node: NativeNnvmNode) -> list[Step]:
    """full, zeros, ones: of a shape."""
    shape = node.constant(node.sizes("shape"), "i64")
    return [node.step("constant_of_shape", (shape,), element_type=node.wanted_type() or "f32")]


def filled_like(node: NativeNnvmNode) -> list[Step]:
    """full_like, zeros_like, ones_like: of the shape of another."""
    sizes = Sizes(node)
    shape = sizes.of(node.input(0), 0)
    kind = node.element_type(0) or "f32"
    return [*sizes.steps, node.step("constant_of_shape", (shape,), element_type=kind)]


def arange(node: NativeNnvmNode) -> list[Step]:
    """arange: from, to, by."""
    kind = node.wanted_type() or "f32"
    start, step = (node.number(name, default=n) for name, n in (("start", 0.0), ("step", 1.0)))
    stop = node.attribute("stop")
    if not isinstance(stop, int | float):
        start, stop = 0.0, start
    return [node.step("range", tuple(node.constant(n, kind) for n in (start, float(stop), step)))]


def matmul(node: NativeNnvmNode) -> list[Step]:
    """matmul(left, right)."""
    left, right = node.flag("transpose_a"), node.flag("transpose_b")
    return [node.step("matmul", trans_a=left, trans_b=right)]


# ---- detection


def boxes(node: NativeNnvmNode) -> list[Step]:
    """multibox_prior(data): four numbers for each place and each size or ratio.

    ``MultiBoxPriorShape`` of nnvm/src/top/vision/ssd/mutibox_op.cc.
    """
    sizes = Sizes(node)
    count = max(len(node.numbers_of("sizes")) + len(node.numbers_of("ratios")) - 1, 1)
    area = sizes.apply("multiply", *(sizes.of(node.input(0), at, at + 1) for at in (2, 3)))
    all_of = sizes.apply("multiply", area, sizes.numbers(count))
    shape = sizes.join((sizes.numbers(1), all_of, sizes.numbers(4)))
    return [*sizes.steps, node.step("constant_of_shape", (shape,), element_type="f32")]


def found_boxes(node: NativeNnvmNode) -> list[Step]:
    """multibox_transform_loc(classes, places, anchors): six numbers for each anchor; how many."""
    sizes = Sizes(node)
    batch, anchors = sizes.of(node.input(0), 0, 1), sizes.of(node.input(0), 2, 3)
    shape = sizes.join((batch, anchors, sizes.numbers(6)))
    steps = [
        *sizes.steps,
        node.step("constant_of_shape", (shape,), (node.output(0),), None, element_type="f32"),
    ]
    if node.output(1):
        steps.append(
            node.step("constant_of_shape", (batch,), (node.output(1),), None, element_type="i32")
        )
    return steps
