"""A representation in the making: what the catalogue knows, and how the device differs from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cyborg_rr.catalogue.describing.identify import Identity
from cyborg_rr.catalogue.describing.merging import merge_products
from cyborg_rr.catalogue.products import Product
from cyborg_rr.domain.hardware.capacities import VIRTUAL_FUNCTION
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.hardware.keys import hash_key, render_canonical
from cyborg_rr.domain.representation.representation import CATALOGUED, REPORTED

_NOT_IN_NAME = re.compile(r"[^a-z0-9.]+")


@dataclass
class Draft:
    """What is being put together; ``differs`` holds the facts that are not the catalogue's.

    ``is_known`` says that the catalogue knows the product, ``is_virtual`` that the device is a
    function of a card that others share.
    """

    product: Product
    is_known: bool
    is_virtual: bool
    notes: list[str]
    unknown: list[str] = field(default_factory=list)
    differs: dict[str, object] = field(default_factory=dict)

    def name_sources(self, facts: DeviceFacts) -> dict[str, str]:
        """Of each fact that a driver can report, whether this one's did or the catalogue says it.

        Where both say the same the catalogue's figure stands: equal devices are of one class.
        """
        return {
            name: REPORTED if name in self.differs else CATALOGUED
            for name, is_stated in self._list_facts(facts).items()
            if is_stated or name in self.differs
        }

    def _list_facts(self, facts: DeviceFacts) -> dict[str, bool]:
        product = self.product
        return {
            "architecture": product.architecture is not None,
            "memory_bytes": product.nominal_memory_bytes is not None,
            "bandwidth_bytes_per_second": product.bandwidth_bytes_per_second is not None,
            "interconnect": product.interconnect is not None and facts.partition is None,
            "pcie": product.pcie is not None,
            "partitions": bool(product.partitions) and facts.partition is None,
            "functions": False,
            "platforms": False,
        }


def start_draft(identity: Identity, facts: DeviceFacts) -> Draft:
    """What follows from which product the device is, or may be, alone."""
    known = bool(identity.candidates)
    product = merge_products(identity.candidates) if known else make_stranger(facts)
    virtual = product.kind != "FPGA" and VIRTUAL_FUNCTION in (identity.role, facts.partition)
    notes = [*identity.notes, *([product.notes] if product.notes else [])]
    if not known:
        notes.append("the catalogue does not know this device")
    if identity.role == "golden":
        notes.append("the card runs its factory image")
    if virtual:
        notes.append("a virtual function: which share of the card it has is not known")
    return Draft(product, known, virtual, notes)


def name_class(draft: Draft, facts: DeviceFacts) -> str:
    """The device class: that of the product, and a hash of what differs from it."""
    parts = [draft.product.id]
    if facts.partition is not None:
        parts.append(_NOT_IN_NAME.sub("-", facts.partition.lower()))
    if draft.is_virtual and facts.partition != VIRTUAL_FUNCTION:
        parts.append(VIRTUAL_FUNCTION)
    if draft.differs:
        parts.append(hash_key(render_canonical(draft.differs))[:8])
    return "-".join(parts)


def make_stranger(facts: DeviceFacts) -> Product:
    """A product of which nothing is known but what the driver says."""
    vendor = _NOT_IN_NAME.sub("-", (facts.vendor_id or "unknown").lower())
    device = _NOT_IN_NAME.sub("-", (facts.device_id or facts.kind or "device").lower())
    return Product(
        id=f"{vendor}-{device}",
        name=facts.product_name or f"{vendor}:{device}",
        vendor=vendor,
        kind=facts.kind,
        pci_ids=(),
        nominal_memory_bytes=None,
        usable_memory_bytes=None,
        memory_has_reserve=True,
        memory_type=None,
        bandwidth_bytes_per_second=None,
        peak_rates={},
        measured_rates={},
        interconnect=None,
        interconnect_bytes_per_second=None,
        pcie=None,
        power_watts=None,
        architecture=None,
        partitions=(),
        toolchains=(),
        source="",
        notes="",
    )
