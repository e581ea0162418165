"""Devices of catalogue products that exist only in the inventory, for demonstrations and tests.

Everything equal is one object (facts, traits, handles of the same position), so that ten thousand
devices take little memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from cyborg_rr.catalogue.pci_ids import PciId
from cyborg_rr.catalogue.products import Product
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    DeviceFacts,
    render_trait,
)
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.representation.resource_class import resource_class_of
from cyborg_rr.drivers.driver import OWNER_TRAIT
from cyborg_rr.drivers.naming import DEVICE_TYPES

DRIVER_NAME = "fake"
DEVICES_PER_BUS = 32
BUSES = 255


@dataclass(frozen=True, slots=True)
class DeviceGroup:
    """So many equal devices of one product; ``partition`` makes each of them a slice of one."""

    product: Product
    count: int
    partition: str | None = None


@dataclass(frozen=True, slots=True)
class _Prototype:
    """All that the devices of one group have in common."""

    facts: DeviceFacts
    type: str
    vendor: str
    resource_class: str
    traits: tuple[str, ...]
    board: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Position:
    """A place on the simulated bus: the same for all hosts."""

    address: str
    control_path: Mapping[str, str]
    handles: tuple[AttachHandle, ...]


def make_devices(host: str, groups: Sequence[DeviceGroup]) -> tuple[Device, ...]:
    """The devices of one simulated host; addresses follow the order of the groups."""
    return tuple(_make_devices(host, groups))


def _make_devices(host: str, groups: Sequence[DeviceGroup]) -> Iterator[Device]:
    positions = map(_position, count())
    for group in groups:
        common = _prototype(group.product, group.partition)
        for _, position in zip(range(group.count), positions, strict=False):
            yield Device(
                type=common.type,
                control_path=position.control_path,
                facts=common.facts,
                deployables=(
                    Deployable(
                        name=f"{host}_{position.address}",
                        resource_class=common.resource_class,
                        handles=position.handles,
                        traits=common.traits,
                        driver_name=DRIVER_NAME,
                    ),
                ),
                fields=DeviceFields(
                    vendor=common.vendor,
                    model=group.product.name,
                    std_board_info=common.board,
                ),
            )


@lru_cache(maxsize=1024)
def _position(index: int) -> _Position:
    bus, device = divmod(index, DEVICES_PER_BUS)
    domain, bus = divmod(bus, BUSES)
    address = PciAddress(domain, bus + 1, device, 0)
    info = address.render_handle_info()
    return _Position(address.render(), info, (AttachHandle("TEST_PCI", info),))


def _prototype(product: Product, partition: str | None) -> _Prototype:
    pci_id = next((pci_id for pci_id in product.pci_ids if not pci_id.role), None)
    return _Prototype(
        facts=DeviceFacts(
            kind=product.kind,
            product=product.id,
            product_name=product.name,
            vendor_id=pci_id.vendor_id if pci_id else None,
            device_id=pci_id.device_id if pci_id else None,
            partition=partition,
        ),
        type=DEVICE_TYPES[product.kind],
        vendor=pci_id.vendor_id if pci_id else product.vendor,
        resource_class=resource_class_of(product.kind, partition),
        traits=(OWNER_TRAIT, *_render_traits(product, pci_id, partition)),
        board={"product_id": pci_id.device_id} if pci_id else {},
    )


def _render_traits(product: Product, pci_id: PciId | None, partition: str | None) -> Iterator[str]:
    """Traits in the manner of the real drivers, and one that names the catalogue's product."""
    vendor = product.id.partition("-")[0]
    details = (partition,) if partition else ()
    if product.kind == "FPGA":
        yield render_trait("FPGA", vendor)
        if pci_id:
            yield render_trait("FPGA_PRODUCT_ID", pci_id.device_id)
    elif pci_id:
        yield render_trait(vendor, pci_id.device_id, *details)
    yield render_trait(product.id, *details)
