"""The JSON of hosts."""

from __future__ import annotations

from typing import Any

from cyborg_rr.api.request.answer import Call, render_time
from cyborg_rr.domain.hardware.devices import LeftOut
from cyborg_rr.domain.hardware.hosts import StoredHost

COLLECTION = "hosts"


def render_host(host: StoredHost, call: Call) -> dict[str, Any]:
    """A host: which machine it is, how much it has, and what it has but does not offer."""
    known = host.known
    return {
        "name": host.name,
        "host_id": known.id,
        "node": known.node,
        "agent": known.agent,
        "devices": host.devices,
        "attach_handles_in_use": host.held,
        "left_out": [_render_left_out(item) for item in host.left_out],
        "refused_at": render_time(host.refused_at),
        "refused_reason": host.refused_reason,
        "links": call.links.own(COLLECTION, host.name),
        "created_at": render_time(host.created_at),
        "updated_at": render_time(host.updated_at),
    }


def _render_left_out(item: LeftOut) -> dict[str, str]:
    return {"name": item.name, "code": item.trouble.code, "text": item.trouble.text}
