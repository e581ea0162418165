"""The JSON of resource representations."""

from __future__ import annotations

from typing import Any

from cyborg_rr import codec
from cyborg_rr.api.request.answer import Call, render_time
from cyborg_rr.api.request.version import V2_101
from cyborg_rr.db.hardware.classes import StoredClass
from cyborg_rr.domain.hardware.devices import device_class_trait
from cyborg_rr.domain.representation.representation import ResourceRepresentation

COLLECTION = "resource_representations"


def render_class(stored: StoredClass, call: Call) -> dict[str, Any]:
    """What one class of device offers, how many devices it has and how many are wholly free.

    Below 2.101 the representation is the document of version 1.0, which names no sources of facts.
    """
    document = dict(stored.document)
    if call.version < V2_101:
        document = codec.restrict(ResourceRepresentation, document, 0)
    return {
        "device_class": stored.name,
        "devices": stored.devices,
        "free": stored.free,
        "trait": device_class_trait(stored.name),
        "representation": document,
        "links": call.links.own(COLLECTION, stored.name),
        "created_at": render_time(stored.created_at),
    }
