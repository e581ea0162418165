"""What one device of a program for several holds at a time, and the multiply-adds it does."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.graph.graph import Graph, TensorType
from cyborg_rr.domain.graph.inference.typed import InnerBlocks, TypedBlock, TypedGraph
from cyborg_rr.domain.graph.memory.liveness import (
    SMALL_PEAK,
    find_least_peak,
    find_peak,
)
from cyborg_rr.domain.graph.operations.registry import find_operation
from cyborg_rr.domain.graph.sharding.placements import Placement, Placements
from cyborg_rr.domain.graph.sharding.propagation import propagate
from cyborg_rr.domain.graph.shardings import Sharding, cut
from cyborg_rr.domain.graph.work.costs import find_cost


@dataclass(frozen=True, slots=True)
class Bounds:
    """A figure that is known to lie between two, both inclusive."""

    least: int
    most: int

    def __add__(self, other: Bounds) -> Bounds:
        return Bounds(self.least + other.least, self.most + other.most)


NOTHING = Bounds(0, 0)

COMBINED_BYTES: Final = 30 << 20
"""Sums that XLA lets devices add up at once, so that all of them lie in memory before and after
(``xla_gpu_all_reduce_combine_threshold_bytes``)."""


@dataclass(frozen=True, slots=True)
class DeviceShare:
    """Bytes and multiply-adds of one device; None where a size is missing.

    ``aliased`` are bytes of outputs in the memory of donated arguments.
    """

    parameters: Bounds | None
    constants: Bounds | None
    inputs: Bounds | None
    outputs: Bounds | None
    aliased: Bounds | None
    activation_peak: Bounds | None
    macs: Bounds | None


def find_share(typed: TypedGraph) -> DeviceShare | None:
    """The figures of one device; None for a graph that says nothing of devices."""
    graph, body = typed.graph, typed.body
    if not graph.is_sharded:
        return None
    sizes = _Sizes(propagate(typed), graph.partitions)
    stored = body.block.stored
    outputs = [
        sizes.find_output(body, name, _find_stated_output(graph, place))
        for place, name in enumerate(body.block.outputs)
    ]
    return DeviceShare(
        parameters=sizes.add(body, (n for n, each in stored.items() if each.kind == "parameter")),
        constants=_add_constants(body, sizes),
        inputs=sizes.add(body, typed.input_names),
        outputs=_add(outputs),
        aliased=_add(
            _take_smaller(outputs[place], sizes.find(body, name))
            for place, name in body.block.aliased_outputs.items()
        ),
        activation_peak=_find_peak(typed, sizes),
        macs=_Work(sizes.placements, graph.partitions).find(body),
    )


def _find_stated_output(graph: Graph, place: int) -> Sharding | None:
    """How the file divides a result; one in the memory of an argument lies there part by part."""
    stated = graph.output_shardings.get(place)
    if stated is None and place in graph.body.aliased_outputs:
        return graph.shardings.get(graph.body.aliased_outputs[place])
    return stated


def _take_smaller(first: Bounds | None, second: Bounds | None) -> Bounds | None:
    if first is None or second is None:
        return None
    return Bounds(min(first.least, second.least), min(first.most, second.most))


def _add_constants(body: TypedBlock, sizes: _Sizes) -> Bounds | None:
    """Constants of the entry; of one that repeats an element each device has that element."""
    constants = {name: each for name, each in body.block.stored.items() if each.kind == "constant"}
    whole = [name for name, each in constants.items() if not each.is_repeated]
    repeated = (
        each.find_bytes(body.types[name]) for name, each in constants.items() if each.is_repeated
    )
    return _add(
        [
            sizes.add(body, whole),
            *(None if size is None else Bounds(size, size) for size in repeated),
        ]
    )


def _add(sizes: Iterable[Bounds | None]) -> Bounds | None:
    total = NOTHING
    for size in sizes:
        if size is None:
            return None
        total += size
    return total


def _find_peak(typed: TypedGraph, sizes: _Sizes) -> Bounds | None:
    """Between the peak of even parts, fused if that is less, and that of all parts with copies."""
    found = sizes.placements

    def measure_least(block: TypedBlock, name: str) -> int | None:
        return _least(sizes.find_temporary(block, name))

    least = find_least_peak(typed, measure_least)
    most = find_peak(typed, lambda block, name: _most(sizes.find_temporary(block, name)))
    copies = [tensor.byte_size for tensor in found.gathered.values()]
    sums = [_most(sizes.measure(tensor, found.values[key])) for key, tensor in found.summed.items()]
    if least is None or most is None or None in copies or None in sums:
        return None
    copied, summed = sum(size or 0 for size in copies), [size or 0 for size in sums]
    together = min(sum(summed), COMBINED_BYTES + max(summed, default=0))
    sure = least.total_bytes
    if sure >= SMALL_PEAK:
        fused = find_least_peak(typed, measure_least, fuses=True)
        sure = sure if fused is None else min(sure, fused.total_bytes)
    return Bounds(sure, most.total_bytes + copied + together)


def _least(bounds: Bounds | None) -> int | None:
    return None if bounds is None else bounds.least


def _most(bounds: Bounds | None) -> int | None:
    return None if bounds is None else bounds.most


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Bytes of values on one device."""

    placements: Placements
    devices: int

    def find(self, typed: TypedBlock, name: str) -> Bounds | None:
        """Between what a device holds at least and at most of a value."""
        return self.measure_value(typed, name, self.placements.find(typed, name))

    def measure_value(self, typed: TypedBlock, name: str, placement: Placement) -> Bounds | None:
        """The size of a part of a value; nothing is sure of what depends on data."""
        size = self.measure(typed.type_of(name), placement)
        return Bounds(0, size.most) if size is not None and typed.is_bounded(name) else size

    def find_temporary(self, typed: TypedBlock, name: str) -> Bounds | None:
        """The size of a value while it is made: none for what shows the memory of another."""
        if (id(typed), name) in self.placements.shown:
            return NOTHING
        return self.find(typed, name)

    def find_output(self, typed: TypedBlock, name: str, stated: Sharding | None) -> Bounds | None:
        """The size of a result, which the file may want divided otherwise than it was made.

        Where it does not say so, only parts of equal size are sure to stay.
        """
        tensor = typed.type_of(name)
        if stated is not None:
            return self.measure_value(typed, name, stated)
        placement = self.placements.find(typed, name)
        is_sure = isinstance(placement, Sharding) and placement.freedom == "closed"
        if is_sure and isinstance(placement, Sharding) and _is_even(tensor, placement):
            return self.measure_value(typed, name, placement)
        return self.measure_value(typed, name, "unknown")

    def add(self, typed: TypedBlock, names: Iterable[str]) -> Bounds | None:
        """The size of several values."""
        return _add(self.find(typed, name) for name in names)

    def measure(self, tensor: TensorType, placement: Placement) -> Bounds | None:
        """The size of a part of a tensor."""
        size = tensor.byte_size
        if size is None:
            return None
        even = size if tensor.elements == 1 else -(-size // self.devices)
        if not isinstance(placement, Sharding):
            return Bounds(even, size)
        part = _cut(tensor, placement)
        return Bounds(min(even, part) if placement.freedom == "open" else part, part)


def _find_sizes(tensor: TensorType) -> tuple[int, ...]:
    return tuple(size for size in tensor.shape or () if isinstance(size, int))


def _cut(tensor: TensorType, sharding: Sharding) -> int:
    """Bytes of the largest part."""
    sizes = _find_sizes(tensor)
    if len(sizes) != len(sharding.dimensions):
        return tensor.byte_size or 0
    return TensorType(tensor.element_type, cut(sizes, sharding)).byte_size or 0


def _is_even(tensor: TensorType, sharding: Sharding) -> bool:
    sizes = _find_sizes(tensor)
    return len(sizes) == len(sharding.dimensions) and all(
        size % count == 0 for size, count in zip(sizes, sharding.splits, strict=True)
    )


class _Work:
    """Multiply-adds of one device; a function that is called often is reckoned once."""

    def __init__(self, placements: Placements, devices: int) -> None:
        self._placements = placements
        self._devices = devices
        self._known: dict[int, Bounds | None] = {}

    def find(self, typed: TypedBlock) -> Bounds | None:
        """The work of a block, what it runs included."""
        if id(typed) not in self._known:
            self._known[id(typed)] = self._walk(typed)
        return self._known[id(typed)]

    def _walk(self, typed: TypedBlock) -> Bounds | None:
        total = NOTHING
        for index, node in enumerate(typed.block.nodes):
            inner = typed.inner.get(index)
            if inner is not None:
                part = self._enter(node.operation, inner)
            else:
                cost = find_cost(find_operation(node.operation), node, typed)
                part = None if cost is None else self._divide(typed, index, cost.macs)
                names = (*node.inputs, *node.outputs)
                if part is not None and any(name and typed.is_bounded(name) for name in names):
                    part = Bounds(0, part.most)
            if part is None:
                return None
            total += part
        return total

    def _enter(self, operation: str, inner: InnerBlocks) -> Bounds | None:
        found = [self.find(block) for block in inner.blocks]
        known = [each for each in found if each is not None]
        if len(known) < len(found) or inner.trips is None:
            return None
        if operation in ("if", "case"):
            return Bounds(min(k.least for k in known), max(k.most for k in known))
        total = sum(known, NOTHING)
        least = 0 if inner.at_most else total.least * inner.trips
        return Bounds(least, total.most * inner.trips)

    def _divide(self, typed: TypedBlock, index: int, macs: int) -> Bounds:
        if not macs:
            return NOTHING
        even = -(-macs // self._devices)
        share = self._placements.shares.get((id(typed), index))
        if share is None:
            return Bounds(even, macs)
        part = math.ceil(macs * share[0])
        return Bounds(part if share[1] == "manual" else min(even, part), part)
