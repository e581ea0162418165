"""How many bytes of temporaries are alive at once, node by node, nothing fused.

Graph inputs, outputs and stored tensors are not temporaries; views own no bytes, and neither do
one element repeated for an elementwise reader and what stays within a call that was fused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.graph.inference.aliases import Aliases
from cyborg_rr.domain.graph.inference.typed import TypedBlock, TypedGraph
from cyborg_rr.domain.graph.operations.registry import find_operation

_REPEATING: Final = frozenset({"broadcast_in_dim", "expand"})


@dataclass(frozen=True, slots=True)
class Peak:
    """The largest sum of live temporaries, and how it splits by element type."""

    total_bytes: int = 0
    by_element_type: Mapping[str, int] = field(default_factory=dict)


def find_peak(typed: TypedGraph, *, least: bool = False) -> Peak | None:
    """The peak of the whole graph; None while a value's size is unknown.

    Sizes that depend on data count at their largest, or as nothing to find the ``least`` peak.
    """
    try:
        return _Liveness(least).find_block_peak(typed.body)
    except _UnknownSize:
        return None


class _UnknownSize(Exception):
    """A value's size is not known."""


@dataclass(slots=True)
class _Plan:
    """When memory is taken and given back in one block."""

    aliases: Aliases
    owners: list[list[str]]
    dead_after: list[list[str]]


class _Liveness:
    """Walks blocks; the peak of a function that is called often is reckoned once."""

    def __init__(self, least: bool) -> None:
        self._least = least
        self._known: dict[int, Peak] = {}

    def find_block_peak(self, typed: TypedBlock) -> Peak:
        """The peak of one block, inner blocks included."""
        known = self._known.get(id(typed))
        if known is None:
            known = self._walk(typed, _plan(typed))
            self._known[id(typed)] = known
        return known

    def _walk(self, typed: TypedBlock, plan: _Plan) -> Peak:
        live: Counter[str] = Counter()
        total = 0
        best = Peak()
        for index, owned in enumerate(plan.owners):
            for name in owned:
                tensor = typed.types[name]
                size = self._size(typed, name)
                live[tensor.element_type or ""] += size
                total += size
            inner = typed.inner.get(index)
            if inner is not None and not typed.block.nodes[index].attributes.get("fused"):
                peaks = [self.find_block_peak(block) for block in inner.blocks]
                peak = max(peaks, key=lambda p: p.total_bytes)
                if total + peak.total_bytes > best.total_bytes:
                    both = live + Counter(peak.by_element_type)
                    best = Peak(total + peak.total_bytes, dict(both))
            if total > best.total_bytes:
                best = Peak(total, {key: count for key, count in live.items() if count})
            for name in plan.dead_after[index]:
                tensor = typed.types[name]
                size = self._size(typed, name)
                live[tensor.element_type or ""] -= size
                total -= size
        return best

    def _size(self, typed: TypedBlock, name: str) -> int:
        size = typed.types[name].byte_size
        if size is None:
            raise _UnknownSize
        return 0 if self._least and name in typed.bounded else size


def _find_repeated(typed: TypedBlock) -> set[str]:
    """Values that repeat one element and that only elementwise nodes read: no runtime stores them.

    A compiler that finds equal values keeps one such for a whole model.
    """
    found: set[str] = set()
    for index, node in enumerate(typed.block.nodes):
        operation = find_operation(node.operation)
        if operation.repeats and node.operation in _REPEATING and node.inputs and node.outputs:
            if typed.type_of(node.inputs[0]).elements == 1:
                found.add(node.outputs[0])
        elif operation.kind != "elementwise" or index in typed.inner:
            found.difference_update(node.inputs)
            if index in typed.inner:
                found -= typed.inner[index].captured
    return found.difference(typed.block.outputs)


def _plan(typed: TypedBlock) -> _Plan:
    nodes = typed.block.nodes
    aliases = Aliases()
    owners: list[list[str]] = []
    born: dict[str, int] = {}
    last: dict[str, int] = {}
    repeated = _find_repeated(typed)
    for index, node in enumerate(nodes):
        operation = find_operation(node.operation)
        aliases.note(operation, node)
        inner = typed.inner.get(index)
        used = set(node.inputs)
        if inner is not None:
            aliases.note_loop(node)
            used |= inner.captured
        own = [
            name
            for name in node.outputs
            if name and name not in repeated and aliases.roots(name) == (name,)
        ]
        owners.append(own)
        for name in own:
            born[name] = last[name] = index
        for name in used:
            for root in aliases.roots(name):
                if root in last:
                    last[root] = index
    kept = {root for name in typed.block.outputs for root in aliases.roots(name)}
    dead: list[list[str]] = [[] for _ in nodes]
    for name, index in last.items():
        if name in kept:
            owners[born[name]].remove(name)
        else:
            dead[index].append(name)
    return _Plan(aliases, owners, dead)
