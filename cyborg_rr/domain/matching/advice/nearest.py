"""Which of the devices that run a model is closest to one that does not."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.words import PEAK_RATES

UNKNOWN_DISTANCE = 8.0
"""How far a figure that nobody stated is from one that is: as one 256 times as large."""

UNKNOWN_FIGURE = 64.0
"""Stands for the logarithm of a figure that nobody stated where the least is looked for."""


class Nearest:
    """The device classes that run the model as it is, to be asked for the closest."""

    def __init__(self, running: Iterable[ResourceRepresentation]) -> None:
        self._by_vendor: dict[tuple[str, str], list[_Place]] = {}
        self._by_kind: dict[str, list[_Place]] = {}
        self._all = [_place(entry) for entry in running]
        for place in self._all:
            self._by_kind.setdefault(place.kind, []).append(place)
            self._by_vendor.setdefault((place.kind, place.vendor), []).append(place)

    def find(self, asked: ResourceRepresentation) -> str | None:
        """The closest class: of the same kind and vendor where there are such, then by figures."""
        own = _place(asked)
        near = self._by_vendor.get((own.kind, own.vendor)) or self._by_kind.get(own.kind)
        others = (place for place in near or self._all if place.name != own.name)
        closest = min(others, key=own.measure, default=None)
        return None if closest is None else closest.name


class _Place(NamedTuple):
    """Where a class stands among others: doublings of its figures, None where not stated."""

    name: str
    kind: str
    vendor: str
    architecture: str | None
    figures: tuple[float | None, ...]

    def measure(self, other: _Place) -> tuple[bool, float, str]:
        """How far another class is away: by architecture, then in doublings of its figures."""
        doublings = sum(map(_count_doublings, self.figures, other.figures))
        differs = self.architecture is None or self.architecture != other.architecture
        return differs, doublings, other.name


def _place(entry: ResourceRepresentation) -> _Place:
    figures = entry.memory_bytes, entry.bandwidth_bytes_per_second, _find_rate(entry)
    return _Place(
        entry.device_class,
        entry.kind,
        entry.vendor,
        entry.architecture,
        tuple(math.log2(figure) if figure else None for figure in figures),
    )


def _find_rate(entry: ResourceRepresentation) -> float | None:
    """The rate of 16-bit floats, else the highest that is stated."""
    rates = entry.peak_rates
    wanted = next((name for name in ("f16", "bf16") if name in rates and name in PEAK_RATES), None)
    return rates[wanted] if wanted else max(rates.values(), default=None)


def _count_doublings(own: float | None, other: float | None) -> float:
    """Between two figures; of one that is not stated the least is the nearest."""
    if own is None:
        return UNKNOWN_FIGURE if other is None else other
    return UNKNOWN_DISTANCE if other is None else abs(own - other)
