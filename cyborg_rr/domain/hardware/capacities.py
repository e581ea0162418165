"""What of a device can be consumed, what lies in one isolation unit, and who over-draws.

One rule serves a whole function against its virtual functions, placements of partitions, types of
mediated devices, boards and IOMMU groups. It is neutral: Placement sees it as inventories with
reservations, Kubernetes as shared counters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
    """What cannot be granted: the capacity or unit, and how much of it is left."""

    name: str
    wanted: int
    left: int

    def __str__(self) -> str:
        return f"{self.wanted} of {self.name} is wanted, {self.left} is left"


def find_overdraft(
    wanted: Drawing,
    held: Iterable[Drawing],
    capacities: Mapping[str, int],
) -> Overdraft | None:
    """Why the drawing cannot be granted beside what is held, or None when it can.

    ``capacities`` are those of the wanted drawing's device; what is held may lie on any device of
    the host. A capacity that the device does not have has nothing left.
    """
    drawn: Counter[str] = Counter()
    for other in held:
        if wanted.unit is not None and other.unit == wanted.unit and not _is_shared(wanted, other):
            return Overdraft(wanted.unit, 1, 0)
        if other.device == wanted.device:
            drawn.update(other.consumes)
    for name, amount in sorted(wanted.consumes.items()):
        left = capacities.get(name, 0) - drawn[name]
        if amount > left:
            return Overdraft(name, amount, max(left, 0))
    return None


def _is_shared(wanted: Drawing, other: Drawing) -> bool:
    return wanted.holder is not None and wanted.holder == other.holder


def count_fitting(consumptions: Sequence[Mapping[str, int]], capacities: Mapping[str, int]) -> int:
    """How many of the handles of one deployable can be held at a time, taken in their order."""
    drawn: Counter[str] = Counter()
    fitting = 0
    for consumes in consumptions:
        if all(
            drawn[name] + amount <= capacities.get(name, 0) for name, amount in consumes.items()
        ):
            drawn.update(consumes)
            fitting += 1
    return fitting
