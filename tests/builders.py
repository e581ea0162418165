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
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.rpc import messages


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


def find_again(device: Device) -> FoundDevice:
    """What a driver finds of a device of ours: all that its host derives nothing of."""
    return FoundDevice(
        control_path=device.control_path,
        facts=device.facts,
        fields=device.fields,
        parts=tuple(
            FoundPart(part.name.partition("_")[2], part.handles, attributes=part.attributes)
            for part in device.deployables
        ),
    )


def make_snapshot(host: str, devices: int, *, handles: int = 1) -> Snapshot:
    """A host with so many equal devices."""
    return Snapshot(host, tuple(make_device(host, n, handles=handles) for n in range(devices)))


def hash_of(snapshot: Snapshot) -> str:
    """The hash of a snapshot, as an agent tells it to the conductor."""
    return messages.hash_content(messages.render_snapshot(snapshot))
