"""Devices of catalogue products, found nowhere but in a fleet file.

Everything equal is one object (facts, fields, parts of the same position), so that ten thousand
devices take little memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from cyborg_rr.catalogue.products import Product
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle, DeviceFacts
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart

DEVICES_PER_BUS = 32
BUSES = 255


@dataclass(frozen=True, slots=True)
class DeviceGroup:
    """So many equal devices of one product; ``partition`` makes each of them a slice of one."""

    product: Product
    count: int
    partition: str | None = None


@dataclass(frozen=True, slots=True)
class _Position:
    """A place on the simulated bus: the same for all hosts."""

    control_path: Mapping[str, str]
    parts: tuple[FoundPart, ...]


def make_devices(groups: Sequence[DeviceGroup]) -> tuple[FoundDevice, ...]:
    """The devices of one simulated host; addresses follow the order of the groups."""
    return tuple(_make_devices(groups))


def _make_devices(groups: Sequence[DeviceGroup]) -> Iterator[FoundDevice]:
    positions = map(_position, count())
    for group in groups:
        facts, fields = _describe(group.product, group.partition)
        vendor_name = group.product.id.partition("-")[0]
        for _, position in zip(range(group.count), positions, strict=False):
            yield FoundDevice(
                control_path=position.control_path,
                facts=facts,
                fields=fields,
                parts=position.parts,
                vendor_name=vendor_name,
            )


@lru_cache(maxsize=1024)
def _position(index: int) -> _Position:
    bus, device = divmod(index, DEVICES_PER_BUS)
    domain, bus = divmod(bus, BUSES)
    address = PciAddress(domain, bus + 1, device, 0)
    info = address.render_handle_info()
    return _Position(info, (FoundPart(address.render(), (AttachHandle("TEST_PCI", info),)),))


def _describe(product: Product, partition: str | None) -> tuple[DeviceFacts, DeviceFields]:
    pci_id = next((pci_id for pci_id in product.pci_ids if not pci_id.role), None)
    facts = DeviceFacts(
        kind=product.kind,
        product=product.id,
        product_name=product.name,
        vendor_id=pci_id.vendor_id if pci_id else None,
        device_id=pci_id.device_id if pci_id else None,
        partition=partition,
    )
    fields = DeviceFields(
        vendor=pci_id.vendor_id if pci_id else product.vendor,
        model=product.name,
        std_board_info={"product_id": pci_id.device_id} if pci_id else {},
    )
    return facts, fields
