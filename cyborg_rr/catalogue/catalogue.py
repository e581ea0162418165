"""The catalogue: what is known of devices, looked up by product or by what a driver found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.catalogue.coverages import Coverages
from cyborg_rr.catalogue.describing.describe import Describer
from cyborg_rr.catalogue.describing.identify import Identifier
from cyborg_rr.catalogue.knowledge import Knowledge
from cyborg_rr.catalogue.measurements import Measurements, make_measurements
from cyborg_rr.catalogue.products import Product
from cyborg_rr.domain.errors import InvalidInput, NotFound
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.representation.coverage.table import CoverageTable
from cyborg_rr.domain.representation.measured.measurement import Measurement
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.runtimes import Runtimes

REMEMBERED = 4096
"""Representations kept: a fleet has few distinct facts, an attacker's reports may have many."""


@dataclass(frozen=True)
class Catalogue:
    """Products and what follows from them.

    ``content_hash`` is that of all files together but the coverage tables that ship: no
    representation holds anything of these. ``version`` names the ``measurements`` too; what
    devices offer is described without them, so that what a host reports does not depend on them.
    """

    content_hash: str
    version: str
    knowledge: Knowledge
    _by_id: Mapping[str, Product]
    coverages: Coverages = field(default_factory=Coverages)
    measurements: Measurements = field(default_factory=Measurements)
    _measured: dict[str, tuple[object, Measurements]] = field(default_factory=dict)
    _found: dict[DeviceFacts, ResourceRepresentation] = field(default_factory=dict)

    @property
    def products(self) -> tuple[Product, ...]:
        """All products, in the order of the files."""
        return tuple(self._by_id.values())

    def product(self, product_id: str) -> Product:
        """The product of that id; ``NotFound`` when there is none."""
        try:
            return self._by_id[product_id]
        except KeyError:
            raise NotFound("product", product_id) from None

    @property
    def runtimes(self) -> Runtimes:
        """What executes models on the devices."""
        return self.knowledge.runtimes

    def find_coverage(self, name: str) -> CoverageTable | None:
        """What a toolchain takes, by the name of its coverage table; None: there is none."""
        return self.coverages.find(name)

    def measure(self, more: tuple[Measurement, ...]) -> Measurements:
        """The measurements of the files together with others; the same one counts once.

        What was made last is kept: the same tuple gives it again.
        """
        if not more:
            return self.measurements
        kept = self._measured.get("last")
        if kept is None or kept[0] is not more:
            every = dict.fromkeys([*self.measurements.every, *more])
            kept = self._measured["last"] = (more, make_measurements(every))
        return kept[1]

    def name_version(self, measurements: Measurements) -> str:
        """The version of the catalogue with these measurements."""
        base = self.knowledge.version
        return f"{base}+measured.{measurements.version}" if measurements.by_class else base

    def represent(self, facts: DeviceFacts) -> ResourceRepresentation:
        """What a device with these facts offers; never fails, an unknown device says so."""
        found = self._found.get(facts)
        if found is None:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            identity = Identifier(self._by_id).identify(facts)
            found = Describer(self.knowledge).describe(identity, facts)
            self._found[facts] = found
        return found

    def represent_product(
        self, product_id: str, partition: str | None = None
    ) -> ResourceRepresentation:
        """What a product (or one slice of it) offers as far as the catalogue knows.

        ``NotFound`` for an unknown product, ``InvalidInput`` for a partition it cannot have.
        """
        product = self.product(product_id)
        known = [entry.profile for entry in product.partitions]
        if partition is not None and partition not in known:
            choices = f"it has {', '.join(known)}" if known else "none is known"
            raise InvalidInput(f"{product_id} has no partition {partition!r}; {choices}")
        return self.represent(DeviceFacts(product.kind, product.id, partition=partition))
