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


_Figures = tuple[float | None, ...]


class Nearest:
    """The device classes that run the model as it is, to be asked by ones that do not.

    Classes of equal figures are measured once, and what asks with equal figures is answered once.
    """

    def __init__(self, running: Iterable[ResourceRepresentation]) -> None:
        self._by_vendor: dict[tuple[str, str], _Group] = {}
        self._by_kind: dict[str, _Group] = {}
        self._all = _Group()
        self._found: dict[_Place, str | None] = {}
        for entry in running:
            place, name = _place(entry), entry.device_class
            vendor = self._by_vendor.setdefault((place.kind, place.vendor), _Group())
            for group in (vendor, self._by_kind.setdefault(place.kind, _Group()), self._all):
                group.add(place, name)

    def find(self, asked: ResourceRepresentation) -> str | None:
        """The closest class: of the same kind and vendor unless such are far, then by figures."""
        own = _place(asked)
        if own not in self._found:
            self._found[own] = self._find(own)
        return self._found[own]

    def _find(self, own: _Place) -> str | None:
        near = self._by_vendor.get((own.kind, own.vendor)) or self._by_kind.get(own.kind)
        closest = (near or self._all).find_closest(own)
        if closest is not None and not closest.is_near and closest.doublings > FAR:
            overall = self._all.find_closest(own)
            if overall is not None and closest.doublings > overall.doublings + FAR:
                closest = overall
        return None if closest is None else closest.name


class _Place(NamedTuple):
    """Where a class stands among others: doublings of its figures, None where not stated."""

    kind: str
    vendor: str
    architecture: str | None
    figures: _Figures


class _Measured(NamedTuple):
    """How far a class is away: in doublings of its figures, unless it is of one architecture."""

    doublings: float
    name: str
    is_near: bool


class _Group:
    """Classes by their figures, of equal ones the first by name."""

    def __init__(self) -> None:
        self._names: dict[_Figures, str] = {}
        self._alike: dict[str, dict[_Figures, str]] = {}
        self._found: dict[tuple[str | None, _Figures], _Measured | None] = {}

    def add(self, place: _Place, name: str) -> None:
        """One more class."""
        _keep_first(self._names, place.figures, name)
        if place.architecture is not None:
            alike = self._alike.setdefault(place.architecture, {})
            _keep_first(alike, place.figures, name)

    def find_closest(self, own: _Place) -> _Measured | None:
        """Of the same architecture if there are such, whatever else they have; then by figures."""
        architecture = own.architecture if own.architecture in self._alike else None
        key = architecture, own.figures
        if key not in self._found:
            names = self._names if architecture is None else self._alike[architecture]
            least = _find_least(own.figures, names)
            found = None if least is None else _Measured(*least, architecture is not None)
            self._found[key] = found
        return self._found[key]


def _keep_first(names: dict[_Figures, str], figures: _Figures, name: str) -> None:
    names[figures] = min(name, names.get(figures, name))


def _place(entry: ResourceRepresentation) -> _Place:
    figures = entry.memory_bytes, entry.bandwidth_bytes_per_second, _find_rate(entry)
    return _Place(
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


def _find_least(own: _Figures, names: dict[_Figures, str]) -> tuple[float, str] | None:
    """How far the figures of the closest class are, taken together, and its name; of one that is
    not stated the least is the nearest."""
    least: tuple[float, str] | None = None
    for figures, name in names.items():
        total = 0.0
        for figure, other in zip(own, figures, strict=True):
            if figure is None:
                total += UNKNOWN_FIGURE if other is None else other
            else:
                total += UNKNOWN_DISTANCE if other is None else abs(figure - other)
            if least is not None and total > least[0]:
                break  # the others only add to it
        else:
            if least is None or (total, name) < least:
                least = total, name
    return least
