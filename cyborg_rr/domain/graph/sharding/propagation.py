"""Shardings of all values, as far as they follow from those that the file states.

Forwards only: where operands are divided in ways that do not agree, a compiler chooses, so the
result is not known and the operands may be brought together on each device. What is not known is
between an even part and the whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal

from cyborg_rr.domain.graph.bounds import MAX_ELEMENTS
from cyborg_rr.domain.graph.graph import Graph, Node, TensorType
from cyborg_rr.domain.graph.inference.typed import InnerBlocks, TypedBlock, TypedGraph
from cyborg_rr.domain.graph.sharding.correspondence import (
    Correspondence,
    Labels,
    Sizes,
    find_correspondence,
)
from cyborg_rr.domain.graph.shardings import Freedom, Parts, Sharding, cut, whole

Placement = Sharding | Literal["free", "unknown"]
"""How a value is divided; free: made anew wherever and however it is wanted."""

_ROUNDS: Final = 4
"""How often a loop is looked at until its values are divided as they were before."""

_VISITS: Final = 8
"""How often a function is looked at for other shardings of its arguments."""


@dataclass(slots=True)
class Placements:
    """What was found, by the identity of a block and a name or the place of a node in it.

    ``gathered`` say what a device may hold of a value beside its part, ``summed`` those whose
    parts are sums that devices then add up, ``shown`` those that show an operand's memory: parts of
    a value as a region sees it. ``shares`` say which part of the work of a node the device does
    that has most of it (None: not known), and if it may be divided further.
    """

    values: dict[tuple[int, str], Placement] = field(default_factory=dict)
    gathered: dict[tuple[int, str], TensorType] = field(default_factory=dict)
    summed: dict[tuple[int, str], TensorType] = field(default_factory=dict)
    shown: set[tuple[int, str]] = field(default_factory=set)
    shares: dict[tuple[int, int], tuple[Fraction, Freedom] | None] = field(default_factory=dict)

    def gather(self, typed: TypedBlock, name: str, part: TensorType) -> None:
        """Note what a device may hold of a value beside its part: the largest that any reader asks
        for, and all of it where a size is not known."""
        known = self.gathered.get((id(typed), name))
        if known is None or (part.byte_size or MAX_ELEMENTS) > (known.byte_size or MAX_ELEMENTS):
            self.gathered[id(typed), name] = part

    def find(self, typed: TypedBlock, name: str) -> Placement:
        """The placement of a value that is visible in a block."""
        owner = typed.find_owner(name)
        return "unknown" if owner is None else self.values.get((id(owner), name), "unknown")


def propagate(typed: TypedGraph) -> Placements:
    """Carry the shardings of a graph's arguments through all of its nodes."""
    found = _Propagation(typed.graph)
    body = typed.body
    for name in (*body.block.inputs, *body.block.stored):
        found.place(body, name, _place_argument(typed, name))
    found.walk(body)
    return found.placements


def _place_argument(typed: TypedGraph, name: str) -> Placement:
    stated = typed.graph.shardings.get(name)
    stored = typed.body.block.stored.get(name)
    if stated is not None:
        return stated
    if stored is not None and stored.kind == "constant":
        return "free"
    rank = _rank(typed.body.types[name])
    return whole(0) if rank == 0 else "unknown"


def _rank(tensor: TensorType) -> int | None:
    return None if tensor.shape is None else len(tensor.shape)


def _sizes(tensor: TensorType) -> Sizes | None:
    if tensor.shape is None or not tensor.is_static:
        return None
    return tuple(size for size in tensor.shape if isinstance(size, int))


