"""The life of an attach handle, and what its host's word changes in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.errors import InvalidState
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.domain.hardware.life import (
    DEVICE_GONE,
    TRANSITIONS,
    Cleaned,
    Cleanings,
    CleanState,
    HandleAction,
    Leaving,
    Unclean,
    find_news,
    next_state,
    states_allowing,
    target_of,
)
from cyborg_rr.domain.hardware.stored import HandleState

HANDLE = AttachHandle("PCI", {"bus": "3b"})


def unclean(state: CleanState, code: str | None = None) -> Unclean:
    """What a host says of binding b."""
    return Unclean("b", "host_part", state, HANDLE, code, None if code is None else "a cause")


def test_every_state_is_a_key_and_every_action_has_one_target() -> None:
    assert set(TRANSITIONS) == set(HandleState)
    for action in HandleAction:
        assert states_allowing(action)
        assert isinstance(target_of(action), HandleState)


def test_only_a_clean_or_an_operators_word_makes_a_handle_free() -> None:
    to_free = {
        action
        for row in TRANSITIONS.values()
        for action, target in row.items()
        if target is HandleState.FREE
    }
    assert to_free == {HandleAction.FINISH_CLEAN, HandleAction.ACCEPT}
    assert states_allowing(HandleAction.ACCEPT) == (HandleState.QUARANTINED,)
    assert HandleState.HELD not in states_allowing(HandleAction.FINISH_CLEAN)


def test_only_a_free_handle_is_claimed_and_a_held_one_is_only_let_go() -> None:
    assert states_allowing(HandleAction.CLAIM) == (HandleState.FREE,)
    assert set(TRANSITIONS[HandleState.HELD]) == {HandleAction.LET_GO}
    with pytest.raises(
        InvalidState, match="that is held cannot be quarantined, only one that is free or dirty"
    ):
        next_state(HandleState.HELD, HandleAction.QUARANTINE)


@pytest.mark.parametrize(
    ("state", "code", "told", "is_news"),
    [
        (HandleState.RELEASING, None, unclean(CleanState.DIRTY), True),
        (HandleState.DIRTY, None, unclean(CleanState.DIRTY), False),
        (HandleState.DIRTY, None, unclean(CleanState.QUARANTINED, "hook_failed"), True),
        (HandleState.QUARANTINED, "hook_failed", unclean(CleanState.QUARANTINED, "x"), False),
        (HandleState.QUARANTINED, "operator", unclean(CleanState.DIRTY), False),
        (HandleState.QUARANTINED, DEVICE_GONE, unclean(CleanState.DIRTY), True),
        (
            HandleState.QUARANTINED,
            DEVICE_GONE,
            unclean(CleanState.QUARANTINED, DEVICE_GONE),
            False,
        ),
        (HandleState.QUARANTINED, DEVICE_GONE, unclean(CleanState.QUARANTINED, "x"), True),
    ],
)
def test_what_is_unclean_is_news_where_it_changes_what_is_known(
    state: HandleState, code: str | None, told: Unclean, is_news: bool
) -> None:
    news = find_news(Cleanings((told,)), {"b": Leaving(state, code)})
    assert news.unclean == ((told,) if is_news else ())


@pytest.mark.parametrize(
    ("state", "code", "ends"),
    [
        (HandleState.RELEASING, None, True),
        (HandleState.DIRTY, None, True),
        (HandleState.QUARANTINED, DEVICE_GONE, True),
        (HandleState.QUARANTINED, "operator", False),
        (HandleState.QUARANTINED, "hook_failed", False),
    ],
)
def test_a_clean_ends_what_waits_for_it_and_no_quarantine(
    state: HandleState, code: str | None, ends: bool
) -> None:
    told = Cleanings(cleaned=(Cleaned("b", "m"),))
    assert bool(find_news(told, {"b": Leaving(state, code)}).cleaned) is ends


def test_of_what_nobody_knows_only_dirt_is_news() -> None:
    told = Cleanings((unclean(CleanState.DIRTY),), (Cleaned("c", "m"),))
    assert find_news(told, {}) == Cleanings(told.unclean)


@given(
    known=st.dictionaries(
        st.sampled_from("abc"),
        st.builds(Leaving, st.sampled_from(list(HandleState)), st.none()),
    )
)
def test_silence_is_never_news(known: dict[str, Leaving]) -> None:
    assert find_news(Cleanings(), known) == Cleanings()
