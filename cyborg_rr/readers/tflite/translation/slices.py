"""STRIDED_SLICE, whose masks say what to make of each entry of its three lists."""

from __future__ import annotations

from dataclasses import dataclass, field

from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tflite.translation.native import NativeTfliteNode

_LAST = 2**31 - 1


@dataclass(slots=True)
class _Cut:
    """What is taken along each dimension; dimensions that go, and that come (of the result)."""

    axes: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    inserted: list[int] = field(default_factory=list)


def strided_slice(node: NativeTfliteNode) -> list[Step]:
    """STRIDED_SLICE(data, begin, end, strides)."""
    lists, rank = [node.whole(index) for index in (1, 2, 3)], node.rank(0)
    begin, end, strides = lists
    if rank is None or begin is None or end is None or strides is None:
        return [node.step("slice", node.inputs[:2])]
    if not len(begin) == len(end) == len(strides) or 0 in strides:
        raise node.refuse("its begins, ends and strides do not fit together")
    cut = _read(node, rank, (begin, end, strides))
    whole = (tuple(cut.starts), tuple(cut.ends), tuple(cut.axes), tuple(cut.steps))
    steps = [node.step("slice", node.inputs[:1], None, None, starts=whole[0], ends=whole[1],
                       axes=whole[2], steps=whole[3])]  # fmt: skip
    if cut.dropped:
        steps.append(node.step("squeeze", axes=tuple(cut.dropped)))
    if cut.inserted:
        steps.append(node.step("unsqueeze", axes=tuple(cut.inserted)))
    return _chain(node, steps)


def _chain(node: NativeTfliteNode, steps: list[Step]) -> list[Step]:
    """Each step on what the one before yields."""
    chained, source = [], node.input(0)
    for place, step in enumerate(steps):
        last = place == len(steps) - 1
        target = node.output(0) if last else node.fresh(f"cut{place}")
        chained.append(Step(step.operation, (source,), (target,), step.attributes))
        source = target
    return chained


def _read(node: NativeTfliteNode, rank: int, lists: tuple[tuple[int, ...], ...]) -> _Cut:
    begin, end, strides = lists
    masks = [
        node.integer(f"{name}_mask", default=0)
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    ]
    cut, axis, place = _Cut(), 0, 0
    count = len(begin)
    for index in range(count):
        no_begin, no_end, ellipsis, new, shrink = (mask >> index & 1 for mask in masks)
        if ellipsis:
            later = sum(not masks[3] >> each & 1 for each in range(index + 1, count))
            skipped = max(rank - axis - later, 0)
            axis, place = axis + skipped, place + skipped
            continue
        if new:
            cut.inserted.append(place)
            place += 1
            continue
        if axis >= rank:
            raise node.refuse(f"it cuts along dimension {axis} of {rank}")
        start, step = begin[index], strides[index]
        stop = start + end[index] if node.flag("offset") else end[index]
        if shrink:
            cut.dropped.append(axis)
            stop, step = (start + 1 if start != -1 else _LAST), 1
        else:
            start = (0 if step > 0 else _LAST) if no_begin else start
            stop = (_LAST if step > 0 else -_LAST) if no_end else stop
            place += 1
        for items, item in zip(
            (cut.axes, cut.starts, cut.ends, cut.steps), (axis, start, stop, step), strict=True
        ):
            items.append(item)
        axis += 1
    return cut
