"""What a model takes at once on runtimes that spare some of its temporaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cyborg_rr.domain.graph.inference.attention.finding import find_attentions
from cyborg_rr.domain.graph.inference.typed import TypedBlock, TypedGraph
from cyborg_rr.domain.graph.memory.habits import Attending, Habits
from cyborg_rr.domain.graph.memory.liveness import (
    SMALL_PEAK,
    Peak,
    find_least_peak,
    find_whole_peak,
)
from cyborg_rr.domain.requirement.requirement import RuntimePeak


def find_fused_peak(typed: TypedGraph, peak: Peak | None, at_most: Mapping[str, int]) -> int | None:
    """What is needed where kernels are fused; None where it is no less."""
    if peak is None or peak.total_bytes < SMALL_PEAK:
        return None
    least = find_least_peak(typed, fuses=True)
    if least is None:
        return None
    sure = at_most.get("activation_peak_bytes", peak.total_bytes)
    return least.total_bytes if least.total_bytes < sure else None


def list_runtime_peaks(
    typed: TypedGraph, peak: Peak | None, at_most: Mapping[str, int]
) -> tuple[RuntimePeak, ...]:
    """The peaks of runtimes that read by strides, by what else they spare."""
    if peak is None or peak.total_bytes < SMALL_PEAK or at_most:
        return ()
    found = []
    for habits in _list_habits(typed):
        reached = find_whole_peak(typed, habits)
        if reached is None:
            return ()
        sizes = dict(sorted(reached.by_element_type.items()))
        attending = habits.attending or "none"
        found.append(RuntimePeak(attending, reached.total_bytes, sizes, habits.fuses))
    return tuple(found)


def _list_habits(typed: TypedGraph) -> Iterator[Habits]:
    for attending in _list_ways(typed):
        yield Habits(strided=True, attending=attending)
    yield Habits(strided=True, attending="none", fuses=True)


def _list_ways(typed: TypedGraph) -> Iterator[Attending]:
    """The ways of running attention that differ for a graph."""
    yield "none"
    called = {
        attention.called for block in _list_blocks(typed) for attention in find_attentions(block)
    }
    called |= {True for block in _list_blocks(typed) if _attends(block)}
    if True in called:
        yield "called"
    if False in called:
        yield "all"


def _attends(typed: TypedBlock) -> bool:
    return any(operation.kind == "attention" for operation in typed.operations)


def _list_blocks(typed: TypedGraph) -> list[TypedBlock]:
    """All blocks of a graph, each once."""
    found: dict[int, TypedBlock] = {}
    waiting = [typed.body]
    while waiting:
        block = waiting.pop()
        if id(block) not in found:
            found[id(block)] = block
            for inner in block.inner.values():
                waiting += inner.blocks
    return list(found.values())
