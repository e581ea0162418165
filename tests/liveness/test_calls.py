"""No host takes the workers of others, and one that is silent frees those who wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from cyborg_rr.conductor.liveness.calls import HostCalls, LimitedAgents
from cyborg_rr.conductor.liveness.heard import Liveness
from cyborg_rr.domain.errors import HostBusy, HostLost
from cyborg_rr.domain.hardware.hosts import AgentPlace
from cyborg_rr.domain.hardware.life import Cleanings
from cyborg_rr.domain.requests import Claim
from cyborg_rr.rpc.agent_client import NoAnswer

DEAD, WELL = AgentPlace("dead", "dead"), AgentPlace("well", "well")
IN_FLIGHT, WORKERS = 4, 48


@dataclass
class Agents:
    """Agents of which one does not answer until the test says that the time is over."""

    gate: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def prepare(self, place: AgentPlace, claims: Sequence[Claim]) -> None:
        """Answer, or let the caller wait and then say that nobody did."""
        self.asked.append(place.hostname)
        self.arrived.release()
        if place == DEAD:
            assert self.gate.wait(30)
            raise NoAnswer("agent dead did not answer prepare in time")

    def release(self, place: AgentPlace, claims: Sequence[Claim]) -> Cleanings | None:
        """As ``prepare``."""
        self.prepare(place, claims)
        return Cleanings()

    clean = release

    def declare_clean(self, place: AgentPlace, claims: Sequence[Claim]) -> None:
        """As ``prepare``."""
        self.prepare(place, claims)


@pytest.fixture
def agents() -> Agents:
    """One host is dead, which nobody knows yet."""
    return Agents()


@pytest.fixture
def calls() -> HostCalls:
    """The limits of a conductor with 64 workers."""
    return HostCalls(Liveness(), IN_FLIGHT, WORKERS)


def limit(agents: Agents, calls: HostCalls) -> LimitedAgents:
    """These agents behind those limits."""
    return LimitedAgents(agents, calls._liveness, calls, 30)


def outcome(ask: Callable[[], Any]) -> str:
    """What became of a call."""
    try:
        ask()
    except (HostBusy, HostLost, NoAnswer) as error:
        return type(error).__name__
    return "answered"


def test_ten_binds_on_a_dead_host_keep_nobody_else_waiting(
    agents: Agents, calls: HostCalls
) -> None:
    limited = limit(agents, calls)
    with ThreadPoolExecutor(10) as pool:
        dead = [pool.submit(outcome, lambda: limited.prepare(DEAD, ())) for _ in range(10)]
        for _ in range(IN_FLIGHT):
            assert agents.arrived.acquire(timeout=30)
        for _ in range(100):  # in this one thread: each is answered before the dead one is
            limited.prepare(WELL, ())
        assert agents.asked.count("dead") == IN_FLIGHT  # the others wait for their turn
        assert not any(future.done() for future in dead)
        agents.gate.set()
        outcomes = [future.result(30) for future in dead]
    assert outcomes.count("NoAnswer") == IN_FLIGHT
    assert outcomes.count("HostLost") == 10 - IN_FLIGHT  # they are not sent after the others
    assert agents.asked.count("dead") == IN_FLIGHT


def test_a_host_that_did_not_answer_is_not_asked_until_it_speaks(
    agents: Agents, calls: HostCalls
) -> None:
    limited = limit(agents, calls)
    agents.gate.set()
    assert outcome(lambda: limited.prepare(DEAD, ())) == "NoAnswer"
    assert outcome(lambda: limited.release(DEAD, ())) == "HostLost"
    with pytest.raises(HostLost):
        calls.check("dead")
    calls._liveness.heard("dead")
    assert outcome(lambda: limited.prepare(DEAD, ())) == "NoAnswer"


def test_a_lost_host_is_not_asked_at_all(agents: Agents, calls: HostCalls) -> None:
    lost = AgentPlace("dead", "dead", is_lost=True)
    assert outcome(lambda: limit(agents, calls).prepare(lost, ())) == "HostLost"
    assert agents.asked == []


def test_no_number_of_binds_on_a_dead_host_takes_the_workers_of_others(
    agents: Agents, calls: HostCalls
) -> None:
    limited = limit(agents, calls)
    with ThreadPoolExecutor(64) as pool:
        dead = [pool.submit(outcome, lambda: limited.prepare(DEAD, ())) for _ in range(200)]
        for _ in range(IN_FLIGHT):
            assert agents.arrived.acquire(timeout=30)
        refused = 0
        for _ in range(200 - WORKERS // 2):  # refused at once, each worker is free again
            refused += sum(future.done() for future in dead) >= 200 - WORKERS // 2
            threading.Event().wait(0.01)
            if refused:
                break
        assert outcome(lambda: limited.prepare(WELL, ())) == "answered"
        agents.gate.set()
        outcomes = [future.result(30) for future in dead]
    assert outcomes.count("HostBusy") == 200 - WORKERS // 2


def test_the_more_hosts_are_dead_the_less_each_of_them_takes(calls: HostCalls) -> None:
    slots = []
    for host in range(WORKERS // IN_FLIGHT):
        while True:
            slot = calls.slot(f"dead-{host}", 0)
            try:
                if calls._waiting[f"dead-{host}"] >= IN_FLIGHT:
                    break
                slot.__enter__()
            except HostBusy:
                break
            slots.append(slot)
        assert calls._waiting[f"dead-{host}"] >= 1
    for slot in slots:
        slot.__exit__(None, None, None)
    assert not calls._waiting
    assert not calls._in_flight


def test_a_busy_host_is_waited_for_within_bounds(calls: HostCalls) -> None:
    slots = [calls.slot("busy", 1) for _ in range(IN_FLIGHT)]
    for slot in slots:
        slot.__enter__()
    with pytest.raises(HostBusy), calls.slot("busy", 0.05):
        raise AssertionError("a fifth call went out")
    slots[0].__exit__(None, None, None)
    with calls.slot("busy", 0.05):
        pass


def test_an_answer_is_a_sign_of_life(agents: Agents, calls: HostCalls) -> None:
    limit(agents, calls).prepare(WELL, ())
    assert calls._liveness.find_silence("well") is not None
