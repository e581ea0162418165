"""The JSON of measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cyborg_rr.api.request.answer import Call, render_time
from cyborg_rr.api.request.body import Schema
from cyborg_rr.db.measurements import StoredMeasurement

COLLECTION = "measurements"

CREATE = Schema(
    {
        "type": "object",
        "required": ["measurement"],
        "additionalProperties": False,
        "properties": {"measurement": {"type": "object"}},
    }
)
"""A measurement in an envelope; the codec reads what is in it."""


def render_summary(stored: StoredMeasurement, call: Call) -> dict[str, Any]:
    """A measurement in a list, without its times."""
    return {
        "uuid": stored.uuid,
        "device_class": stored.device_class,
        "product": stored.product,
        "runtime": stored.runtime,
        "software": stored.software,
        "measured_on": stored.measured_on,
        "operators": stored.operators,
        "models": stored.models,
        "links": call.links.own(COLLECTION, stored.uuid),
        "created_at": render_time(stored.created_at),
    }


def render_shown(
    stored: StoredMeasurement, document: Mapping[str, Any], call: Call
) -> dict[str, Any]:
    """One measurement with all that it says."""
    return {**render_summary(stored, call), "measurement": dict(document)}


def render_created(stored: StoredMeasurement, drifts: Sequence[str], call: Call) -> dict[str, Any]:
    """What was stored, and which constants left the spread of what was known before."""
    return {**render_summary(stored, call), "drifts": list(drifts)}
