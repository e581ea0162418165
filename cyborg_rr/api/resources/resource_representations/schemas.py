"""The JSON of resource representations."""

from __future__ import annotations

from typing import Any

from cyborg_rr import codec
from cyborg_rr.api.request.answer import Call, render_time
from cyborg_rr.api.request.version import V2_101
from cyborg_rr.db.hardware.classes import StoredClass
from cyborg_rr.domain.hardware.devices import device_class_trait
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.traits import list_traits

COLLECTION = "resource_representations"


def render_class(stored: StoredClass, call: Call) -> dict[str, Any]:
    """What one class of device offers, how many devices it has and how many are wholly free.

    Below 2.101 the representation is the document of version 1.0, which names no sources of facts;
    from then on all traits are shown that a device profile may ask for.
    """
    document = dict(stored.document)
    known = codec.parse_stored(ResourceRepresentation, document, f"device class {stored.name}")
    traits = {"traits": list(list_traits(known))}
    if call.version < V2_101:
        document = codec.restrict(ResourceRepresentation, document, 0)
        traits = {}
    return {
        "device_class": stored.name,
        "devices": stored.devices,
        "free": stored.free,
        "trait": device_class_trait(stored.name),
        **traits,
        "representation": document,
        "links": call.links.own(COLLECTION, stored.name),
        "created_at": render_time(stored.created_at),
    }
