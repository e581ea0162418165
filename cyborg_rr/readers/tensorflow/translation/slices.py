"""StridedSlice, whose masks say what to make of each entry of its three lists."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.readers.kit.cutting import LAST, read_cut
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tensorflow.translation.native import NativeTensorflowNode, chain


def strided_slice(node: NativeTensorflowNode) -> list[Step]:
    """StridedSlice(data, begin, end, strides)."""
    lists = [node.whole(index) for index in (1, 2, 3)]
    begin, end, strides = lists
    if begin is None or strides is None:
        return [node.step("slice", node.inputs[:2])]
    if end is None:
        taken = node.integer("shrink_axis_mask", default=0)
        skipped = node.integer("end_mask", default=0) | taken
        if any(not skipped >> place & 1 for place in range(len(begin))):
            return unknown(node) if taken else _cut_until(node, begin, strides)
        end = begin
    return chain(node, *read_cut(node, begin, end, strides).list_steps())


def _cut_until(
    node: NativeTensorflowNode, begin: tuple[int, ...], strides: tuple[int, ...]
) -> list[Step]:
    """A cut whose ends are reckoned, as in ``table[:length]``; whole dimensions are left out.

    Ends are taken from the operand where those that count lie side by side.
    """
    masks = [
        node.integer(f"{name}_mask", default=0) for name in ("begin", "end", "ellipsis", "new_axis")
    ]
    axes = [place for place in range(len(begin)) if not masks[1] >> place & 1]
    apart = axes != list(range(axes[0], axes[-1] + 1))
    others = [place for place in range(len(begin)) if place not in axes]
    cut = any(strides[n] != 1 or (begin[n] and not masks[0] >> n & 1) for n in others)
    if apart or cut or masks[2] or masks[3] or len(begin) != len(strides) or 0 in strides:
        return [node.step("slice", node.inputs[:2])]
    if any(strides[axis] < 0 and masks[0] >> axis & 1 for axis in axes):
        return [node.step("slice", node.inputs[:2])]
    ends = node.fresh("ends")
    stated = {ends: TensorType(None, (len(axes),))}
    within: dict[str, AttributeValue] = {
        "starts": (axes[0],), "ends": (axes[-1] + 1,), "axes": (0,),
    }  # fmt: skip
    starts = tuple(0 if masks[0] >> axis & 1 else begin[axis] for axis in axes)
    steps = tuple(strides[axis] for axis in axes)
    return [
        Step("slice", (node.input(2),), (ends,), within, stated),
        node.step("slice", (node.input(0), "", ends), starts=starts, axes=tuple(axes), steps=steps),
    ]


def slice_(node: NativeTensorflowNode) -> list[Step]:
    """Slice(data, begin, size): a size of -1 takes the rest."""
    begin, size = node.whole(1), node.whole(2)
    if begin is not None and size is not None:
        if len(begin) != len(size):
            raise node.refuse("its begins and its sizes do not fit together")
        ends = tuple(LAST if n < 0 else b + n for b, n in zip(begin, size, strict=True))
        return [node.step("slice", node.inputs[:1], starts=begin, ends=ends)]
    if size is not None and all(each >= 0 for each in size):
        return [node.step("dynamic_slice", node.inputs[:2], slice_sizes=size)]
    return [node.step("slice", node.inputs[:2])]
