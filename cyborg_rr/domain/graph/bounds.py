"""Sizes that depend on data and of which the largest value is known.

``Bounded`` is a symbol that carries its largest value, so that whatever is reckoned of it can carry
one too; its least value is always 0. A rule that makes a size of its own calls it ``NEW``, and
inference gives it a name. What arithmetic makes of bounded sizes has no name, as ``ANY`` has none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple, assert_never

ANY: Final = "?"
"""A dimension of unknown size that no symbol names; two of them need not be equal."""

NEW: Final = "*"
"""The name of a size that a rule has just made, the same for all results of its node."""

MAX_ELEMENTS: Final = 2**63


class Bounded(str):
    """The name of a symbol (or ``ANY``) with the largest size that it may stand for.

    ``is_found`` marks one that inference named: it has one size in one run of its block only.
    """

    __slots__ = ("is_found", "most")

    most: int
    is_found: bool

    def __new__(cls, name: str, most: int, is_found: bool = False) -> Bounded:
        """Name, largest value, and whether inference made the name."""
        made = super().__new__(cls, name)
        made.most = most
        made.is_found = is_found
        return made


def find_largest(size: object) -> int | None:
    """The largest value of a size, itself when it is a number that is no less than 0."""
    if isinstance(size, Bounded):
        return size.most
    if isinstance(size, int) and size >= 0:
        return int(size)
    return None


def bound(most: int | None) -> str:
    """An unnamed size that is at most so large; ``ANY`` where that is not known or absurd."""
    return ANY if most is None or not 0 <= most <= MAX_ELEMENTS else Bounded(ANY, most)


def bound_by(*sizes: object) -> str:
    """An unnamed size that is at most as large as each of those that have a largest value."""
    known = [most for size in sizes if (most := find_largest(size)) is not None]
    return bound(min(known)) if known else ANY


def either(sizes: Iterable[object]) -> str:
    """An unnamed size that is one of these; ``ANY`` where one has no largest value."""
    largest = [find_largest(size) for size in sizes]
    known = [most for most in largest if most is not None]
    return bound(max(known)) if known and len(known) == len(largest) else ANY


def find_product(sizes: Iterable[object]) -> int | None:
    """The largest product of sizes, None where one has no largest value."""
    total = 1
    for size in sizes:
        most = find_largest(size)
        if most is None:
            return None
        total *= most
    return total


Relation = Literal["at least", "at most", "a multiple of"]


class Condition(NamedTuple):
    """What a file asks of the size of one symbol; ``number`` is at least 0, of a multiple 1."""

    symbol: str
    relation: Relation
    number: int

    def holds(self, size: int) -> bool:
        """Whether a size is as asked."""
        return self.meet(size) == size

    def meet(self, size: int) -> int:
        """The size itself, or the nearest that is as asked; upwards to a multiple."""
        match self.relation:
            case "at least":
                return max(size, self.number)
            case "at most":
                return min(size, self.number)
            case "a multiple of":
                return -(-size // self.number) * self.number
            case _:
                assert_never(self.relation)
