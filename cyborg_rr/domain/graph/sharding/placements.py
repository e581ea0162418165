"""How each value of each block is divided, as far as that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from cyborg_rr.domain.graph.bounds import MAX_ELEMENTS
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.sharding.correspondence import (
    Sizes,
)
from cyborg_rr.domain.graph.shardings import Freedom, Sharding

Placement = Sharding | Literal["free", "unknown"]
"""How a value is divided; free: made anew wherever and however it is wanted."""


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


def find_rank(tensor: TensorType) -> int | None:
    """How many dimensions a value has, where that is known."""
    return None if tensor.shape is None else len(tensor.shape)


def find_sizes(tensor: TensorType) -> Sizes | None:
    """The sizes of a value's dimensions, where all are known."""
    if tensor.shape is None or not tensor.is_static:
        return None
    return tuple(size for size in tensor.shape if isinstance(size, int))


def agree(first: Placement, second: Placement) -> Placement:
    """What holds wherever a value comes from: one of two, if they divide alike."""
    if first == second or second == "free":
        return first
    if first == "free":
        return second
    if not isinstance(first, Sharding) or not isinstance(second, Sharding):
        return "unknown"
    if first.dimensions != second.dimensions:
        return "unknown"
    return first if first.freedom == "open" else second


def agree_all(places: Sequence[Placement]) -> Placement:
    """The same for any number of places."""
    agreed: Placement = "free"
    for place in places:
        agreed = agree(agreed, place)
    return agreed
