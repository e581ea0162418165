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


FAR = 10.0
"""Doublings of all figures together by which a class of the same kind or vendor may be farther away
than the closest of all, as one that is a thousand times as large in one of them: a card of a data
centre is not near a stick without memory because both are called NPU."""


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
        """The closest class: of the same kind and vendor unless such are far, then by figures."""
        own = _place(asked)
        near = self._by_vendor.get((own.kind, own.vendor)) or self._by_kind.get(own.kind)
        closest = _find_closest(own, near or self._all)
        if closest is not None and not own.is_near(closest):
            overall = _find_closest(own, self._all)
            if overall is not None and own.exceeds(closest, overall):
                closest = overall
        return None if closest is None else closest.name


def _find_closest(own: _Place, places: Iterable[_Place]) -> _Place | None:
    others = (place for place in places if place.name != own.name)
    return min(others, key=own.measure, default=None)


class _Place(NamedTuple):
    """Where a class stands among others: doublings of its figures, None where not stated."""

    name: str
    kind: str
    vendor: str
    architecture: str | None
    figures: tuple[float | None, ...]

    def measure(self, other: _Place) -> tuple[bool, float, str]:
        """How far another class is away: by architecture, then in doublings of its figures."""
        return not self.is_near(other), self.count_doublings(other), other.name

    def is_near(self, other: _Place) -> bool:
        """Whether another class is of the same architecture, whatever else it has."""
        return self.architecture is not None and self.architecture == other.architecture

    def exceeds(self, other: _Place, least: _Place) -> bool:
        """Whether a class is much farther away than another one."""
        return self.count_doublings(other) > self.count_doublings(least) + FAR

    def count_doublings(self, other: _Place) -> float:
        """How far the figures of another class are from those of this one, taken together."""
        return sum(map(_count_doublings, self.figures, other.figures))


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
