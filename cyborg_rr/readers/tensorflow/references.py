"""How nodes refer to one another, and an order in which they can run."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import list_names, quote
from cyborg_rr.readers.tensorflow.messages import NodeDef, place_of
from cyborg_rr.readers.tensorflow.schema import RESULTS

MAX_RESULTS: Final = 65536
"""Results of one node: the largest splits have some hundred."""

_APART: Final = 1 << 20
"""Results of different names of an operation that is not known stand so far apart."""

MERGES: Final = frozenset({"Merge", "RefMerge"})
_RETURNS: Final = frozenset({"NextIteration", "RefNextIteration"})

_FIRST: Final[dict[int, None]] = {0: None}
"""What is read of most nodes; nothing is added to this one."""

Key = tuple[str, int]
"""A value: the name of its node and its place among the results."""


class Reference(NamedTuple):
    """An input as it is written: node, name of the result (in functions), place in it."""

    node: str
    result: str
    place: int


def parse_reference(text: str) -> Reference | None:
    """What an input names; None for one that only orders (``^name``)."""
    if text.startswith("^"):
        return None
    name, _, rest = text.partition(":")
    if not rest:
        return Reference(name, "", 0)
    result, _, place = rest.rpartition(":")
    if not place.isascii() or not place.isdecimal() or int(place[:9]) >= MAX_RESULTS:
        raise UnreadableModel(f"{quote(text)} names no value")
    return Reference(name, result, int(place[:9]))


class Values:
    """Which results of which nodes are read, by keys that do not depend on how it is written."""

    def __init__(self, nodes: Sequence[NodeDef]) -> None:
        self.nodes: dict[str, NodeDef] = {}
        for node in nodes:
            if node.name in self.nodes:
                raise UnreadableModel(f"{place_of(node)} is defined a second time")
            self.nodes[node.name] = node
        self.used: dict[str, dict[int, None]] = {}
        self._bases: dict[str, dict[str, int]] = {}
        self._read: dict[str, tuple[Key, ...]] = {}

    def key(self, reference: Reference) -> Key:
        """The key of a value, which counts as read from then on."""
        name, result, place = reference
        node = self.nodes.get(name)
        if node is not None:
            if result:
                place += self._base(node, result)
            self._use(node.name, place)
        return name, place

    def _use(self, name: str, place: int) -> None:
        places = self.used.get(name)
        if places is None:
            self.used[name] = {place: None} if place else _FIRST
        elif place not in places:
            if places is _FIRST:
                self.used[name] = places = dict(_FIRST)
            places[place] = None

    def _base(self, node: NodeDef, result: str) -> int:
        names = RESULTS.get(node.operation)
        if names is not None and result in names:
            return names.index(result)
        bases = self._bases.setdefault(node.name, {})
        return bases.setdefault(result, len(bases) * _APART)

    def reads(self, node: NodeDef) -> tuple[Key, ...]:
        """What a node reads, in its order."""
        known = self._read.get(node.name)
        if known is None:
            known = tuple(self._list_keys(node))
            self._read[node.name] = known
        return known

    def _list_keys(self, node: NodeDef) -> Iterator[Key]:
        for text in node.inputs:
            other = self.nodes.get(text)
            if other is not None and ":" not in text and text[0] != "^":  # nearly all of them
                self._use(other.name, 0)
                yield other.name, 0
                continue
            found = parse_reference(text)
            if found is not None:
                yield self.key(found)

    def forget(self, node: NodeDef) -> None:
        """Keep nothing of a node that is written which can be found again."""
        self._read.pop(node.name, None)
        node.forget()

    def order(self, wanted: Iterable[str]) -> list[NodeDef]:
        """The nodes that the wanted ones need, each after what it reads, else as in the file.

        What comes back around a loop of version 1 (``NextIteration``) is left out.
        """
        needs: dict[str, tuple[str, ...]] = {}
        pending = [name for name in wanted if name in self.nodes]
        while pending:
            name = pending.pop()
            if name in needs:
                continue
            needs[name] = tuple(self._list_needs(self.nodes[name]))
            pending.extend(needs[name])
        return self._sort(needs)

    def _list_needs(self, node: NodeDef) -> dict[str, None]:
        needed: dict[str, None] = {}
        for name, _ in self.reads(node):
            other = self.nodes.get(name)
            if other is None:
                continue
            if node.operation in MERGES and other.operation in _RETURNS:
                continue
            needed[name] = None
        return needed

    def _sort(self, needs: dict[str, tuple[str, ...]]) -> list[NodeDef]:
        places = {name: place for place, name in enumerate(self.nodes) if name in needs}
        names = list(self.nodes)
        missing = {name: len(needed) for name, needed in needs.items()}
        waiting: dict[str, list[str]] = {}
        for name, needed in needs.items():
            for other in needed:
                waiting.setdefault(other, []).append(name)
        ready = [place for name, place in places.items() if not missing[name]]
        heapq.heapify(ready)
        ordered: list[NodeDef] = []
        while ready:
            name = names[heapq.heappop(ready)]
            ordered.append(self.nodes[name])
            for other in waiting.get(name, ()):
                missing[other] -= 1
                if not missing[other]:
                    heapq.heappush(ready, places[other])
        if len(ordered) != len(needs):
            cycle = _find_cycle({name: needs[name] for name, count in missing.items() if count})
            through = f", by way of {list_names(cycle[1:])}" if cycle[1:] else ""
            place = place_of(self.nodes[cycle[0]])
            raise UnreadableModel(f"{place} depends on its own result{through}")
        return ordered


def _find_cycle(stuck: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Names each of which needs the next, and the last the first; each needs one that is stuck."""
    walked: dict[str, None] = {}
    name = next(iter(stuck))
    while name not in walked:
        walked[name] = None
        name = next(other for other in stuck[name] if other in stuck)
    names = list(walked)
    return names[names.index(name) :]
