"""The JSON of attributes, in and out."""

from __future__ import annotations

import json
from typing import Any

from cyborg_rr.api.request.answer import Call, render_time
from cyborg_rr.api.request.body import UUID_SCHEMA, Schema
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.stored import StoredAttribute

COLLECTION = "attributes"
WRAPPER = "attribute"
MAX_KEY_LENGTH = 255
MAX_VALUE_LENGTH = 16_000

CREATE = Schema(
    {
        "type": "object",
        "required": ["deployable_id", "key", "value"],
        "properties": {
            "deployable_id": {"type": ["integer", "string"]},
            "key": {"not": {"type": "null"}},
            "value": {"not": {"type": "null"}},
            "uuid": {"anyOf": [UUID_SCHEMA, {"type": "null"}]},
        },
    }
)


def parse_attribute(document: Any) -> dict[str, Any]:
    """The checked body, bare or in the wrapper that the SDK sends, with key and value as text."""
    if isinstance(document, dict) and isinstance(document.get(WRAPPER), dict):
        document = document[WRAPPER]
    CREATE.check(document)
    return {
        **document,
        "key": _read_text("key", document["key"], MAX_KEY_LENGTH),
        "value": _read_text("value", document["value"], MAX_VALUE_LENGTH),
    }


def _read_text(name: str, value: Any, limit: int) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) > limit:
        raise InvalidInput(f"{name} has more than {limit} characters")
    return text


def render_attribute(attribute: StoredAttribute, call: Call) -> dict[str, Any]:
    """An attribute."""
    return {
        "uuid": attribute.uuid,
        "deployable_id": attribute.deployable_id,
        "key": attribute.key,
        "value": attribute.value,
        "created_at": render_time(attribute.created_at),
        "updated_at": render_time(attribute.updated_at),
        "links": call.links.own(COLLECTION, attribute.uuid),
    }
