"""Rules for operations that give elements other places or shapes, one for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue, Dimension
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.kit.cutting import read_cut
from cyborg_rr.readers.kit.opset.native import OpsetNode, Rule, chain, first, needing, unknown
from cyborg_rr.readers.kit.steps import Step

_MASKS: Final = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
_PAD_MODES: Final = {"constant": "constant", "edge": "edge", "reflect": "reflect",
                     "symmetric": "reflect"}  # fmt: skip


def reshape(node: OpsetNode) -> list[Step]:
    """Reshape(data, shape): a zero stands for the size before where it is special."""
    special = node.flag("special_zero")
    return [node.step("reshape", node.inputs[:2], allow_zero=not special)]


def _find_order(node: OpsetNode) -> tuple[int, ...] | None:
    """An order that leads from the one stated shape to the other, where the real one is absent."""
    before, after = node.shape(0), node.result().shape
    if before is None or after is None or len(before) != len(after):
        return None
    left: list[int] = list(range(len(before)))
    order = []
    for size in after:
        place = next((axis for axis in left if before[axis] == size), None)
        if place is None:
            return None
        left.remove(place)
        order.append(place)
    return tuple(order)


def transpose(node: OpsetNode) -> list[Step]:
    """Transpose(data, order): an empty order turns all of them round."""
    order = node.whole(1)
    if order is None:
        order = _find_order(node)
    if order is None:
        return unknown(node)
    return [node.step("transpose", node.inputs[:1], permutation=order or None)]


def squeeze(node: OpsetNode) -> list[Step]:
    """Squeeze(data, axes)."""
    axes = node.whole(1) if node.has_input(1) else None
    inputs = node.inputs[:1] if axes is not None else node.inputs[:2]
    return [node.step("squeeze", inputs, axes=axes)]


def concatenate(node: OpsetNode) -> list[Step]:
    """Concat."""
    if not node.has("axis"):
        raise node.refuse("attribute 'axis' is missing")
    return [node.step("concatenate", axis=node.integer("axis", default=0))]


def _find_axis(node: OpsetNode) -> int | None:
    """The dimension along which a result is shorter than the data, where none else says so."""
    before, after = node.shape(0), node.result().shape
    if before is None or after is None or len(before) != len(after):
        return None
    return next((axis for axis in range(len(before)) if before[axis] != after[axis]), None)


def _stated_lengths(node: OpsetNode, axis: int) -> tuple[int, ...] | None:
    """The sizes of the results along a dimension, where all of them are stated."""
    lengths = []
    for index in range(len(node.outputs)):
        shape = node.result(index).shape
        if shape is None or not -len(shape) <= axis < len(shape):
            return None
        lengths.append(shape[axis])
    return find_static(tuple(lengths))


def split(sizes: bool) -> Rule:
    """Split(data, axis), VariadicSplit(data, axis, sizes)."""

    def rule(node: OpsetNode) -> list[Step]:
        axis = node.one(1)
        axis = _find_axis(node) if axis is None else axis
        if axis is None:
            return unknown(node)
        if not sizes:
            count = node.integer("num_splits", default=len(node.outputs))
            return [node.step("split", node.inputs[:1], axis=axis, num_outputs=count)]
        lengths = node.whole(2) or _stated_lengths(node, axis)
        if lengths is None:
            return [node.step("split", (node.input(0), node.input(2)), axis=axis)]
        if -1 in lengths:
            total = node.shape(0)
            whole: Dimension | None = total[axis] if total and axis < len(total) else None
            if not isinstance(whole, int):
                return unknown(node)
            rest = whole - sum(size for size in lengths if size > 0)
            lengths = tuple(rest if size == -1 else size for size in lengths)
        return [node.step("split", node.inputs[:1], axis=axis, split=lengths)]

    return rule


def pad(node: OpsetNode) -> list[Step]:
    """Pad(data, before, behind, value)."""
    low, high = node.whole(1), node.whole(2)
    mode = _PAD_MODES.get(node.text("pad_mode", default="constant").lower(), "constant")
    if low is not None and high is not None:
        if len(low) != len(high):
            raise node.refuse("its pads before and behind do not fit together")
        inputs = (node.input(0), "", *node.inputs[3:4])
        return [node.step("pad", inputs, padding_low=low, padding_high=high, mode=mode)]
    both = node.fresh("pads")
    return [
        Step("concatenate", node.inputs[1:3], (both,), {"axis": 0}),
        node.step("pad", (node.input(0), both, *node.inputs[3:4]), mode=mode),
    ]


def slice_(node: OpsetNode) -> list[Step]:
    """Slice(data, begins, ends, strides, axes)."""
    data, begins, ends = node.inputs[:3]
    return [node.step("slice", (data, begins, ends, node.input(4), node.input(3)))]


def _mask(node: OpsetNode, name: str) -> tuple[int, ...]:
    return node.integers(f"{name}_mask") or ()


def strided_slice(node: OpsetNode) -> list[Step]:
    """StridedSlice(data, begins, ends, strides), whose masks are lists of zeros and ones."""
    begins, ends, rank = node.whole(1), node.whole(2), node.rank(0)
    strides = node.whole(3) if node.has_input(3) else (1,) * len(begins or ())
    masks = {name: _mask(node, name) for name in _MASKS}
    if begins is None or ends is None or strides is None or rank is None:
        if any(any(mask) for mask in masks.values()) or node.rank(1) is None:
            return _cut_as_stated(node)
        return [node.step("slice", (*node.inputs[:3], "", node.input(3)))]
    bits: dict[str, object] = {
        f"{name}_mask": sum(1 << place for place, flag in enumerate(mask) if flag)
        for name, mask in masks.items()
    }
    plain = replace(node, attributes={**node.attributes, **bits})
    cut = read_cut(plain, begins, ends, strides, rank)
    return chain(node, [(operation, (), attributes) for operation, attributes in cut.list_steps()])


def _cut_as_stated(node: OpsetNode) -> list[Step]:
    """A slice whose numbers are not known: of it the shape of the result is what is stated."""
    if node.rank(0) == len(node.result().shape or ()):
        return [node.step("slice", node.inputs[:2])]
    between = node.fresh("cut")
    return [
        node.step("slice", node.inputs[:2], (between,), node.stated(between)),
        Step("reshape", (between,), node.outputs[:1], {}),
    ]


def broadcast(node: OpsetNode) -> list[Step]:
    """Broadcast(data, shape, axes)."""
    mode = node.text("mode", default="numpy").lower()
    if mode not in ("explicit", "none") or not node.has_input(2):
        return [node.step("expand", node.inputs[:2])]
    axes = node.whole(2)
    if axes is None:
        return unknown(node)
    return [node.step("broadcast_in_dim", node.inputs[:2], broadcast_dimensions=axes)]


def block_size(operation: str) -> Rule:
    """DepthToSpace, SpaceToDepth."""

    def rule(node: OpsetNode) -> list[Step]:
        size = node.integer("block_size", default=1)
        return [node.step(operation, node.inputs[:1], blocksize=size)]

    return rule


def space_to_batch(node: OpsetNode) -> list[Step]:
    """SpaceToBatch(data, blocks, pads before, pads behind)."""
    data, blocks = node.static(0), node.whole(1)
    low, high = node.whole(2), node.whole(3)
    if data is None or blocks is None or low is None or high is None:
        return unknown(node)
    if not len(data) == len(blocks) == len(low) == len(high) or min(blocks, default=1) < 1:
        raise node.refuse("its blocks and pads do not fit its data")
    padded = [size + low[axis] + high[axis] for axis, size in enumerate(data)]
    if any(size % block for size, block in zip(padded, blocks, strict=True)):
        raise node.refuse("its blocks do not divide its data")
    split = tuple(n for size, b in zip(padded, blocks, strict=True) for n in (size // b, b))
    rank = len(data)
    order = (*range(1, 2 * rank, 2), *range(0, 2 * rank, 2))
    final = (
        padded[0] * _product(blocks),
        *(size // block for size, block in zip(padded[1:], blocks[1:], strict=True)),
    )
    pads: dict[str, AttributeValue] = {"padding_low": low, "padding_high": high}
    return chain(
        node,
        [
            ("pad", (), pads),
            ("reshape", (), {"shape": split, "allow_zero": True}),
            ("transpose", (), {"permutation": order}),
            ("reshape", (), {"shape": final, "allow_zero": True}),
        ],
    )


def batch_to_space(node: OpsetNode) -> list[Step]:
    """BatchToSpace(data, blocks, crops before, crops behind)."""
    data, blocks = node.static(0), node.whole(1)
    low, high = node.whole(2), node.whole(3)
    if data is None or blocks is None or low is None or high is None:
        return unknown(node)
    if not len(data) == len(blocks) == len(low) == len(high) or min(blocks, default=1) < 1:
        raise node.refuse("its blocks and crops do not fit its data")
    every = _product(blocks)
    if data[0] % every:
        raise node.refuse("its blocks do not divide its batch")
    rank = len(data)
    rest = (data[0] // every, *data[1:])
    order = tuple(place for axis in range(rank) for place in (rank + axis, axis))
    whole = tuple(size * block for size, block in zip(rest, blocks, strict=True))
    ends = tuple(size - cut for size, cut in zip(whole, high, strict=True))
    cut: dict[str, AttributeValue] = {"starts": low, "ends": ends, "axes": tuple(range(rank))}
    return chain(
        node,
        [
            ("reshape", (), {"shape": (*blocks, *rest), "allow_zero": True}),
            ("transpose", (), {"permutation": order}),
            ("reshape", (), {"shape": whole, "allow_zero": True}),
            ("slice", (), cut),
        ],
    )


def _product(numbers: tuple[int, ...]) -> int:
    total = 1
    for number in numbers:
        total *= number
    return total


def reverse(node: OpsetNode) -> list[Step]:
    """Reverse(data, axes)."""
    axes = node.whole(1)
    if axes is None or node.text("mode", default="index") != "index":
        return [node.step("reverse", node.inputs[:1])]
    return [node.step("reverse", node.inputs[:1], axes=axes)]


RULES: Final[Mapping[str, Rule]] = {
    "Reshape": needing(2, reshape),
    "Transpose": needing(1, transpose),
    "Squeeze": needing(1, squeeze),
    "Unsqueeze": first("unsqueeze", 2),
    "Concat": needing(1, concatenate),
    "Split": needing(2, split(sizes=False)),
    "VariadicSplit": needing(3, split(sizes=True)),
    "Pad": needing(3, pad),
    "Slice": needing(4, slice_),
    "StridedSlice": needing(3, strided_slice),
    "Broadcast": needing(2, broadcast),
    "Tile": first("tile", 2),
    "DepthToSpace": needing(1, block_size("depth_to_space")),
    "SpaceToDepth": needing(1, block_size("space_to_depth")),
    "SpaceToBatch": needing(4, space_to_batch),
    "BatchToSpace": needing(4, batch_to_space),
    "Reverse": needing(2, reverse),
    "ReverseSequence": first("reverse", 2),
    "ShuffleChannels": first("copy"),
    "Roll": first("copy"),
}
