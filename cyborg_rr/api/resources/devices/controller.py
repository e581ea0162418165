"""Devices: list, show, enable, disable."""

from __future__ import annotations

from cyborg_rr.api.request.answer import Call, ListOf, Reply
from cyborg_rr.api.request.path import Route, is_uuid_like, list_route, parse_uuid
from cyborg_rr.api.request.query import Filter
from cyborg_rr.api.request.version import V2_100, V2_101
from cyborg_rr.api.resources.devices import policies
from cyborg_rr.api.resources.devices.schemas import (
    COLLECTION,
    parse_health,
    parse_reason,
    parse_status,
    render_device,
)
from cyborg_rr.api.services import Services
from cyborg_rr.db.hardware import devices
from cyborg_rr.domain.errors import NotFound
from cyborg_rr.domain.hardware.stored import OperatorStatus, StatusNote

NOUN = "device"
LISTED = ListOf(
    COLLECTION,
    devices.list_devices,
    render_device,
    (
        Filter("type"),
        Filter("vendor"),
        Filter("hostname"),
        Filter("device_class", since=V2_100),
        Filter("uuid", since=V2_101, parse=parse_uuid),
        Filter("model", since=V2_101),
        Filter("status", since=V2_101, parse=parse_status),
        Filter("health", since=V2_101, parse=parse_health, means="``ok`` or ``trouble``"),
    ),
    takes_nested=True,
)


class Devices:
    """What hosts report. The conductor takes devices out of use and puts them back."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._conductor = services.conductor
        item = f"{COLLECTION}/{{uuid}}"
        self.routes = (
            list_route(LISTED, services.database.reading, policies.LIST),
            Route("GET", item, self.show, policies.SHOW),
            Route("POST", f"{item}/enable", self.enable, policies.ENABLE),
            Route("POST", f"{item}/disable", self.disable, policies.DISABLE),
        )

    def show(self, call: Call) -> Reply:
        """One device."""
        uuid = _read_uuid(call)
        with self._database.reading() as session:
            device = devices.find_device(session, uuid)
        if device is None:
            raise NotFound(NOUN, uuid)
        return Reply(200, render_device(device, call))

    def enable(self, call: Call) -> Reply:
        """Put a device back into use."""
        return self._set_status(call, OperatorStatus.ENABLED)

    def disable(self, call: Call) -> Reply:
        """Take a device out of use; what is bound stays bound."""
        return self._set_status(call, OperatorStatus.MAINTAINING)

    def _set_status(self, call: Call, status: OperatorStatus) -> Reply:
        """Before 2.101 a body is not looked at; from then on it may give the reason."""
        uuid = _read_uuid(call)
        may_tell = call.version >= V2_101 and call.body.length
        reason = parse_reason(call.read_json()) if may_tell else None
        note = StatusNote(f"user {call.caller.user_id} of project {call.caller.project_id}", reason)
        self._conductor.set_device_status(uuid, status, note)
        return Reply(204)


def _read_uuid(call: Call) -> str:
    uuid = call.path["uuid"]
    if not is_uuid_like(uuid):
        raise NotFound(NOUN, uuid[:100])
    return uuid
