"""When a message came at the earliest, and what its sender has left to wait."""

from __future__ import annotations

import time

import pytest

from cyborg_rr.conductor.liveness.deadline import check_time
from cyborg_rr.conductor.liveness.pulse import AFTERMATH_SECONDS, Pulse
from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.rpc import messages
from tests.liveness.conftest import Clock


def test_a_process_that_runs_takes_messages_as_they_come(clock: Clock) -> None:
    pulse = Pulse(clock)
    pulse.tick()
    clock.now += 0.5
    pulse.tick()
    clock.now += 0.4
    assert pulse.earliest() == clock.now


def test_after_a_pause_messages_may_have_come_at_its_beginning(clock: Clock) -> None:
    pulse = Pulse(clock)
    pulse.tick()
    stopped_at = clock.now
    clock.now += 90
    assert pulse.earliest() == stopped_at
    pulse.tick()
    for _ in range(int(AFTERMATH_SECONDS) - 1):
        clock.now += 1
        pulse.tick()
    assert pulse.earliest() == stopped_at
    clock.now += 1
    assert pulse.earliest() == clock.now


def test_time_left_is_a_duration_whatever_the_clocks_say() -> None:
    context = messages.make_context(60)
    context["deadline"] -= 3600  # the sender's clock is an hour behind
    check_time(messages.parse_mandate(context))
    late = messages.parse_mandate(context, received_at=time.monotonic() - 61)
    with pytest.raises(AgentUnavailable, match="came too late"):
        check_time(late)


def test_a_caller_of_the_first_release_says_a_moment() -> None:
    check_time(messages.parse_mandate({"deadline": time.time() + 60}))
    with pytest.raises(AgentUnavailable, match="came too late"):
        check_time(messages.parse_mandate({"deadline": time.time() - 1}))


def test_who_says_nothing_waits_for_ever() -> None:
    assert messages.parse_mandate({}).deadline is None


def test_the_first_release_finds_its_moment_in_the_context() -> None:
    before = time.time()
    moment = messages.make_context(60)["deadline"]
    assert before + 60 <= moment <= time.time() + 60
