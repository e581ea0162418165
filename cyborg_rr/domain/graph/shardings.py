"""How a file divides its values among the devices that it was written for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Freedom = Literal["closed", "open", "manual"]
"""Whether a compiler may divide a value further: no, yes, or no since each device states its own
part (a region that devices run by hand, whose shapes are those of one device)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A division among ``count`` devices whose numbers are ``stride`` apart.

    A stride of 0 says that nobody knows which devices they are.
    """

    stride: int
    count: int

    def overlaps(self, other: Part) -> bool:
        """Whether both divisions need the same devices, or may do so."""
        if not self.stride or not other.stride:
            return True
        first, second = sorted((self, other), key=lambda part: part.stride)
        return first.stride * first.count > second.stride


Parts = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Sharding:
    """For each dimension of a value the divisions of it, the outermost first."""

    dimensions: tuple[Parts, ...]
    freedom: Freedom = "closed"

    @property
    def splits(self) -> tuple[int, ...]:
        """Into how many parts each dimension is cut."""
        return tuple(math.prod(part.count for part in parts) for parts in self.dimensions)

    @property
    def is_split(self) -> bool:
        """Whether a device holds less than the whole."""
        return any(self.dimensions)


def whole(rank: int, freedom: Freedom = "closed") -> Sharding:
    """Every device holds all of the value."""
    return Sharding(((),) * rank, freedom)


def cut(sizes: Sequence[int], sharding: Sharding) -> tuple[int, ...]:
    """The sizes of the largest part: what does not divide is filled up, as XLA does."""
    return tuple(-(-size // n) for size, n in zip(sizes, sharding.splits, strict=True))


def join_parts(parts: Iterable[Part]) -> Parts:
    """One form for equal divisions: neighbours that make one division are written as one."""
    joined: list[Part] = []
    for part in parts:
        if part.count == 1:
            continue
        last = joined[-1] if joined else None
        if last is not None and part.stride and last.stride == part.stride * part.count:
            joined[-1] = Part(part.stride, last.count * part.count)
        else:
            joined.append(part)
    return tuple(joined)
