"""Discovered devices as a table."""

from __future__ import annotations

from collections.abc import Iterable

from prettytable import PrettyTable

from cyborg_rr.cli.rendering.figures import render_bytes
from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.domain.representation.representation import ResourceRepresentation


def render_devices(found: Iterable[tuple[Device, ResourceRepresentation]]) -> PrettyTable:
    """Devices with what they offer, one row each."""
    table = PrettyTable(["device", "type", "model", "device class", "memory", "driver"], align="l")
    for device, representation in found:
        table.add_row(
            [
                device.deployables[0].name if device.deployables else device.key,
                device.type,
                device.fields.model,
                representation.device_class,
                render_bytes(device.facts.memory_bytes),
                device.driver_name or "",
            ]
        )
    return table
