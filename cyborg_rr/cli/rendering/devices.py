"""Discovered devices as a table."""

from __future__ import annotations

from collections.abc import Iterable

from cyborg_rr.cli.rendering.figures import render_bytes
from cyborg_rr.cli.rendering.table import render_table
from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.domain.representation.representation import ResourceRepresentation


def render_devices(found: Iterable[tuple[Device, ResourceRepresentation]]) -> str:
    """Devices with what they offer, one row each."""
    rows = []
    for device, representation in found:
        rows.append(
            [
                device.deployables[0].name if device.deployables else device.key,
                device.type,
                device.fields.model,
                representation.device_class,
                render_bytes(device.facts.memory_bytes),
                device.driver_name or "",
            ]
        )
    return render_table(("device", "type", "model", "device class", "memory", "driver"), rows)
