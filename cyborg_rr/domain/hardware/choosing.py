"""Which free handle a request gets, and why it gets none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from cyborg_rr.domain.hardware.capacities import (
    Drawing,
    Drawn,
    Overdraft,
    count_fitting,
    draws_all,
    fits,
    subtract,
)
from cyborg_rr.domain.hardware.stored import HandleState

MAX_NAMED = 4
"""How many requests a refusal names; the others are counted."""


@dataclass(frozen=True, slots=True)
class FreeHandle:
    """A handle that nobody has: its row, its deployable's row, and what it would draw.

    ``key`` says what is given: of a device nobody gets it while somebody has it as another part.
    """

    id: int
    deployable_id: int
    drawing: Drawing
    key: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """A handle that is not free: what it draws, and which request of which project holds it."""

    deployable_id: int
    drawing: Drawing
    state: HandleState
    arq_uuid: str | None = None
    project_id: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A request that wants a handle of a deployable for an instance."""

    deployable_id: int
    holder: str
    arq_uuid: str
    project_id: str | None = None


class HostHoldings:
    """All that is not free on what is looked at of one host, and the sum of what it draws."""

    __slots__ = ("drawn", "holdings")

    def __init__(self, holdings: Iterable[Holding] = ()) -> None:
        self.holdings: list[Holding] = []
        self.drawn = Drawn()
        for holding in holdings:
            self.add(holding)

    def add(self, holding: Holding) -> None:
        """Count one more."""
        self.holdings.append(holding)
        self.drawn.add(holding.drawing)


@dataclass(slots=True)
class Stock:
    """What a device has: its capacities, its free handles, and what is held on its host."""

    capacities: Mapping[str, int]
    host: HostHoldings
    free: list[FreeHandle] = field(default_factory=list)

    def list_holdable(self, deployable_id: int, holder: str | None = None) -> list[FreeHandle]:
        """The free handles of a deployable that the holder could have now, each alone.

        Without a holder: what somebody could have who has nothing on this host.
        """
        return [
            handle
            for handle in self.free
            if handle.deployable_id == deployable_id
            and self.host.drawn.find_overdraft(_held_by(handle, holder), self.capacities) is None
        ]

    def count_holdable(self, deployable_id: int) -> int:
        """How many handles of a deployable could be had at a time, by one who has nothing here."""
        holdable = self.list_holdable(deployable_id)
        if not holdable:
            return 0
        left = self.host.drawn.count_left(holdable[0].drawing.device, self.capacities)
        return count_fitting((handle.drawing.consumes for handle in holdable), left)

    def choose(self, wish: Wish) -> FreeHandle | None:
        """The handle that leaves most to others; None when the wish cannot be granted.

        First one in a unit that the holder has already, then one after which most other handles
        of the device can still be held, then one that shares its unit with few, then the first.
        """
        options = self.list_holdable(wish.deployable_id, wish.holder)
        kinds = Counter(_kind_of(handle) for handle in self.free)
        mates = Counter(handle.drawing.unit for handle in self.free)
        rest = {_kind_of(option): self._count_rest(option, kinds) for option in options}
        return min(
            options,
            key=lambda option: (
                not self.host.drawn.is_shared(option.drawing.unit, wish.holder),
                -rest[_kind_of(option)],
                mates[option.drawing.unit],
            ),
            default=None,
        )

    def take(self, handle: FreeHandle, wish: Wish) -> None:
        """Count the handle as held by who made the wish."""
        self.free.remove(handle)
        self.withhold({handle.key} - {""})
        self.host.add(
            Holding(
                handle.deployable_id,
                _held_by(handle, wish.holder),
                HandleState.HELD,
                wish.arq_uuid,
                wish.project_id,
            )
        )

    def withhold(self, keys: Collection[str]) -> None:
        """Offer nothing that somebody has as another part of the device."""
        self.free = [handle for handle in self.free if handle.key not in keys]

    def explain(self, wish: Wish, name: str) -> str:
        """Why the wish cannot be granted; ``name`` is what the deployable is called.

        Only requests of the wish's own project are named: others are nobody else's business.
        """
        free = [handle for handle in self.free if handle.deployable_id == wish.deployable_id]
        if not free:
            own = [each for each in self.host.holdings if each.deployable_id == wish.deployable_id]
            return f"every attach handle of {name} is in use ({_say_who(own, wish.project_id)})"
        wanted = _held_by(free[0], wish.holder)
        overdraft = self.host.drawn.find_overdraft(wanted, self.capacities)
        if overdraft is None:
            return f"no attach handle of {name} was granted"
        in_the_way = [
            each
            for each in self.host.holdings
            if _is_in_the_way(each.drawing, wanted, overdraft, self.capacities)
        ]
        return (
            f"no attach handle of {name} can be held now: {overdraft}"
            f" ({_say_who(in_the_way, wish.project_id)})"
        )

    def _count_rest(self, option: FreeHandle, kinds: Mapping[_Kind, int]) -> int:
        left = subtract(
            self.host.drawn.count_left(option.drawing.device, self.capacities),
            option.drawing.consumes,
        )
        return sum(count for kind, count in kinds.items() if fits(dict(kind), left))


def _is_in_the_way(
    drawing: Drawing, wanted: Drawing, overdraft: Overdraft, capacities: Mapping[str, int]
) -> bool:
    if overdraft.is_unit:
        return drawing.unit == overdraft.name
    takes_it = overdraft.name in drawing.consumes or draws_all(drawing.consumes, capacities)
    return drawing.device == wanted.device and takes_it


_Kind = tuple[tuple[str, int], ...]


def _kind_of(handle: FreeHandle) -> _Kind:
    return tuple(sorted(handle.drawing.consumes.items()))


def _held_by(handle: FreeHandle, holder: str | None) -> Drawing:
    return handle.drawing if holder is None else replace(handle.drawing, holder=holder)


def _say_who(holdings: Iterable[Holding], project_id: str | None) -> str:
    own: list[str] = []
    others: Counter[str] = Counter()
    for holding in holdings:
        is_own = project_id is not None and holding.project_id == project_id
        if is_own and holding.arq_uuid is not None and len(own) < MAX_NAMED:
            own.append(f"accelerator request {holding.arq_uuid} has one")
        else:
            others[_say_state(holding.state)] += 1
    return ", ".join(own + [f"{count} {words}" for words, count in others.items()]) or "none there"


def _say_state(state: HandleState) -> str:
    match state:
        case HandleState.FREE:
            return "free"
        case HandleState.HELD:
            return "held by others"
        case HandleState.RELEASING:
            return "being released"
        case HandleState.DIRTY:
            return "waiting to be cleaned"
        case HandleState.QUARANTINED:
            return "in quarantine"
        case _:
            assert_never(state)
