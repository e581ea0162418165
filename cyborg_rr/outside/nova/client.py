"""Calls of Nova's API: what is told of binds, and whether an instance is still there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from cyborg_rr.domain.requests import InstanceEvent
from cyborg_rr.outside.calling import Caller, Code, OutsideTrouble

SERVICE = "Nova"

MICROVERSION = "2.82"
"""The first that knows the event (release Train): Nova's REST API Version History."""

EVENT = "accelerator-request-bound"
_NOT_FOUND = "itemNotFound"
"""What Nova's API calls its own 404; another one comes from whatever else answers there."""


class Told(StrEnum):
    """What Nova made of one event."""

    TAKEN = "taken"
    NO_INSTANCE = "it knows no such instance"
    NO_HOST = "the instance has no host yet"
    REFUSED = "refused"


_BY_CODE: Mapping[object, Told] = {200: Told.TAKEN, 404: Told.NO_INSTANCE, 422: Told.NO_HOST}
"""The codes of events: nova/api/openstack/compute/server_external_events.py."""


class Need(StrEnum):
    """Whether an instance has a use for accelerator requests."""

    HAS = "it is there"
    GONE = "Nova does not have it"
    OFFLOADED = "it is shelved and on no host"


_VM_STATE = "OS-EXT-STS:vm_state"
_TASK_STATE = "OS-EXT-STS:task_state"


class NovaClient:
    """Asks and tells Nova; anything else than a sound answer is ``OutsideTrouble``."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def send(self, events: Sequence[InstanceEvent]) -> dict[str, Told]:
        """Tell how binds ended, in one call; what Nova made of it by the request's uuid.

        A request that the answer does not name may be told of or not.
        """
        told = [
            {
                "name": EVENT,
                "server_uuid": event.instance_uuid,
                "tag": event.arq_uuid,
                "status": event.status.value,
            }
            for event in events
        ]
        answer = self._caller.call("POST", "/os-server-external-events", {"events": told})
        return {
            tag: _BY_CODE.get(_get(entry, "code", int), Told.REFUSED)
            for entry in _get(answer, "events", list)
            if isinstance(tag := _get(entry, "tag", str), str)
        }

    def check_sees_all(self) -> None:
        """``OutsideTrouble`` (refused) unless instances of all projects are shown to us.

        To anybody else Nova says of every other project's instance that there is none.
        """
        _get(self._caller.call("GET", "/servers", all_tenants="true", limit="1"), "servers", list)

    def find_need(self, uuid: str) -> Need:
        """Whether an instance needs what it has; one that was deleted is not there.

        One that is being unshelved has no host yet and needs it.
        """
        try:
            answer = self._caller.call("GET", f"/servers/{uuid}")
        except OutsideTrouble as trouble:
            if trouble.code is Code.MISSING and trouble.detail == _NOT_FOUND:
                return Need.GONE
            raise
        server = _get(answer, "server", dict)
        if _get(server, "id", str).lower() != uuid.lower():
            raise _rubbish("it showed another instance than it was asked for")
        is_idle = server.get(_TASK_STATE, "") is None
        if is_idle and server.get(_VM_STATE) == "shelved_offloaded":
            return Need.OFFLOADED
        return Need.HAS

    def has_instance(self, uuid: str) -> bool:
        """Whether there is such an instance, on a host or shelved."""
        return self.find_need(uuid) is not Need.GONE


def _get(document: Any, name: str, kind: type) -> Any:
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, kind):
        raise _rubbish(f"its answer has no {name}")
    return value


def _rubbish(text: str) -> OutsideTrouble:
    return OutsideTrouble(SERVICE, Code.RUBBISH, text)
