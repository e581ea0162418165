"""The JSON of device profiles, in and out."""

from __future__ import annotations

from typing import Any

from cyborg_rr.api.request.answer import Call, render_time, render_time_with_space
from cyborg_rr.api.request.body import Schema
from cyborg_rr.api.request.version import V2_3
from cyborg_rr.domain.profiles import DeviceProfile

COLLECTION = "device_profiles"
MAX_DESCRIPTION_LENGTH = 16_000

CREATE = Schema(
    {
        "type": "array",
        "minItems": 1,
        "maxItems": 1,
        "items": {"type": "object", "required": ["name", "groups"]},
    }
)
"""A list with exactly one profile; its members are checked by the domain. Others are ignored."""

UPDATE = Schema(
    {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {"name": {}, "groups": {}, "description": {}},
    }
)
"""What of a profile is to be another; the members are checked by the domain."""


def parse_names(_name: str, text: str) -> list[str]:
    """The names that commas separate, each once."""
    return list(dict.fromkeys(text.split(",")))


def render_profile(profile: DeviceProfile, call: Call) -> dict[str, Any]:
    """A profile in lists and after its creation."""
    return {
        "uuid": profile.uuid,
        "name": profile.name,
        "description": profile.description,
        "groups": [dict(group) for group in profile.groups],
        "created_at": render_time(profile.created_at),
        "updated_at": render_time(profile.updated_at),
        "links": call.links.own(COLLECTION, profile.uuid),
    }


def render_shown_profile(profile: DeviceProfile, call: Call) -> dict[str, Any]:
    """A profile when it is shown alone; up to 2.3 its times have a form of their own."""
    document = render_profile(profile, call)
    if call.version <= V2_3:
        document["created_at"] = render_time_with_space(profile.created_at)
        document["updated_at"] = render_time_with_space(profile.updated_at)
    return {"device_profile": document}
