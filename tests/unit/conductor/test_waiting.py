"""A host waits once, for its time, and is worked on by one at a time."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

from cyborg_rr.conductor.publishing.waiting import WaitingHosts
from tests.patience import grows_in_proportion


def test_a_host_that_comes_again_waits_once() -> None:
    waiting = WaitingHosts()
    for _ in range(3):
        waiting.put("a")
    waiting.put("b")
    assert [waiting.take(waits=False) for _ in range(3)] == ["a", "b", None]


def test_a_host_that_changes_while_it_is_worked_on_comes_again_afterwards() -> None:
    waiting = WaitingHosts()
    waiting.put("a")
    assert waiting.take() == "a"
    waiting.put("a")
    assert waiting.take(waits=False) is None
    waiting.done("a")
    assert waiting.take(waits=False) == "a"


def test_a_change_does_not_wait_for_a_retry() -> None:
    waiting = WaitingHosts()
    waiting.put("a", 60)
    assert waiting.take(waits=False) is None
    waiting.put("a")
    assert waiting.take(waits=False) == "a"
    waiting.done("a")
    assert waiting.take(waits=False) is None  # the retry went with it


def test_nothing_is_given_out_in_a_pause_and_everything_after_it() -> None:
    waiting = WaitingHosts()
    waiting.put("a")
    waiting.pause(60)
    assert waiting.take(waits=False) is None
    waiting.resume()
    assert waiting.take(waits=False) == "a"


def test_who_waits_wakes_for_a_host_and_for_the_end() -> None:
    waiting = WaitingHosts()
    taken: list[str | None] = []
    thread = threading.Thread(target=lambda: [taken.append(waiting.take()) for _ in range(2)])
    thread.start()
    waiting.put("a", 0.05)
    deadline = time.monotonic() + 60
    while not taken and time.monotonic() < deadline:
        time.sleep(0.01)
    waiting.close()
    thread.join(60)
    assert taken == ["a", None]


def test_no_host_is_worked_on_twice_at_a_time_and_none_is_lost() -> None:
    waiting = WaitingHosts()
    busy: set[str] = set()
    worked: set[str] = set()
    clashes: list[str] = []
    lock = threading.Lock()

    def work() -> None:
        while (host := waiting.take()) is not None:
            with lock:
                if host in busy:
                    clashes.append(host)
                busy.add(host)
            time.sleep(0.0005)
            with lock:
                busy.discard(host)
                worked.add(host)
            waiting.done(host)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    chance = random.Random(1)
    for _ in range(1500):
        waiting.put(f"h{chance.randrange(30)}", chance.choice([0, 0.001]))
    deadline = time.monotonic() + 60
    while len(waiting) and time.monotonic() < deadline:
        time.sleep(0.01)
    waiting.close()
    for thread in threads:
        thread.join(60)
    assert clashes == []
    assert len(worked) == 30


def test_many_hosts_cost_little() -> None:
    def make(count: int) -> Callable[[], None]:
        def work() -> None:
            waiting = WaitingHosts()
            for number in range(count):
                waiting.put(f"h{number}")
            while (host := waiting.take(waits=False)) is not None:
                waiting.done(host)

        return work

    grows_in_proportion(make, 50_000)
