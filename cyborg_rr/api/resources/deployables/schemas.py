"""The JSON of deployables, in and out."""

from __future__ import annotations

import json
from typing import Any

from cyborg_rr.api.request.answer import Call, render_time
from cyborg_rr.api.request.body import UUID_SCHEMA, Schema
from cyborg_rr.api.request.version import V2_101
from cyborg_rr.domain.hardware.stored import StoredDeployable

COLLECTION = "deployables"

_READ_ONLY = [
    "/created_at",
    "/id",
    "/links",
    "/updated_at",
    "/uuid",
    "/name",
    "/num_accelerators",
]
_OPERATION = {
    "type": "object",
    "required": ["path", "op"],
    "additionalProperties": False,
    "properties": {
        "path": {
            "type": "string",
            "pattern": "^(/[A-Za-z0-9_]+)+\\Z",
            "not": {"enum": _READ_ONLY},
        },
        "op": {"enum": ["add", "replace", "remove"]},
        "value": {},
    },
    "if": {"properties": {"op": {"enum": ["add", "replace"]}}},
    "then": {"required": ["value"]},
}

PROGRAM = Schema(
    {
        "type": "array",
        "minItems": 1,
        "items": _OPERATION,
        "prefixItems": [
            {
                **_OPERATION,
                "required": ["path", "op", "value"],
                "properties": {
                    **_OPERATION["properties"],  # type: ignore[dict-item]
                    "value": {
                        "type": "array",
                        "minItems": 1,
                        "prefixItems": [
                            {
                                "type": "object",
                                "required": ["image_uuid"],
                                "properties": {"image_uuid": UUID_SCHEMA},
                            }
                        ],
                    },
                },
            }
        ],
    }
)
"""A JSON patch; of its first operation the first value names the image."""


def render_deployable(deployable: StoredDeployable, call: Call) -> dict[str, Any]:
    """A deployable; its attributes are JSON text, as clients of the v2 API expect.

    From 2.101 on it says why it is not in Placement as it should be.
    """
    document: dict[str, Any] = {
        "uuid": deployable.uuid,
        "parent_id": deployable.parent_id,
        "root_id": deployable.root_id,
        "name": deployable.name,
        "num_accelerators": deployable.fields.num_accelerators,
        "device_id": deployable.device_id,
        "attributes_list": json.dumps([{key: value} for key, value in deployable.attributes]),
        "rp_uuid": deployable.provider_uuid,
        "driver_name": deployable.fields.driver_name,
        "bitstream_id": deployable.bitstream_id,
        "links": [
            *call.links.own(COLLECTION, deployable.uuid),
            call.links.bookmark(COLLECTION, deployable.uuid),
        ],
        "created_at": render_time(deployable.created_at),
        "updated_at": render_time(deployable.updated_at),
    }
    if call.version >= V2_101:
        document["withheld"] = _render_withheld(deployable)
    return document


def _render_withheld(deployable: StoredDeployable) -> dict[str, Any] | None:
    if deployable.withheld is None:
        return None
    return {
        "code": deployable.withheld.code,
        "text": deployable.withheld.text,
        "since": render_time(deployable.withheld_since),
    }
