"""What of a device can be consumed, what lies in one isolation unit, and who over-draws.

One rule serves a whole function against its virtual functions, placements of partitions, types of
mediated devices, boards and IOMMU groups. It is neutral: Placement sees it as inventories with
reservations, Kubernetes as shared counters.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

FUNCTIONS = "functions"
"""Capacity of a device with virtual functions: the whole of it consumes all, each of them one."""

ALL_FUNCTIONS = 1 << 16
"""Its total, larger than any number of virtual functions (NumVFs of SR-IOV has 16 bits), so that
it is the same however many are enabled."""

VIRTUAL_FUNCTION = "vf"
"""What the part of a device that its virtual functions make is called, and described as."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What one handle takes, or would take, on its host.

    ``device`` names the device whose capacities it consumes. ``unit`` is the isolation unit that
    it lies in: all that is held of one unit is held by one ``holder`` (an instance; None is nobody,
    so that what nobody holds any more but is not free yet is in everybody's way).
    """

    device: str
    consumes: Mapping[str, int] = field(default_factory=dict)
    unit: str | None = None
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class Overdraft:
    """What cannot be granted: the capacity or unit, and how much of it is left.

    Without a name it is the device as such: what is held of it was cut from it in another way.
    """

    name: str
    wanted: int
    left: int
    is_unit: bool = False

    def __str__(self) -> str:
        if self.is_unit:
            return f"all that is held of the unit {self.name} belongs to one instance"
        if not self.name:
            return "its device was divided in another way when a part of it was given out"
        return f"{self.wanted} of {self.name} is wanted, {self.left} is left"


def draws_all(consumes: Iterable[str], capacities: Mapping[str, int]) -> bool:
    """Whether what is held draws all of its device: it names nothing of what that has.

    It was granted when nobody said what it takes, or when the device had other capacities or none;
    what takes something of a device that has no capacities now was cut from it in another way.
    """
    names = frozenset(consumes)
    return bool(capacities or names) and names.isdisjoint(capacities)


class Drawn:
    """What is drawn on one host, summed up so that each look at it costs the same."""

    __slots__ = ("_amounts", "_holders", "_names")

    def __init__(self, held: Iterable[Drawing] = ()) -> None:
        self._amounts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._holders: defaultdict[str, set[str | None]] = defaultdict(set)
        self._names: defaultdict[str, set[frozenset[str]]] = defaultdict(set)
        for drawing in held:
            self.add(drawing)

    def add(self, drawing: Drawing) -> None:
        """Count one more as drawn."""
        self._amounts[drawing.device].update(drawing.consumes)
        self._names[drawing.device].add(frozenset(drawing.consumes))
        if drawing.unit is not None:
            self._holders[drawing.unit].add(drawing.holder)

    def count_left(self, device: str, capacities: Mapping[str, int]) -> dict[str, int]:
        """How much of each capacity of a device is not drawn."""
        if self._is_drawn(device, capacities):
            return dict.fromkeys(capacities, 0)
        drawn = self._amounts[device]
        return {name: total - drawn[name] for name, total in capacities.items()}

    def _is_drawn(self, device: str, capacities: Mapping[str, int]) -> bool:
        """Whether something that is held draws all of a device."""
        return any(draws_all(names, capacities) for names in self._names[device])

    def is_shared(self, unit: str | None, holder: str | None) -> bool:
        """Whether something of the unit is held, and all that is by that holder."""
        return unit is not None and holder is not None and self._holders.get(unit) == {holder}

    def find_overdraft(self, wanted: Drawing, capacities: Mapping[str, int]) -> Overdraft | None:
        """Why the drawing cannot be granted beside what is drawn, or None when it can.

        ``capacities`` are those of its device; one that the device does not have has nothing left.
        """
        is_taken = wanted.unit is not None and self._holders.get(wanted.unit)
        if wanted.unit is not None and is_taken and not self.is_shared(wanted.unit, wanted.holder):
            return Overdraft(wanted.unit, 1, 0, is_unit=True)
        if not wanted.consumes:
            is_drawn = self._is_drawn(wanted.device, capacities)
            return Overdraft("", 1, 0) if is_drawn else None
        left = self.count_left(wanted.device, capacities)
        for name, amount in sorted(wanted.consumes.items()):
            if amount > left.get(name, 0):
                return Overdraft(name, amount, max(left.get(name, 0), 0))
        return None


def find_overdraft(
    wanted: Drawing,
    held: Iterable[Drawing],
    capacities: Mapping[str, int],
) -> Overdraft | None:
    """``Drawn.find_overdraft`` for one look: what is held may lie on any device of the host."""
    return Drawn(held).find_overdraft(wanted, capacities)


def fits(consumes: Mapping[str, int], left: Mapping[str, int]) -> bool:
    """Whether so much is left."""
    return all(amount <= left.get(name, 0) for name, amount in consumes.items())


def subtract(left: Mapping[str, int], consumes: Mapping[str, int]) -> dict[str, int]:
    """What is left after that."""
    return {name: amount - consumes.get(name, 0) for name, amount in left.items()}


def count_fitting(consumptions: Iterable[Mapping[str, int]], left: Mapping[str, int]) -> int:
    """How many of the handles of one deployable can be held at a time, taken in their order.

    ``left`` are the capacities of their device, or what is left of them.
    """
    fitting = 0
    for consumes in consumptions:
        if fits(consumes, left):
            left = subtract(left, consumes)
            fitting += 1
    return fitting