class _Propagation:
    """Walks blocks in order; a called function again when it is called with other shardings."""

    def __init__(self, graph: Graph) -> None:
        self.placements = Placements()
        self._stated = graph.shardings
        self._visits: dict[int, list[tuple[Placement, ...]]] = {}

    def place(self, typed: TypedBlock, name: str, placement: Placement) -> None:
        """Note a placement; two that differ make it unknown."""
        key = id(typed), name
        known = self.placements.values.get(key, placement)
        self.placements.values[key] = _agree(known, placement)

    def walk(self, typed: TypedBlock) -> None:
        """All nodes of a block whose inputs are placed."""
        for name, stored in typed.block.stored.items():
            if (id(typed), name) not in self.placements.values:
                free = stored.kind == "constant"
                self.place(typed, name, "free" if free else self._stated.get(name, "unknown"))
        for index, node in enumerate(typed.block.nodes):
            inner = typed.inner.get(index)
            if inner is None:
                self._visit(typed, index, node)
            else:
                self._enter(typed, node, inner)

    # ---- blocks within nodes

    def _enter(self, typed: TypedBlock, node: Node, inner: InnerBlocks) -> None:
        operands = [self.placements.find(typed, name) for name in node.inputs if name]
        if node.operation == "while":
            results = self._loop(inner.blocks, operands)
        elif node.operation in ("call", "if", "case"):
            operands = operands if node.operation == "call" else []
            each = [self._run(block, operands) for block in inner.blocks]
            results = [_agree_all(places) for places in zip(*each, strict=False)]
        else:
            for block in inner.blocks:
                self._run(block, [])
            results = []
        for place, name in enumerate(node.outputs):
            if name:
                found = results[place] if place < len(results) else "unknown"
                self.place(typed, name, self._stated.get(name, found))

    def _loop(self, blocks: Sequence[TypedBlock], operands: list[Placement]) -> list[Placement]:
        carried = operands
        for _ in range(_ROUNDS):
            results = self._run(blocks[-1], carried)
            agreed = [_agree(a, b) for a, b in zip(carried, results, strict=False)]
            if agreed == carried:
                break
            carried = agreed
        else:
            carried = ["unknown"] * len(operands)
            self._run(blocks[-1], carried)
        self._run(blocks[0], carried)
        return carried

    def _run(self, block: TypedBlock, operands: Sequence[Placement]) -> list[Placement]:
        """Walk a block with these placements of its inputs; those of its outputs come back."""
        visits = self._visits.setdefault(id(block), [])
        if tuple(operands) not in visits:
            visits.append(tuple(operands))
            is_known = len(visits) <= _VISITS
            for place, name in enumerate(block.block.inputs):
                is_there = is_known and place < len(operands)
                self.place(block, name, operands[place] if is_there else "unknown")
            self.walk(block)
        return [self.placements.find(block, name) for name in block.block.outputs]

    # ---- nodes

    def _visit(self, typed: TypedBlock, index: int, node: Node) -> None:
        made = _Visit(self.placements, typed, node)
        stated = self._find_stated(typed, node)
        if stated is None:
            for name, found in zip(node.outputs, made.find(), strict=True):
                if name:
                    self.place(typed, name, found)
        else:
            for name, wanted in zip(node.outputs, stated, strict=True):
                made.require(wanted, name)
                self.place(typed, name, wanted)
        self.placements.shares[id(typed), index] = made.share

    def _find_stated(self, typed: TypedBlock, node: Node) -> list[Sharding] | None:
        """How the file divides the results; None unless it says so of all."""
        found = [self._stated.get(name) for name in node.outputs]
        stated = [
            each
            for name, each in zip(node.outputs, found, strict=True)
            if each is not None and len(each.dimensions) == _rank(typed.types[name])
        ]
        return stated if node.inputs and len(stated) == len(found) > 0 else None


@dataclass(slots=True)
class _Visit:
    """One node: what its operands' divisions make of its results."""

    placements: Placements
    typed: TypedBlock
    node: Node
    share: tuple[Fraction, Freedom] | None = None

    def find(self) -> list[Placement]:
        """The placements of the results."""
        names = [name for name in self.node.inputs if name]
        operands = [self.placements.find(self.typed, name) for name in names]
        split = [o for o in operands if isinstance(o, Sharding)]
        outputs = self.node.outputs
        if all(operand == "free" for operand in operands):
            return ["free"] * len(outputs)
        freedom: Freedom = "manual" if any(o.freedom == "manual" for o in split) else "open"
        results = [self.typed.types.get(name) for name in outputs]
        if "unknown" not in operands and not any(each.is_split for each in split):
            self.share = Fraction(1), freedom
            ranks = [None if each is None else _rank(each) for each in results]
            return ["unknown" if rank is None else whole(rank, freedom) for rank in ranks]
        found = None
        if "unknown" not in operands:
            found = self._combine(names, operands, freedom)
        if found is None:
            self._gather(names, operands)
            self.share = None
            return [_scalar_or_unknown(each) for each in results]
        return found

    def require(self, stated: Sharding, name: str) -> None:
        """Note what brings an operand into the division that the file asks for."""
        source = self.node.inputs[0]
        operand = self.placements.find(self.typed, source)
        if self.node.operation != "identity":
            before = _cut_sizes(self.typed.type_of(source), operand)
            if before is not None and before == _cut_sizes(self.typed.types[name], stated):
                self.placements.shown.add((id(self.typed), name))
        elif not isinstance(operand, Sharding):
            self._gather([source], [operand])
        else:
            pairs = zip(operand.dimensions, stated.dimensions, strict=False)
            if any(old and new[: len(old)] != old for old, new in pairs):
                self._gather([source], [operand])

    def _gather(self, names: Sequence[str], operands: Sequence[Placement]) -> None:
        """Arguments that are divided, or may be, and other values that are."""
        for name, operand in zip(names, operands, strict=True):
            owner = self.typed.find_owner(name)
            if owner is None:
                continue
            if isinstance(operand, Sharding):
                is_split = operand.is_split
            else:
                is_split = operand == "unknown" and name in owner.block.inputs
            if is_split:
                self.placements.gather(owner, name, owner.types[name])

    def _combine(
        self, names: Sequence[str], operands: Sequence[Placement], freedom: Freedom
    ) -> list[Placement] | None:
        """The divisions of the results where all operands agree on them, else None."""
        types = [self.typed.type_of(name) for name in names]
        outputs = [self.typed.types[name] for name in self.node.outputs if name]
        before = [_sizes(each) for each in types]
        after = [_sizes(each) for each in outputs]
        if None in before or None in after or len(outputs) != len(self.node.outputs):
            return None
        shapes = [each for each in before if each is not None]
        made = [each for each in after if each is not None]
        rule = find_correspondence(self.node, shapes, made)
        if rule is None or len(rule.operands) != len(operands):
            return None
        divisions = _divide(operands, rule.operands)
        if divisions is None:
            return None
        kept = {label for labels in rule.results for label in labels}
        divisions = self._gather_summed(names, operands, rule, divisions, kept)
        if _overlap(divisions):
            return None
        if rule.is_exact and not _is_even(divisions, rule.results[0], made[0]):
            return None
        if rule.is_exact and not _is_even(divisions, rule.operands[0], shapes[0]):
            return None
        self.share = _find_largest_part(divisions, rule, (*shapes, *made)), freedom
        if not divisions.keys() <= kept:
            for name in self.node.outputs:
                self.placements.summed[id(self.typed), name] = self.typed.types[name]
        return [
            Sharding(
                tuple(() if label is None else divisions.get(label, ()) for label in labels),
                freedom,
            )
            for labels in rule.results
        ]

    def _gather_summed(
        self,
        names: Sequence[str],
        operands: Sequence[Placement],
        rule: Correspondence,
        divisions: dict[int, Parts],
        kept: set[int | None],
    ) -> dict[int, Parts]:
        """The divisions without those of what is summed over by devices that results are cut by.

        Results are divided by what their own dimensions are, in XLA's two partitioners alike, so
        the operand is brought together along that dimension: weights that lie in parts on the
        devices that divide the batch (fully sharded data parallelism).
        """
        used = [part for label, parts in divisions.items() if label in kept for part in parts]
        given_up = {
            label
            for label, parts in divisions.items()
            if label not in kept and any(a.overlaps(b) for a in parts for b in used)
        }
        if not given_up:
            return divisions
        rest = {label: parts for label, parts in divisions.items() if label not in given_up}
        for name, operand, labels in zip(names, operands, rule.operands, strict=True):
            owner = self.typed.find_owner(name)
            if owner is None or not isinstance(operand, Sharding):
                continue
            cuts = zip(labels, operand.dimensions, strict=True)
            if not any(label in given_up and cut_by for label, cut_by in cuts):
                continue
            parts = tuple(() if each is None else rest.get(each, ()) for each in labels)
            sizes = _sizes(owner.types[name]) or ()
            gathered = TensorType(owner.types[name].element_type, cut(sizes, Sharding(parts)))
            self.placements.gather(owner, name, gathered)
        return rest


