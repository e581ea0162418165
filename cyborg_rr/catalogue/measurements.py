"""Measurements of device classes: read from files beside the catalogue's, and asked by class."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from cyborg_rr import codec
from cyborg_rr.domain.errors import BadCatalogue, InvalidInput
from cyborg_rr.domain.hardware.keys import hash_key, render_canonical
from cyborg_rr.domain.representation.measured.checking import NO_PEAKS, Peaks, check_measurement
from cyborg_rr.domain.representation.measured.fitting import fit_class
from cyborg_rr.domain.representation.measured.measurement import Measurement
from cyborg_rr.domain.representation.measured.table import Measured
from cyborg_rr.domain.representation.representation import ResourceRepresentation

SUFFIX: Final = ".measured.json"
"""How the name of a file ends that holds a measurement."""


@dataclass(frozen=True)
class Measurements:
    """Measurements by device class, and by the product that the measured device was."""

    by_class: Mapping[str, tuple[Measurement, ...]] = field(default_factory=dict)
    by_product: Mapping[str, tuple[Measurement, ...]] = field(default_factory=dict)
    _fitted: dict[str, Measured] = field(default_factory=dict, compare=False, repr=False)

    @property
    def every(self) -> tuple[Measurement, ...]:
        """All of them."""
        return tuple(each for found in self.by_class.values() for each in found)

    @cached_property
    def version(self) -> str:
        """A short name of all of them together, whatever their order; empty where there is none."""
        return name_version(self.every) if self.by_class else ""

    def find(self, representation: ResourceRepresentation) -> Measured | None:
        """What devices of its class were seen to do; else whole devices of its product."""
        name = representation.device_class
        found = self.by_class.get(name, ())
        if not any(each.operators for each in found):
            name = find_product(representation) or ""
            found = self.by_product.get(name, ())
        if not any(each.operators for each in found):
            return None
        if name not in self._fitted:
            self._fitted[name] = fit_class(found, name_version(found))
        return self._fitted[name]

    def add_to(self, representation: ResourceRepresentation) -> ResourceRepresentation:
        """The representation with what was measured of its class, if anything was."""
        measured = self.find(representation) if self.by_class else None
        return representation if measured is None else replace(representation, measured=measured)


def make_measurements(measurements: Iterable[Measurement]) -> Measurements:
    """Those of all classes."""
    by_class: dict[str, tuple[Measurement, ...]] = {}
    by_product: dict[str, tuple[Measurement, ...]] = {}
    for each in measurements:
        by_class[each.device_class] = (*by_class.get(each.device_class, ()), each)
        if each.product is not None:
            by_product[each.product] = (*by_product.get(each.product, ()), each)
    return Measurements(by_class, by_product)


def hash_measurement(measurement: Measurement) -> str:
    """The hash of all that it says."""
    return hash_key(render_canonical(codec.render(measurement)))


def name_version(measurements: Iterable[Measurement]) -> str:
    """A short name that differs where measurements do, whatever their order."""
    hashes = sorted(map(hash_measurement, measurements))
    return hash_key("\n".join(hashes))[:12]


def find_product(representation: ResourceRepresentation | None) -> str | None:
    """The one product that a whole device is; None for a part, and where it may be several."""
    if representation is None or representation.partition is not None:
        return None
    return representation.products[0] if len(representation.products) == 1 else None


def find_peaks(representation: ResourceRepresentation | None) -> Peaks:
    """What a device can do at most; nothing is known where there is no representation."""
    if representation is None:
        return NO_PEAKS
    return Peaks(
        representation.peak_rates,
        representation.bandwidth_bytes_per_second,
        representation.memory_bytes,
    )


def parse_measurement(
    document: object, place: str, representation: ResourceRepresentation | None
) -> Measurement:
    """A measurement, held against the device that it is of (None: nobody knows that one).

    ``InvalidInput`` says what is wrong with it.
    """
    measurement = codec.parse(Measurement, document, place)
    check_measurement(measurement, find_peaks(representation))
    product = find_product(representation)
    if measurement.product not in (None, product):
        raise InvalidInput(
            f"{place}.product is {measurement.product}, and the whole of devices of class"
            f" {measurement.device_class} is {product or 'no one product that is known'}"
        )
    return measurement


def read_measurement(text: str, name: str) -> Any:
    """The document in a file; ``BadCatalogue`` names the file."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadCatalogue(f"{name}: is not JSON: {error}") from None


def refuse_twins(measurements: Mapping[str, Measurement]) -> None:
    """``BadCatalogue`` where two files hold the same measurement, which would count twice."""
    seen: dict[Measurement, str] = {}
    for name, measurement in measurements.items():
        other = seen.setdefault(measurement, name)
        if other != name:
            raise BadCatalogue(f"{name}: is the same measurement as {other}")
