"""Which product a device is, from what a driver found on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cyborg_rr.catalogue.pci_ids import PciId
from cyborg_rr.catalogue.products import Product
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.representation.architectures import normalise_architecture

MEMORY_BELOW, MEMORY_ABOVE = 0.85, 1.02
"""What a driver reports lies between these shares of the nominal memory."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The products that a device may be (none: unknown), its PCI role and how that was found."""

    candidates: tuple[Product, ...]
    role: str = ""
    memory_gib: float | None = None
    notes: tuple[str, ...] = ()


class Identifier:
    """Looks devices up among products."""

    def __init__(self, products: Mapping[str, Product]) -> None:
        self._products = products

    def identify(self, facts: DeviceFacts) -> Identity:
        """By catalogue id when the driver knows it, else by PCI id, narrowed by other facts."""
        if facts.product is not None and facts.product in self._products:
            return Identity((self._products[facts.product],))
        notes = (
            (f"the catalogue has no product {facts.product}",) if facts.product is not None else ()
        )
        matches = [
            (product, pci_id)
            for product in self._products.values()
            for pci_id in product.pci_ids
            if (pci_id.vendor_id, pci_id.device_id)
            == ((facts.vendor_id or "").lower(), (facts.device_id or "").lower())
        ]
        if not matches:
            return Identity((), notes=notes)
        matches = _by_subsystem(matches, facts)
        pci_id = matches[0][1]
        alike = {product.id: product for product, _ in matches}  # one may have several ids
        candidates = _narrow(tuple(alike.values()), facts)
        if len(candidates) > 1:
            names = ", ".join(product.name for product in candidates)
            notes = (
                *notes,
                f"PCI id {pci_id.render()} is shared by {names}: the least of them is assumed",
            )
        memory = pci_id.memory_gib if len(candidates) == 1 else None
        return Identity(tuple(candidates), pci_id.role, memory, notes)


def _by_subsystem(
    matches: list[tuple[Product, PciId]], facts: DeviceFacts
) -> list[tuple[Product, PciId]]:
    """Matches whose subsystem id is that of the device; else those that state none."""
    own = ((facts.subsystem_vendor_id or "").lower(), (facts.subsystem_device_id or "").lower())
    exact = [match for match in matches if match[1].subsystem == own]
    return exact or [match for match in matches if match[1].subsystem is None] or matches


def _narrow(candidates: Sequence[Product], facts: DeviceFacts) -> list[Product]:
    """Drop candidates that a fact excludes, as long as one is left."""
    left = sorted(candidates, key=lambda product: product.id)
    tests: tuple[Callable[[Product], bool], ...] = (
        lambda product: _memory_fits(product, facts),
        lambda product: _name_fits(product, facts),
        lambda product: _architecture_fits(product, facts),
    )
    for test in tests:
        if len(left) > 1:
            left = [product for product in left if test(product)] or left
    return left


def _memory_fits(product: Product, facts: DeviceFacts) -> bool:
    nominal = product.nominal_memory_bytes
    if facts.memory_bytes is None or nominal is None or facts.partition is not None:
        return True
    return MEMORY_BELOW * nominal <= facts.memory_bytes <= MEMORY_ABOVE * nominal


def _name_fits(product: Product, facts: DeviceFacts) -> bool:
    """Whether each word of the catalogue's name is among those that the driver reports."""
    if facts.product_name is None:
        return True
    reported = set(facts.product_name.lower().replace("-", " ").split())
    name = product.name.lower().split("(", 1)[0].replace("-", " ")
    return set(name.split()) <= reported


def _architecture_fits(product: Product, facts: DeviceFacts) -> bool:
    if facts.architecture is None or product.architecture is None:
        return True
    return normalise_architecture(product.architecture) == normalise_architecture(
        facts.architecture
    )
