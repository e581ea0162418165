"""STRIDED_SLICE, whose masks say what to make of each entry of its three lists."""

from __future__ import annotations

from cyborg_rr.readers.kit.cutting import read_cut
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tflite.translation.native import NativeTfliteNode


def strided_slice(node: NativeTfliteNode) -> list[Step]:
    """STRIDED_SLICE(data, begin, end, strides)."""
    lists, rank = [node.whole(index) for index in (1, 2, 3)], node.rank(0)
    begin, end, strides = lists
    if rank is None or begin is None or end is None or strides is None:
        return [node.step("slice", node.inputs[:2])]
    steps, source = [], node.input(0)
    found = read_cut(node, begin, end, strides, rank).list_steps()
    for place, (operation, attributes) in enumerate(found):
        last = place == len(found) - 1
        target = node.output(0) if last else node.fresh(f"cut{place}")
        steps.append(Step(operation, (source,), (target,), attributes))
        source = target
    return steps