def _overlap(divisions: Mapping[int, Parts]) -> bool:
    """Whether two labels need the same devices."""
    used = sorted(
        (part for parts in divisions.values() for part in parts), key=lambda part: part.stride
    )
    return any(first.overlaps(second) for first, second in pairwise(used))


def _cut_sizes(tensor: TensorType, placement: Placement) -> Sizes | None:
    """The sizes of the largest part; None where they are not known."""
    sizes = _sizes(tensor)
    if not isinstance(placement, Sharding) or placement.freedom == "open" or sizes is None:
        return None
    return cut(sizes, placement)


def _count(parts: Parts) -> int:
    return math.prod(part.count for part in parts)


def _find_largest_part(
    divisions: Mapping[int, Parts], rule: Correspondence, shapes: Sequence[Sizes]
) -> Fraction:
    """The share of the device with the largest parts of all dimensions."""
    share = Fraction(1)
    sizes = {
        label: size
        for labels, shape in zip((*rule.operands, *rule.results), shapes, strict=True)
        for label, size in zip(labels, shape, strict=True)
        if size
    }
    for label, parts in divisions.items():
        size = sizes.get(label, 1)
        share *= Fraction(-(-size // _count(parts)), size)
    return share


def _is_even(divisions: Mapping[int, Parts], labels: Labels, sizes: Sizes) -> bool:
    return all(
        label is None or size % _count(divisions.get(label, ())) == 0
        for label, size in zip(labels, sizes, strict=True)
    )


def _divide(operands: Sequence[Placement], labels: Sequence[Labels]) -> dict[int, Parts] | None:
    """The division of each label; None where operands disagree."""
    divisions: dict[int, Parts] = {}
    for operand, own in zip(operands, labels, strict=True):
        if not isinstance(operand, Sharding):
            continue
        if len(operand.dimensions) != len(own):
            return None
        for parts, label in zip(operand.dimensions, own, strict=True):
            if parts and (label is None or divisions.setdefault(label, parts) != parts):
                return None
    return divisions


def _agree(first: Placement, second: Placement) -> Placement:
    if first == second or second == "free":
        return first
    if first == "free":
        return second
    if not isinstance(first, Sharding) or not isinstance(second, Sharding):
        return "unknown"
    if first.dimensions != second.dimensions:
        return "unknown"
    return first if first.freedom == "open" else second


def _agree_all(places: Sequence[Placement]) -> Placement:
    agreed: Placement = "free"
    for place in places:
        agreed = _agree(agreed, place)
    return agreed


def _scalar_or_unknown(tensor: TensorType | None) -> Placement:
    """A single number is whole on every device."""
    return whole(0) if tensor is not None and tensor.shape == () else "unknown"
