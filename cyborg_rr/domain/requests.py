"""Accelerator requests (ARQs) and their whole state machine as one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from cyborg_rr.domain.documents import composed, key, since
from cyborg_rr.domain.errors import InvalidState
from cyborg_rr.domain.hardware.devices import AttachHandle


class ArqState(StrEnum):
    """States of an accelerator request, spelt as the accelerator v2 API spells them."""

    INITIAL = "Initial"
    BIND_STARTED = "BindStarted"
    BOUND = "Bound"
    BIND_FAILED = "BindFailed"
    UNBOUND = "Unbound"


class ArqAction(StrEnum):
    """What can happen to an accelerator request."""

    START_BIND = "start bind"
    TRY_NEXT = "try the next handle"
    FINISH_BIND = "finish bind"
    FAIL_BIND = "fail bind"
    UNDO_BIND = "undo bind"
    UNBIND = "unbind"
    DELETE = "delete"


TRANSITIONS: Mapping[ArqState, Mapping[ArqAction, ArqState | None]] = MappingProxyType(
    {
        ArqState.INITIAL: {
            ArqAction.START_BIND: ArqState.BIND_STARTED,
            ArqAction.UNBIND: ArqState.UNBOUND,
            ArqAction.DELETE: None,
        },
        ArqState.BIND_STARTED: {
            ArqAction.TRY_NEXT: ArqState.BIND_STARTED,
            ArqAction.FINISH_BIND: ArqState.BOUND,
            ArqAction.FAIL_BIND: ArqState.BIND_FAILED,
            ArqAction.UNDO_BIND: ArqState.UNBOUND,
            ArqAction.UNBIND: ArqState.UNBOUND,
            ArqAction.DELETE: None,
        },
        ArqState.BOUND: {ArqAction.UNBIND: ArqState.UNBOUND, ArqAction.DELETE: None},
        ArqState.BIND_FAILED: {ArqAction.UNBIND: ArqState.UNBOUND, ArqAction.DELETE: None},
        ArqState.UNBOUND: {
            ArqAction.START_BIND: ArqState.BIND_STARTED,
            ArqAction.UNBIND: ArqState.UNBOUND,
            ArqAction.DELETE: None,
        },
    }
)
"""From state and action to the next state; None means that the request is gone."""

RESOLVED_STATES = frozenset({ArqState.BOUND, ArqState.BIND_FAILED})
"""States in which a waiting scheduler need not wait any longer."""


class EventStatus(StrEnum):
    """How a bind ended, as Nova is told."""

    COMPLETED = "completed"
    FAILED = "failed"


EVENT_OF: Mapping[ArqState, EventStatus] = MappingProxyType(
    {ArqState.BOUND: EventStatus.COMPLETED, ArqState.BIND_FAILED: EventStatus.FAILED}
)
"""What Nova is told of a request in a resolved state."""


@dataclass(frozen=True, slots=True)
class InstanceEvent:
    """Nova is to be told how the bind of a request for an instance ended."""

    arq_uuid: str
    instance_uuid: str
    status: EventStatus


def next_state(state: ArqState, action: ArqAction) -> ArqState | None:
    """The state after ``action``; ``InvalidState`` when the table does not allow it."""
    try:
        return TRANSITIONS[state][action]
    except KeyError:
        raise InvalidState(f"an accelerator request in state {state} cannot {action}") from None


def states_allowing(action: ArqAction) -> tuple[ArqState, ...]:
    """The states from which ``action`` is allowed: what a conditional UPDATE asks for."""
    return tuple(state for state, row in TRANSITIONS.items() if action in row)


@dataclass(frozen=True, slots=True)
class AcceleratorRequest:
    """One request for one attach handle of the kind that its profile group describes.

    The profile's name and group are copied at creation, so that a profile may be deleted while
    requests made from it live on. ``handle`` and its uuid are set while it is bound; ``trouble``
    then says why the instance can no longer use it, since ``trouble_since``. Callers see
    ``shown_state``: Nova takes a failed request for one that is ready, and boots the instance
    without it, so that one has failed for others once Nova knows.
    """

    uuid: str
    state: ArqState
    shown_state: ArqState
    project_id: str | None
    device_profile_name: str
    device_profile_group_id: int
    group: Mapping[str, str]
    created_at: datetime
    updated_at: datetime | None = None
    hostname: str | None = None
    provider_uuid: str | None = None
    instance_uuid: str | None = None
    handle: AttachHandle | None = None
    handle_uuid: str | None = None
    reason: str | None = None
    trouble: str | None = None
    trouble_since: datetime | None = None

    def is_bound_as(self, binding: Binding) -> bool:
        """Whether the binding stands already."""
        return self.state is ArqState.BOUND and (
            self.hostname,
            self.provider_uuid,
            self.instance_uuid,
        ) == (binding.hostname, binding.provider_uuid, binding.instance_uuid)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a caller asks for one request: this host, this provider, for this instance."""

    arq_uuid: str
    hostname: str
    provider_uuid: str = field(metadata=key("device_rp_uuid"))
    instance_uuid: str
    project_id: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A hold on one attach handle of a host, as the host's ledger keeps it.

    ``binding_id`` is new for each bind, so that a late message of an old one changes nothing.
    ``device_key`` and the handle's place say which piece of hardware it is, wherever that is now
    (empty: the database got it from an agent of the first release); ``holder`` is the instance.
    ``slot_key`` is that of the device when it was seen last: of what kind it is, though it may
    become silent about which one (empty: not known).
    """

    binding_id: str
    arq_uuid: str
    deployable_name: str
    handle: AttachHandle = field(metadata=composed("handle_"))
    device_key: str = field(default="", metadata=since(1))
    part: str = field(default="", metadata=since(1))
    holder: str | None = field(default=None, metadata=since(1))
    slot_key: str = field(default="", metadata=since(1))


@dataclass(frozen=True, slots=True)
class Mandate:
    """What a caller may do to accelerator requests and how long it waits for that.

    ``project_id`` limits whose requests are touched (None: anybody's), ``may_be_bound`` says
    whether bound ones may be deleted, and after ``deadline`` (a moment of this machine's monotonic
    clock, in seconds; None: never) nothing is changed any more, since the caller has given up and
    may have done the opposite elsewhere.
    """

    project_id: str | None = None
    may_be_bound: bool = True
    deadline: float | None = None
