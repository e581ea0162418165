"""Slices whose masks say what to make of each entry of three lists, as TensorFlow writes them.

https://www.tensorflow.org/api_docs/python/tf/strided_slice; TensorFlow Lite has the same masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.kit.node import NativeNode

LAST: Final = 2**31 - 1
"""What a slice ends at that takes the rest."""

_MASKS: Final = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")

Whole = tuple[int, ...]


@dataclass(slots=True)
class Cut:
    """What is taken along each dimension; dimensions that go, and that come (of the result).

    Behind an ellipsis, dimensions are counted from the end.
    """

    axes: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    inserted: list[int] = field(default_factory=list)

    def take(self, axis: int, start: int, end: int, step: int) -> None:
        """Take a part of a dimension; the whole of it needs no entry."""
        if (start, end, step) != (0, LAST, 1):
            self.axes.append(axis)
            self.starts.append(start)
            self.ends.append(end)
            self.steps.append(step)

    def list_steps(self) -> list[tuple[str, dict[str, AttributeValue]]]:
        """The operations, each on what the one before yields."""
        whole: dict[str, AttributeValue] = {
            "starts": tuple(self.starts),
            "ends": tuple(self.ends),
            "axes": tuple(self.axes),
            "steps": tuple(self.steps),
        }
        steps: list[tuple[str, dict[str, AttributeValue]]] = [
            ("slice", whole) if self.axes else ("identity", {})
        ]
        if self.dropped:
            steps.append(("squeeze", {"axes": tuple(self.dropped)}))
        if self.inserted:
            steps.append(("unsqueeze", {"axes": tuple(self.inserted)}))
        return steps


def read_cut(
    node: NativeNode, begin: Whole, end: Whole, strides: Whole, rank: int | None = None
) -> Cut:
    """What the lists and the masks of a node mean; ends are counted from begins by ``offset``.

    Raises ``UnreadableModel`` where the lists do not fit together, nor the rank if it is given.
    """
    if not len(begin) == len(end) == len(strides) or 0 in strides:
        raise node.refuse("its begins, ends and strides do not fit together")
    masks = [node.integer(f"{name}_mask", default=0) for name in _MASKS]
    offset = node.flag("offset")
    cut, axis, place = Cut(), 0, 0
    for index, (start, stop, step) in enumerate(zip(begin, end, strides, strict=True)):
        no_begin, no_end, ellipsis, new, shrink = (mask >> index & 1 for mask in masks)
        if ellipsis:
            axis, place = _count_from_end(masks, range(index + 1, len(begin)))
            continue
        if new:
            cut.inserted.append(place)
            place += 1
            continue
        if rank is not None and not -rank <= axis < rank:
            raise node.refuse(f"it cuts along dimension {axis} of {rank}")
        if shrink:
            cut.dropped.append(axis)
            cut.take(axis, start, start + 1 if start != -1 else LAST, 1)
        else:
            low = (0 if step > 0 else LAST) if no_begin else start
            high = start + stop if offset else stop
            cut.take(axis, low, (LAST if step > 0 else -LAST) if no_end else high, step)
            place += 1
        axis += 1
    return cut


def _count_from_end(masks: Sequence[int], later: range) -> tuple[int, int]:
    """Dimensions of the operand and of the result that stand behind an ellipsis, negated."""
    _, _, _, new, shrink = masks
    return (
        -sum(not new >> each & 1 for each in later),
        -sum(not shrink >> each & 1 or new >> each & 1 for each in later),
    )
