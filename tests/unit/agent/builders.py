"""Claims, devices and ledgers for the tests of the agent."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    DeviceFacts,
    Snapshot,
)
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.requests import Claim

HOST = "host"

FIRST_RELEASE = """
CREATE TABLE IF NOT EXISTS claims (
    host TEXT NOT NULL,
    handle TEXT NOT NULL,
    binding_id TEXT NOT NULL,
    arq_uuid TEXT NOT NULL,
    deployable_name TEXT NOT NULL,
    handle_type TEXT NOT NULL,
    handle_info TEXT NOT NULL,
    PRIMARY KEY (host, handle)
);
CREATE TABLE IF NOT EXISTS tombstones (binding_id TEXT PRIMARY KEY, released_at REAL NOT NULL);
"""
"""The ledger of 0.0.1, as that release makes it."""


def write_first_release(path: Path, hosts: dict[str, Sequence[Claim]]) -> None:
    """A ledger file of the first release with the claims of hosts by name."""
    import json

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(FIRST_RELEASE)
    for host, claims in hosts.items():
        for claim in claims:
            connection.execute(
                "INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    host,
                    claim.handle.key,
                    claim.binding_id,
                    claim.arq_uuid,
                    claim.deployable_name,
                    claim.handle.type,
                    json.dumps(dict(claim.handle.info)),
                ),
            )
    connection.execute("INSERT INTO tombstones VALUES ('over', 4e9)")
    connection.commit()
    connection.close()


def make_handle(bus: int, place: str = "0", function: int = 0, **changes: object) -> AttachHandle:
    """The handle of a function on a bus."""
    info = PciAddress(0, bus, 0, function).render_handle_info()
    return replace(AttachHandle("PCI", info, place), **changes)  # type: ignore[arg-type]


def make_part(bus: int, handles: Sequence[AttachHandle], part: str = "") -> Deployable:
    """A deployable of the device on that bus."""
    name = f"{HOST}_0000:{bus:02x}:00.0" + (f"_{part}" if part else "")
    return Deployable(name, "PGPU", tuple(handles), driver_name="fake", part=part)


def make_device(
    bus: int,
    identity: str | None = None,
    parts: Sequence[Deployable] = (),
    device_id: str = "1eb8",
    **capacities: int,
) -> Device:
    """A device on a bus, whole unless parts are given."""
    return Device(
        type="GPU",
        control_path=PciAddress(0, bus, 0, 0).render_handle_info(),
        facts=DeviceFacts(kind="GPU", vendor_id="10de", device_id=device_id),
        deployables=tuple(parts) or (make_part(bus, [make_handle(bus)]),),
        fields=DeviceFields(vendor="10de", model="Test device"),
        identity=identity,
        capacities=capacities,
    )


def make_claim(
    device: Device, binding: str, index: int = 0, part: int = 0, holder: str | None = None
) -> Claim:
    """What a conductor that knows the device claims of it."""
    deployable = device.deployables[part]
    return Claim(
        binding,
        f"arq-of-{binding}",
        deployable.name,
        deployable.handles[index],
        device.key,
        deployable.part,
        holder,
    )


def make_old_claim(device: Device, binding: str) -> Claim:
    """What a conductor of the first release claims of it: a handle by its address."""
    claim = make_claim(device, binding)
    bare = AttachHandle(claim.handle.type, claim.handle.info)
    return replace(claim, handle=bare, device_key="", part="")


def make_snapshot(*devices: Device, failed: tuple[str, ...] = ()) -> Snapshot:
    """A host with these devices."""
    return Snapshot(HOST, devices, failed)
