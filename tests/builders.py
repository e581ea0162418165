"""Small real values for tests: devices, snapshots, profiles."""

from __future__ import annotations

from dataclasses import replace

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, FUNCTIONS
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


def make_divided_device(host: str, number: int, parts: int, unit: str | None = None) -> Device:
    """A device whose whole function and whose virtual ones can be held, not both at a time."""
    whole = make_device(host, number, handles=1)
    virtual = make_device(host, number, handles=parts + 1).deployables[0]
    changed = replace(
        virtual,
        name=f"{virtual.name}_vf",
        part="vf",
        handles=tuple(
            replace(handle, place=f"vf{n}", consumes={FUNCTIONS: 1}, unit=unit)
            for n, handle in enumerate(virtual.handles[1:])
        ),
    )
    whole = change_handles(whole, consumes={FUNCTIONS: ALL_FUNCTIONS}, unit=unit)
    return replace(
        whole,
        deployables=(*whole.deployables, changed),
        capacities={FUNCTIONS: ALL_FUNCTIONS},
    )


def make_partitioned_device(host: str, number: int, slices: int = 4) -> Device:
    """A device in partitions of one, of two and of all its slices, at each place that is aligned.

    As many can be held as fit beside each other.
    """
    device = make_device(host, number)
    (whole,) = device.deployables
    (handle,) = whole.handles
    parts = []
    for size in (1, 2, slices):
        starts = range(0, slices, size)
        made = tuple(
            replace(
                handle,
                info={**handle.info, "partition": f"{size}@{start}"},
                place=f"{size}@{start}",
                consumes={f"slice_{n}": 1 for n in range(start, start + size)},
            )
            for start in starts
        )
        parts.append(
            replace(
                whole,
                name=f"{whole.name}_{size}",
                part=f"{size}",
                handles=made,
                num_accelerators=len(made),
            )
        )
    return replace(
        device, deployables=tuple(parts), capacities={f"slice_{n}": 1 for n in range(slices)}
    )


def change_handles(device: Device, **changes: object) -> Device:
    """The device with something else in all of its handles."""
    return replace(
        device,
        deployables=tuple(
            replace(
                part,
                handles=tuple(
                    replace(handle, place=handle.place or str(n), **changes)  # type: ignore[arg-type]
                    for n, handle in enumerate(part.handles)
                ),
            )
            for part in device.deployables
        ),
    )
