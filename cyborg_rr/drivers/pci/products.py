"""What the catalogue knows of one vendor's devices of a kind, by their PCI ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cyborg_rr.catalogue.pci_ids import PciId
from cyborg_rr.catalogue.products import Product, list_shipped


@dataclass(frozen=True, slots=True)
class KnownDevices:
    """Names of devices by their id; ``virtual``: by the id of their virtual functions."""

    names: Mapping[str, str]
    virtual: Mapping[str, str]

    def has(self, device_id: str) -> bool:
        """Whether a device or a virtual function of one has this id."""
        return device_id in self.names or device_id in self.virtual


@cache
def find_known(vendor_id: str, kind: str) -> KnownDevices:
    """All that ship with the service; none for a vendor or kind that it does not know."""
    products = [product for product in list_shipped() if product.kind == kind]
    named: dict[str, list[str]] = {}
    owners: dict[str, str] = {}
    for product in products:
        own = [pci_id for pci_id in product.pci_ids if pci_id.vendor_id == vendor_id]
        for index, pci_id in enumerate(own):
            if pci_id.role == "vf":
                owners[pci_id.device_id] = _find_owner(own[:index])
            else:
                named.setdefault(pci_id.device_id, []).append(_find_plain_name(product))
    names = {device_id: _find_common_name(known) for device_id, known in named.items()}
    return KnownDevices(names, {device_id: names[owner] for device_id, owner in owners.items()})


@cache
def list_managing() -> frozenset[tuple[str, str]]:
    """Ids, with their vendors', of functions that only manage: the card's user has another one."""
    return frozenset(
        (pci_id.vendor_id, pci_id.device_id)
        for product in list_shipped()
        if any(pci_id.role == "user" for pci_id in product.pci_ids)
        for pci_id in product.pci_ids
        if not pci_id.role
    )


def _find_owner(before: list[PciId]) -> str:
    """The device in whose brackets a function stands: the last one before it."""
    return next(pci_id.device_id for pci_id in reversed(before) if not pci_id.role)


def _find_plain_name(product: Product) -> str:
    """Its name without what stands in brackets about boards."""
    return product.name.partition("(")[0].strip()


def _find_common_name(names: list[str]) -> str:
    """The words that all of the products with one id begin with; the first one's, if none."""
    common: list[str] = []
    for words in zip(*(name.split() for name in names), strict=False):
        if len(set(words)) > 1:
            break
        common.append(words[0])
    return " ".join(common) or names[0]
