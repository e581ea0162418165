"""Sizes that depend on data: their names, where they come from, and types at their largest.

A size that a rule makes gets a name, ``found0`` and so on, by which a caller can bind it. When all
is inferred, ``settle`` puts the largest sizes into the types, so that whatever walks the graph sees
numbers, and notes which values those are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.graph.bounds import NEW, Bounded
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.naming import quote

_NAME: Final = re.compile(r"found[0-9]{1,6}", re.ASCII)
_MAX_SOURCES: Final = 1000
_MAX_SETTLED: Final = 2**50
"""Elements of a value at its largest: beyond them a bound says nothing."""


def is_found_name(symbol: str) -> bool:
    """Whether a symbol may be one that inference gives a name to."""
    return _NAME.fullmatch(symbol) is not None


class FoundSizes:
    """Names the sizes that depend on data, in the order of the nodes that make them."""

    def __init__(self, taken: frozenset[str], bound: Mapping[str, int]) -> None:
        self._taken = taken
        self._unused = {symbol: size for symbol, size in bound.items() if is_found_name(symbol)}
        self._bound = dict(self._unused)
        self._count = 0
        self._sources: dict[str, str] = {}

    def name(self, results: list[TensorType]) -> list[TensorType]:
        """The results of a node, with one name for the new size among them, or its bound size."""
        names: dict[int, Dimension] = {}

        def replace(size: Dimension) -> Dimension:
            if not isinstance(size, Bounded) or size != NEW:
                return size
            if size.most not in names:
                names[size.most] = self._make(size.most)
            return names[size.most]

        return [
            TensorType(each.element_type, tuple(replace(size) for size in each.shape))
            if each.shape is not None and each.is_bounded
            else each
            for each in results
        ]

    def _make(self, most: int) -> Dimension:
        while (name := f"found{self._count}") in self._taken:
            self._count += 1
        self._count += 1
        self._unused.pop(name, None)
        size = self._bound.get(name)
        if size is None:
            return Bounded(name, most, is_found=True)
        if size > most:
            raise InvalidInput(f"{quote(name)} cannot be {size}: it is at most {most}")
        return size

    @property
    def sources(self) -> tuple[str, ...]:
        """A sentence for each place where a size comes from that depends on data."""
        return tuple(f"{place} {what}" for place, what in self._sources.items())

    def add_source(self, place: str, what: str) -> None:
        """Note where a size comes from that depends on data, and how large it is at most."""
        if len(self._sources) < _MAX_SOURCES:
            self._sources.setdefault(place, what)

    def check_used(self) -> None:
        """Refuse a binding of a size that no node makes."""
        for name in self._unused:
            if name not in self._taken:
                raise InvalidInput(f"the model has no dimension named {quote(name)}")


@dataclass(slots=True)
class Settled:
    """Whether any size depends on data, and the values that would be too large for any machine."""

    has_bounded: bool = False
    absurd: list[str] = field(default_factory=list)


def settle(body: TypedBlock) -> Settled:
    """Give every value its largest size."""
    settled = Settled()
    waiting, seen = [body], set[int]()
    while waiting:
        typed = waiting.pop()
        if id(typed) in seen:
            continue
        seen.add(id(typed))
        for name, found in typed.types.items():
            if found.shape is None or not found.is_bounded:
                continue
            settled.has_bounded = True
            largest = found.at_most
            if largest.elements is not None and largest.elements > _MAX_SETTLED:
                settled.absurd.append(name)
            elif largest.is_static:
                typed.bounded[name] = found
        for name, found in typed.bounded.items():
            typed.types[name] = found.at_most
        for inner in typed.inner.values():
            waiting.extend(inner.blocks)
    return settled


def forget(tensor: TensorType) -> TensorType:
    """The type without names that hold in one run of a block only."""
    if tensor.shape is None or not tensor.is_bounded:
        return tensor
    sizes = tuple(
        Bounded("?", size.most) if isinstance(size, Bounded) and size.is_found else size
        for size in tensor.shape
    )
    return TensorType(tensor.element_type, sizes)


def list_bounds(tensor: TensorType) -> tuple[int, ...]:
    """The largest sizes of a type's bounded dimensions: names alone do not tell types apart."""
    return tuple(size.most for size in tensor.shape or () if isinstance(size, Bounded))
