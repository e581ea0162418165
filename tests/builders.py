"""Small real values for tests: devices, snapshots, profiles."""

from __future__ import annotations

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    DeviceFacts,
    Snapshot,
)
from cyborg_rr.domain.hardware.fields import DeviceFields


def make_device(
    host: str,
    number: int,
    *,
    handles: int = 1,
    resource_class: str = "PGPU",
    traits: tuple[str, ...] = ("OWNER_CYBORG", "CUSTOM_TEST"),
    product: str = "nvidia-t4",
) -> Device:
    """The device of that number of a host, with one deployable."""
    address = PciAddress(0, number // 32, number % 32, 0)
    return Device(
        type="GPU",
        control_path=address.render_handle_info(),
        facts=DeviceFacts(kind="GPU", product=product),
        deployables=(
            Deployable(
                name=f"{host}_{address.render()}",
                resource_class=resource_class,
                handles=tuple(
                    AttachHandle("TEST_PCI", {**address.render_handle_info(), "function": str(n)})
                    for n in range(handles)
                ),
                traits=traits,
                driver_name="fake",
            ),
        ),
        fields=DeviceFields(
            vendor="10de",
            model="Test device",
        ),
    )


def make_snapshot(host: str, devices: int, *, handles: int = 1) -> Snapshot:
    """A host with so many equal devices."""
    return Snapshot(host, tuple(make_device(host, n, handles=handles) for n in range(devices)))
