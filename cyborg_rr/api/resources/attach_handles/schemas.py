"""The JSON of attach handles, in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cyborg_rr.api.request.answer import Call, render_time
from cyborg_rr.api.request.body import ONE_LINE_SCHEMA, Schema
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.stored import HandleRecord, HandleState

COLLECTION = "attach_handles"

_SETTABLE = (HandleState.QUARANTINED, HandleState.DIRTY, HandleState.FREE)
_WITH_REASON = (HandleState.QUARANTINED, HandleState.FREE)

PATCH = Schema(
    {
        "type": "object",
        "required": ["state"],
        "additionalProperties": False,
        "properties": {
            "state": {"enum": [state.value for state in _SETTABLE]},
            "reason": ONE_LINE_SCHEMA,
        },
        "if": {
            "required": ["state"],
            "properties": {"state": {"enum": [state.value for state in _WITH_REASON]}},
        },
        "then": {"required": ["reason"]},
    }
)
"""The wanted state, and one line that says why; a clean that is tried again needs no reason."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator wants of a handle."""

    state: HandleState
    reason: str


def parse_wish(document: Any) -> Wish:
    """The checked body."""
    PATCH.check(document)
    return Wish(HandleState(document["state"]), document.get("reason", ""))


def parse_state(name: str, text: str) -> str:
    """The state that a list is limited to."""
    if text not in tuple(HandleState):
        raise InvalidInput(f"{name} must be one of {', '.join(HandleState)}, not {text[:100]!r}")
    return text


def render_handle(record: HandleRecord, call: Call) -> dict[str, Any]:
    """An attach handle with its state, why it is in it, and its last clean."""
    return {
        "uuid": record.uuid,
        "hostname": record.hostname,
        "device_uuid": record.device_uuid,
        "deployable_uuid": record.deployable_uuid,
        "attach_handle_type": record.handle.type,
        "attach_handle_info": dict(record.handle.info),
        "place": record.handle.place,
        "state": record.state.value,
        "state_since": render_time(record.state_since),
        "reason_code": record.reason_code,
        "reason": record.reason,
        "arq_uuid": record.arq_uuid,
        "last_clean": None
        if record.clean_method is None
        else {"method": record.clean_method, "at": render_time(record.cleaned_at)},
        "links": call.links.own(COLLECTION, record.uuid),
        "created_at": render_time(record.created_at),
        "updated_at": render_time(record.updated_at),
    }
