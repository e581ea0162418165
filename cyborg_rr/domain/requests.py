"""Accelerator requests (ARQs) and their whole state machine as one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from cyborg_rr.domain.errors import InvalidState


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
    requests made from it live on. The ``attach_handle_*`` fields are set while it is bound.
    """

    uuid: str
    state: ArqState
    project_id: str | None
    device_profile_name: str
    device_profile_group_id: int
    group: Mapping[str, str]
    created_at: datetime
    updated_at: datetime | None = None
    hostname: str | None = None
    device_rp_uuid: str | None = None
    instance_uuid: str | None = None
    attach_handle_type: str | None = None
    attach_handle_uuid: str | None = None
    attach_handle_info: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """What a caller asks for one request: this host, this provider, for this instance."""

    arq_uuid: str
    hostname: str
    device_rp_uuid: str
    instance_uuid: str
    project_id: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A hold on one attach handle of a host, as the host's ledger keeps it.

    ``binding_id`` is new for each bind, so that a late message of an old one changes nothing.
    """

    binding_id: str
    arq_uuid: str
    deployable_name: str
    handle_type: str
    handle_info: Mapping[str, str]
