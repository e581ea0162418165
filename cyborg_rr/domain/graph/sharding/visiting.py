"""One node: what its operands' divisions make of its results, and what it brings together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from cyborg_rr.domain.graph.graph import Node, TensorType
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.sharding.correspondence import (
    Correspondence,
    Labels,
    Sizes,
    find_correspondence,
)
from cyborg_rr.domain.graph.sharding.placements import Placement, Placements, find_rank, find_sizes
from cyborg_rr.domain.graph.shardings import Freedom, Parts, Sharding, cut, whole


@dataclass(slots=True)
class Visit:
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
            ranks = [None if each is None else find_rank(each) for each in results]
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
        before = [find_sizes(each) for each in types]
        after = [find_sizes(each) for each in outputs]
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
            sizes = find_sizes(owner.types[name]) or ()
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
    sizes = find_sizes(tensor)
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


def _scalar_or_unknown(tensor: TensorType | None) -> Placement:
    """A single number is whole on every device."""
    return whole(0) if tensor is not None and tensor.shape == () else "unknown"
