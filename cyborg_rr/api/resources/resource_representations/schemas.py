"""The JSON of resource representations."""

from __future__ import annotations

from typing import Any

from cyborg_rr.api.request.answer import Call, render_time
from cyborg_rr.db.hardware.classes import StoredClass
from cyborg_rr.domain.hardware.devices import device_class_trait

COLLECTION = "resource_representations"


def render_class(stored: StoredClass, call: Call) -> dict[str, Any]:
    """What one class of device offers, how many devices it has and how many are wholly free."""
    return {
        "device_class": stored.name,
        "devices": stored.devices,
        "free": stored.free,
        "trait": device_class_trait(stored.name),
        "representation": dict(stored.document),
        "links": call.links.own(COLLECTION, stored.name),
        "created_at": render_time(stored.created_at),
    }
