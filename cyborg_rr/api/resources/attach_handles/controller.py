"""Attach handles: list, show, quarantine, clean again, declare clean."""

from __future__ import annotations

from cyborg_rr.api.request.answer import Call, ListOf, Reply
from cyborg_rr.api.request.path import Route, is_uuid_like, list_route, parse_uuid
from cyborg_rr.api.request.query import Filter
from cyborg_rr.api.request.version import V2_101
from cyborg_rr.api.resources.attach_handles import policies
from cyborg_rr.api.resources.attach_handles.schemas import (
    COLLECTION,
    Wish,
    parse_state,
    parse_wish,
    render_handle,
)
from cyborg_rr.api.services import Services
from cyborg_rr.db.hardware import records
from cyborg_rr.domain.errors import NotFound
from cyborg_rr.domain.hardware.stored import HandleRecord, HandleState

NOUN = "attach handle"
LISTED = ListOf(
    COLLECTION,
    records.list_handles,
    render_handle,
    (
        Filter("state", parse=parse_state),
        Filter("device", parse=parse_uuid, means="a device's uuid"),
        Filter("hostname"),
    ),
)


class AttachHandles:
    """What can be handed out. The conductor takes it out of use and puts it back."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._conductor = services.conductor
        item = f"{COLLECTION}/{{uuid}}"
        self.routes = (
            list_route(LISTED, services.database.reading, policies.LIST, since=V2_101),
            Route("GET", item, self.show, policies.SHOW, since=V2_101),
            Route("PATCH", item, self.patch, policies.UPDATE, since=V2_101),
        )

    def show(self, call: Call) -> Reply:
        """One attach handle."""
        return Reply(200, render_handle(self._get(call), call))

    def patch(self, call: Call) -> Reply:
        """Take a handle to the wanted state, if that is allowed from the one in which it is."""
        wish = parse_wish(call.read_json())
        uuid = self._get(call).uuid
        self._fulfil(uuid, wish, call)
        return Reply(200, render_handle(self._get(call), call))

    def _fulfil(self, uuid: str, wish: Wish, call: Call) -> None:
        who = f"user {call.caller.user_id} of project {call.caller.project_id}"
        if wish.state is HandleState.QUARANTINED:
            self._conductor.quarantine_handle(uuid, wish.reason, who)
        elif wish.state is HandleState.DIRTY:
            self._conductor.retry_clean(uuid, who)
        else:
            call.caller.check(policies.DECLARE_CLEAN, call.caller.project_id)
            self._conductor.accept_handle(uuid, wish.reason, who)

    def _get(self, call: Call) -> HandleRecord:
        uuid = call.path["uuid"]
        if not is_uuid_like(uuid):
            raise NotFound(NOUN, uuid[:100])
        with self._database.reading() as session:
            record = records.find_handle(session, uuid)
        if record is None:
            raise NotFound(NOUN, uuid)
        return record
