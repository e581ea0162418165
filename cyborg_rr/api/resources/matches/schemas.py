"""The JSON of matches, in and out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cyborg_rr import codec
from cyborg_rr.api.request.body import Schema
from cyborg_rr.api.request.query import MAX_NUMBER
from cyborg_rr.api.request.version import V2_101, Version
from cyborg_rr.db.hardware.classes import StoredClass
from cyborg_rr.domain.matching.options import CONVERSIONS, MAX_SET_SIZE
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.words import POLICIES

COLLECTION = "matches"
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_-]+", re.ASCII)
_MAX_NAME_LENGTH = 255

_PROPERTIES = {
    "ir_requirement": {"type": ["string", "object"]},
    "device_classes": {
        "type": "array",
        "minItems": 1,
        "maxItems": 1000,
        "items": {"type": "string", "maxLength": 255},
    },
    "element_type": {"enum": sorted(CONVERSIONS)},
    "runtime": {"enum": ["eager", "compiled"]},
    "batch": {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER},
    "limit": {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER},
}


def _make_schema(properties: Mapping[str, Any]) -> Schema:
    return Schema(
        {
            "type": "object",
            "required": ["ir_requirement"],
            "additionalProperties": False,
            "properties": properties,
        }
    )


CREATE = _make_schema(_PROPERTIES)
"""A stored requirement by uuid or one in place, and what to hold it against."""

CREATE_2_101 = _make_schema(
    {
        **_PROPERTIES,
        "runtime": {"type": "string", "maxLength": 100},
        "precision_policy": {"enum": list(POLICIES)},
        "allow_fallback": {"type": "boolean"},
        "keep_io": {"type": "boolean"},
        "devices_limit": {"type": "integer", "minimum": 1, "maximum": MAX_SET_SIZE},
    }
)
"""The same, which may let a part of the model run on the host's processor, or larger sets of
devices hold it, and name a runtime and what f32 is computed in."""


def render_verdict(verdict: Verdict, stored: StoredClass, version: Version) -> dict[str, Any]:
    """A verdict, which says how many devices of its class are wholly free, with how many exist.

    Below 2.101 it is without what came with that.
    """
    document = codec.render(verdict)
    if version < V2_101:
        document = codec.restrict(Verdict, document, 0)
    return {**document, "devices": stored.devices}


def render_suggestion(
    requirement: str,
    device_class: str,
    groups: Sequence[Mapping[str, str]],
    selected: Sequence[str],
    *,
    shows_devices: bool,
) -> dict[str, Any]:
    """The device profile that a match leads to; a caller who may not list devices gets a count."""
    return {
        "name": _NOT_IN_NAME.sub("-", f"{requirement}-{device_class}").strip("-")[
            :_MAX_NAME_LENGTH
        ],
        "device_class": device_class,
        "groups": [dict(group) for group in groups],
        "selects": list(selected) if shows_devices else None,
        "selects_count": len(selected),
    }
