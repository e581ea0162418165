"""The life of an attach handle as one table: what may happen to it in which state.

    free -> held -> releasing -> dirty -> free | quarantined

Only a free one is handed out, and only a clean that is known to have succeeded makes one free.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from cyborg_rr.domain.errors import InvalidState
from cyborg_rr.domain.hardware.stored import HandleState


class HandleAction(StrEnum):
    """What can happen to an attach handle."""

    CLAIM = "be claimed"
    LET_GO = "be let go"
    AWAIT_CLEAN = "wait for its clean"
    FINISH_CLEAN = "be clean"
    FAIL_CLEAN = "fail to be cleaned"
    FIND_DIRTY = "be found dirty on its host"
    QUARANTINE = "be quarantined"
    RETRY_CLEAN = "be cleaned again"
    ACCEPT = "be declared clean"


TRANSITIONS: Mapping[HandleState, Mapping[HandleAction, HandleState]] = MappingProxyType(
    {
        HandleState.FREE: {
            HandleAction.CLAIM: HandleState.HELD,
            HandleAction.FIND_DIRTY: HandleState.DIRTY,
            HandleAction.QUARANTINE: HandleState.QUARANTINED,
        },
        HandleState.HELD: {HandleAction.LET_GO: HandleState.RELEASING},
        HandleState.RELEASING: {
            HandleAction.AWAIT_CLEAN: HandleState.DIRTY,
            HandleAction.FINISH_CLEAN: HandleState.FREE,
            HandleAction.FAIL_CLEAN: HandleState.QUARANTINED,
        },
        HandleState.DIRTY: {
            HandleAction.FINISH_CLEAN: HandleState.FREE,
            HandleAction.FAIL_CLEAN: HandleState.QUARANTINED,
            HandleAction.QUARANTINE: HandleState.QUARANTINED,
        },
        HandleState.QUARANTINED: {
            HandleAction.QUARANTINE: HandleState.QUARANTINED,
            HandleAction.RETRY_CLEAN: HandleState.DIRTY,
            HandleAction.ACCEPT: HandleState.FREE,
        },
    }
)
"""From state and action to the next state."""


def next_state(state: HandleState, action: HandleAction) -> HandleState:
    """The state after ``action``; ``InvalidState`` when the table does not allow it."""
    try:
        return TRANSITIONS[state][action]
    except KeyError:
        raise InvalidState(f"an attach handle that is {state} cannot {action}") from None


def states_allowing(action: HandleAction) -> tuple[HandleState, ...]:
    """The states from which ``action`` is allowed: what a conditional UPDATE asks for."""
    return tuple(state for state, row in TRANSITIONS.items() if action in row)


def target_of(action: HandleAction) -> HandleState:
    """The state that ``action`` leads to, which is one, from wherever it is allowed."""
    (target,) = {TRANSITIONS[state][action] for state in states_allowing(action)}
    return target
