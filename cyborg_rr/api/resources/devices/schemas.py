"""The JSON of devices."""

from __future__ import annotations

from typing import Any

from cyborg_rr.api.links import Links
from cyborg_rr.api.microversion import V2_3, V2_100, Version
from cyborg_rr.api.timestamps import render_time
from cyborg_rr.domain.hardware.keys import render_canonical
from cyborg_rr.domain.hardware.stored import StoredDevice

COLLECTION = "devices"


def render_device(device: StoredDevice, links: Links, version: Version) -> dict[str, Any]:
    """A device; from 2.3 on with its status, from 2.100 on with its class, state and NUMA node."""
    document: dict[str, Any] = {
        "uuid": device.uuid,
        "type": device.type,
        "vendor": device.fields.vendor,
        "model": device.fields.model,
        "std_board_info": render_canonical(dict(device.fields.std_board_info)),
        "vendor_board_info": render_canonical(dict(device.fields.vendor_board_info)),
        "hostname": device.hostname,
    }
    if version >= V2_3:
        document["status"] = device.status
    document["links"] = links.own(COLLECTION, device.uuid)
    document["created_at"] = render_time(device.created_at)
    document["updated_at"] = render_time(device.updated_at)
    if version >= V2_100:
        document["device_class"] = device.device_class
        document["state"] = device.state
        document["numa_node"] = device.fields.numa_node
    return document
