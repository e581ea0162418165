"""Discovered devices in rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cyborg_rr.cli.rendering.columns import Column
from cyborg_rr.cli.rendering.figures import render_size
from cyborg_rr.cli.rendering.page import Page
from cyborg_rr.domain.hardware.devices import Device
from cyborg_rr.domain.representation.representation import ResourceRepresentation

_COLUMNS: Final = (
    Column("device"),
    Column("type"),
    Column("device class"),
    Column("memory", is_number=True),
    Column("driver"),
    Column("model", may_go=True),
)


def show_devices(page: Page, found: Iterable[tuple[Device, ResourceRepresentation]]) -> None:
    """Devices with what they offer, one row each."""
    page.show_rows(
        _COLUMNS,
        [
            (
                device.deployables[0].name if device.deployables else device.key,
                device.type,
                representation.device_class,
                render_size(device.facts.memory_bytes),
                device.driver_name or "",
                device.fields.model,
            )
            for device, representation in found
        ],
    )
