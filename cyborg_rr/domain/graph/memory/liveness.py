"""How many bytes of temporaries are alive at once, node by node, nothing fused but for the least.

Graph inputs, outputs and stored tensors are not temporaries; views own no bytes, and neither do
one element repeated for an elementwise reader and what stays within a call that was fused. Which
values take over the memory of others says ``planning``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.domain.graph.inference.typed import InnerBlocks, TypedBlock, TypedGraph
from cyborg_rr.domain.graph.memory.habits import AS_WRITTEN, Habits
from cyborg_rr.domain.graph.memory.planning import Plan, Planner, find_carried

Measure = Callable[[TypedBlock, str], int | None]
"""The bytes of a value that a block defines; None while unknown."""

SMALL_PEAK: Final = 16 << 20
"""Bytes of activations that turn no verdict: runtimes keep many times as much for themselves."""

_LOOPS: Final = frozenset({"while", "loop", "scan"})
_CHOICES: Final = frozenset({"if", "case"})


class Choice(Protocol):
    """``max`` or ``min``: which of several branches counts."""

    def __call__(self, peaks: Iterable[Peak], /, *, key: Callable[[Peak], int]) -> Peak:
        """One of them."""
        ...


@dataclass(frozen=True, slots=True)
class Peak:
    """The largest sum of live temporaries, and how it splits by element type."""

    total_bytes: int = 0
    by_element_type: Mapping[str, int] = field(default_factory=dict)


def measure_whole(typed: TypedBlock, name: str) -> int | None:
    """A value's own size, at its largest where that depends on data."""
    return typed.sizes[name]


def measure_sure(typed: TypedBlock, name: str) -> int | None:
    """A value's own size, nothing where that depends on data."""
    return 0 if name in typed.bounded else typed.sizes[name]


def find_peak(typed: TypedGraph, measure: Measure = measure_whole) -> Peak | None:
    """The peak of the whole graph, of branches the dearest; None while a value's size is unknown.

    ``measure`` may give another size than a value's own, such as that of the part on one device.
    """
    try:
        return _Liveness(measure, max, Planner()).find_block_peak(typed.body)
    except _UnknownSize:
        return None


def find_least_peak(
    typed: TypedGraph, measure: Measure = measure_sure, *, fuses: bool = False
) -> Peak | None:
    """The peak that is reached whatever the data says, of branches the cheapest.

    With ``fuses`` a compiler fuses what it can, attention among it, which may keep more operands
    alive than it spares.
    """
    try:
        spared = Habits(fuses=True, strided=True, attending="all")
        planner = Planner(spared if fuses else AS_WRITTEN)
        return _Liveness(measure, min, planner).find_block_peak(typed.body)
    except _UnknownSize:
        return None


def find_whole_peak(typed: TypedGraph, habits: Habits) -> Peak | None:
    """The most that temporaries and outputs take at once where a runtime has such habits.

    Outputs count from when they are made, and all the time where it fuses, as compilers assign
    them buffers of their own (XLA's buffer assignment); those in the memory of donated arguments
    count not at all.
    """
    keeps = not habits.fuses
    try:
        liveness = _Liveness(measure_whole, max, Planner(habits), keeps_outputs=keeps)
        peak = liveness.find_block_peak(typed.body, is_entry=True)
        return peak if keeps else _add_outputs(typed.body, peak)
    except _UnknownSize:
        return None


def _add_outputs(body: TypedBlock, peak: Peak) -> Peak:
    """A peak with the outputs that need room of their own beside it."""
    outputs, sizes = body.block.outputs, Counter(peak.by_element_type)
    own = {name for place, name in enumerate(outputs) if place not in body.block.aliased_outputs}
    for name in own:
        sizes[body.type_of(name).element_type or ""] += body.size_of(name) or 0
    return Peak(sizes.total(), dict(sizes))


class _UnknownSize(Exception):
    """A value's size is not known."""


class _Liveness:
    """Walks blocks; the peak of a function that is called often is reckoned once."""

    def __init__(
        self, measure: Measure, choose: Choice, planner: Planner, *, keeps_outputs: bool = False
    ) -> None:
        self._keeps_outputs = keeps_outputs
        self._measure = measure
        self._choose = choose
        self._known: dict[int, Peak] = {}
        self._planner = planner

    def find_block_peak(
        self, typed: TypedBlock, loop: Node | None = None, *, is_entry: bool = False
    ) -> Peak:
        """The peak of one block, inner blocks included; a body knows the loop that it is of."""
        known = self._known.get(id(typed))
        if known is None:
            donated: frozenset[str] = frozenset(typed.block.aliased_outputs.values())
            carried = {} if loop is None else find_carried(loop, typed)
            keeps = self._keeps_outputs and is_entry
            plan = self._planner.plan(typed, donated, carried, keeps_outputs=keeps)
            known = self._walk(typed, plan)
            self._known[id(typed)] = known
        return known

    def _walk(self, typed: TypedBlock, plan: Plan) -> Peak:
        live: Counter[str] = Counter()
        measure, types = self._measure, typed.types
        sizes: dict[str, int] = {}
        total = 0
        best = Peak()
        for index, owned in enumerate(plan.owners):
            for name in owned:
                size = measure(typed, name)
                if size is None:
                    raise _UnknownSize
                sizes[name] = size
                live[types[name].element_type or ""] += size
                total += size
            inner = typed.inner.get(index)
            if inner is not None and not typed.block.nodes[index].attributes.get("fused"):
                peak = self._find_inner(typed.block.nodes[index], inner)
                if total + peak.total_bytes > best.total_bytes:
                    both = live + Counter(peak.by_element_type)
                    best = Peak(total + peak.total_bytes, dict(both))
            scores = plan.scores.get(index)
            if scores is not None and total + scores[1] > best.total_bytes:
                best = Peak(total + scores[1], dict(live + Counter({scores[0]: scores[1]})))
            if total > best.total_bytes:
                best = Peak(total, {key: count for key, count in live.items() if count})
            for name in plan.dead_after[index]:
                size = sizes.pop(name)
                live[types[name].element_type or ""] -= size
                total -= size
        return best

    def _find_inner(self, node: Node, inner: InnerBlocks) -> Peak:
        """The largest peak of the blocks of a node; the last one of a loop is its body."""
        *others, last = inner.blocks
        peaks = [self.find_block_peak(block) for block in others]
        if inner.trips != 0:
            peaks.append(self.find_block_peak(last, node if node.operation in _LOOPS else None))
        choose = self._choose if node.operation in _CHOICES else max
        return choose(peaks, key=lambda peak: peak.total_bytes) if peaks else Peak()
