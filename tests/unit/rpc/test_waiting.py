"""Calls under way, counted in all and for each host."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from cyborg_rr.domain.errors import HostBusy
from cyborg_rr.rpc.waiting import Waiting

LONG = 30.0


@pytest.fixture
def calls() -> Iterator[ExitStack]:
    """Calls that are under way until the test ends."""
    with ExitStack() as stack:
        yield stack


def test_more_calls_than_may_wait_are_refused_at_once(calls: ExitStack) -> None:
    waiting = Waiting(3, 10, LONG)
    for _ in range(3):
        calls.enter_context(waiting.on())
    with pytest.raises(HostBusy, match="3 requests wait for conductors"), waiting.on(["a"]):
        pass
    calls.close()
    with waiting.on(["a"]):
        pass


def test_a_host_that_is_silent_takes_no_more_than_its_share(calls: ExitStack) -> None:
    waiting = Waiting(10, 2, 0.0)
    for _ in range(2):
        calls.enter_context(waiting.on(["dead"]))
    for hosts in (["dead"], ["well", "dead"]):
        with pytest.raises(HostBusy, match="2 requests wait for host dead"), waiting.on(hosts):
            pass
    for _ in range(2):
        calls.enter_context(waiting.on(["well"]))
    with waiting.on():
        pass


def test_a_burst_for_a_host_that_answers_is_held_back_and_not_refused() -> None:
    waiting = Waiting(50, 2, LONG)
    seen: list[int] = []
    most = []
    lock = threading.Lock()

    def call() -> None:
        with waiting.on(["well"]):
            with lock:
                seen.append(1)
                most.append(len(seen))
            with lock:
                seen.pop()

    threads = [threading.Thread(target=call) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert len(most) == 50
    assert max(most) <= 2


def test_calls_that_name_hosts_in_turn_do_not_wait_for_each_other_for_ever() -> None:
    waiting = Waiting(50, 1, LONG)
    pairs = [["a", "b"], ["b", "a"]] * 20

    def call(hosts: list[str]) -> None:
        with waiting.on(hosts):
            done.append(hosts)

    done: list[list[str]] = []
    threads = [threading.Thread(target=call, args=(pair,)) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert len(done) == len(pairs)
    with waiting.on(["a", "b"]):
        pass
