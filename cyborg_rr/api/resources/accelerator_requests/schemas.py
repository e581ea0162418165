"""The JSON of accelerator requests, in and out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from cyborg_rr.api.request.answer import Call, render_time
from cyborg_rr.api.request.body import UUID_SCHEMA, Schema
from cyborg_rr.api.request.errors import NotAcceptable
from cyborg_rr.api.request.path import parse_uuid
from cyborg_rr.api.request.version import V2_1, V2_100, V2_101
from cyborg_rr.domain.errors import Forbidden, InvalidInput
from cyborg_rr.domain.requests import RESOLVED_STATES, AcceleratorRequest, ArqState, Binding

COLLECTION = "accelerator_requests"
ENVELOPE = "arqs"

CREATE = Schema(
    {
        "type": "object",
        "required": ["device_profile_name"],
        "properties": {"device_profile_name": {"type": "string"}},
    }
)

PATCH = Schema(
    {
        "type": "object",
        "minProperties": 1,
        "propertyNames": UUID_SCHEMA,
        "additionalProperties": {
            "type": "array",
            "minItems": 1,
            "maxItems": 16,
            "items": {
                "type": "object",
                "required": ["path", "op"],
                "properties": {
                    "path": {
                        "enum": ["/hostname", "/device_rp_uuid", "/instance_uuid", "/project_id"]
                    },
                    "op": {"enum": ["add", "remove"]},
                },
            },
        },
    }
)
"""By request uuid, a JSON patch that adds (bind) or removes (unbind) fields."""

RESOLVED = "resolved"
_REQUIRED = ("hostname", "device_rp_uuid", "instance_uuid")
_PROJECT = "project_id"
_MAX_HOSTNAME_LENGTH = 255


def parse_bind_state(name: str, text: str) -> Collection[ArqState]:
    """The states that a list is limited to."""
    if text != RESOLVED:
        raise InvalidInput(f"{name} can only be {RESOLVED}, not {text[:100]!r}")
    return RESOLVED_STATES


def parse_state(name: str, text: str) -> str:
    """The one state that a list is limited to."""
    if text not in tuple(ArqState):
        raise InvalidInput(f"{name} must be one of {', '.join(ArqState)}, not {text[:100]!r}")
    return text


def parse_patch(document: Any, call: Call) -> tuple[list[Binding], list[str]]:
    """What to bind and the uuids of what to unbind."""
    PATCH.check(document)
    binds: list[Binding] = []
    unbinds: list[str] = []
    for uuid, operations in document.items():
        kinds = {operation["op"] for operation in operations}
        fields = {operation["path"][1:]: operation.get("value") for operation in operations}
        if len(kinds) > 1:
            raise InvalidInput(f"{uuid}: all operations must be add, or all must be remove")
        if len(fields) < len(operations):
            raise InvalidInput(f"{uuid}: a path stands in two operations")
        if _PROJECT in fields:
            _check_project_path(uuid, call)
        if kinds == {"add"}:
            binds.append(_parse_binding(uuid, fields, call))
        else:
            unbinds.append(uuid)
    return binds, unbinds


def _check_project_path(uuid: str, call: Call) -> None:
    if call.version < V2_1:
        raise NotAcceptable(f"{uuid}: path /project_id is taken from version 2.1 on")
    if not call.caller.is_admin:
        raise Forbidden(f"{uuid}: only an administrator may set or remove /project_id")


def _parse_binding(uuid: str, fields: Mapping[str, Any], call: Call) -> Binding:
    """A binding; for the caller's project unless the patch states one."""
    for name in _REQUIRED:
        if fields.get(name) is None:
            raise InvalidInput(f"{uuid}: a bind needs a value for /{name}")
    hostname = fields["hostname"]
    if not isinstance(hostname, str) or not 1 <= len(hostname) <= _MAX_HOSTNAME_LENGTH:
        raise InvalidInput(f"{uuid}: /hostname must have 1 to {_MAX_HOSTNAME_LENGTH} characters")
    project = fields.get(_PROJECT)
    stated = None if project is None else parse_uuid(f"{uuid}: /project_id", project)
    return Binding(
        arq_uuid=uuid,
        hostname=hostname,
        provider_uuid=parse_uuid(f"{uuid}: /device_rp_uuid", fields["device_rp_uuid"]),
        instance_uuid=parse_uuid(f"{uuid}: /instance_uuid", fields["instance_uuid"]),
        project_id=stated or call.caller.project_id,
    )


def render_request(request: AcceleratorRequest, call: Call) -> dict[str, Any]:
    """An accelerator request; from 2.100 on with the reason of its state.

    From 2.101 on it says what has become of the device while the request holds it.
    """
    handle = request.handle
    document = {
        "uuid": request.uuid,
        "state": request.shown_state.value,
        "device_profile_name": request.device_profile_name,
        "device_profile_group_id": request.device_profile_group_id,
        "hostname": request.hostname,
        "device_rp_uuid": request.provider_uuid,
        "instance_uuid": request.instance_uuid,
        "project_id": request.project_id,
        "attach_handle_type": handle.type if handle else "",
        "attach_handle_uuid": request.handle_uuid,
        "attach_handle_info": dict(handle.info) if handle else {},
        "links": call.links.own(COLLECTION, request.uuid),
        "created_at": render_time(request.created_at),
        "updated_at": render_time(request.updated_at),
    }
    if call.version >= V2_100:
        document["reason"] = request.reason
    if call.version >= V2_101:
        document["trouble"] = request.trouble
        document["trouble_since"] = render_time(request.trouble_since)
    return document
