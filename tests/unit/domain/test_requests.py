"""The state machine of accelerator requests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.errors import InvalidState
from cyborg_rr.domain.requests import (
    TRANSITIONS,
    ArqAction,
    ArqState,
    next_state,
    states_allowing,
)


def test_every_state_is_a_key_of_the_table() -> None:
    assert set(TRANSITIONS) == set(ArqState)


def test_every_action_is_allowed_from_some_state() -> None:
    assert all(states_allowing(action) for action in ArqAction)


def test_every_state_can_be_deleted_and_unbound() -> None:
    for state in ArqState:
        assert next_state(state, ArqAction.DELETE) is None
        assert next_state(state, ArqAction.UNBIND) is ArqState.UNBOUND


@given(st.lists(st.sampled_from(ArqAction)))
def test_bound_is_only_reached_through_bind_started(actions: list[ArqAction]) -> None:
    state: ArqState | None = ArqState.INITIAL
    for action in actions:
        before = state
        assert before is not None
        try:
            state = next_state(before, action)
        except InvalidState:
            continue
        if state is ArqState.BOUND:
            assert before is ArqState.BIND_STARTED
        if state is None:
            return


def test_a_bound_request_cannot_be_bound_again() -> None:
    with pytest.raises(InvalidState, match="in state Bound cannot start bind"):
        next_state(ArqState.BOUND, ArqAction.START_BIND)
