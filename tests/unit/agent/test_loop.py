"""When the agent looks: on its period, and at once when something happens on its machine."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.agent import service
from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.coming import Coming
from cyborg_rr.agent.deadlines import DriverCalls
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.service import AgentService
from cyborg_rr.conf.opts import make_config
from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.domain.requests import Mandate
from cyborg_rr.rpc.agent_client import AgentClient
from cyborg_rr.rpc.conductor_client import ConductorClient
from tests.fakes.conductor import AnsweringConductor
from tests.memory_bus import make_memory_bus
from tests.unit.agent.builders import make_claim, make_device
from tests.unit.agent.test_discovery import Driver, find_device

HOUR = 3600.0


class Looks:
    """A driver's looks: when they were, and what they find."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.buses = [1]

    def find(self, _look: object) -> list[Any]:
        self.times.append(time.monotonic())
        return [find_device(bus) for bus in self.buses]

    def wait_for(self, count: int, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while len(self.times) < count:
            assert time.monotonic() < deadline, f"{len(self.times)} looks"
            time.sleep(0.01)


Start = Callable[..., AgentService]


@pytest.fixture
def conductor() -> AnsweringConductor:
    """A conductor of this release."""
    return AnsweringConductor()


@pytest.fixture
def looks() -> Looks:
    """What the real host's driver is asked."""
    return Looks()


@pytest.fixture
def start(tmp_path: Path, conductor: AnsweringConductor, looks: Looks) -> Iterator[Start]:
    """Start an agent of one real host, on a bus of its own."""
    started: list[AgentService] = []
    transport = make_memory_bus(make_config([], files=[]))

    def start(interval: float = HOUR, simulated: Looks | None = None) -> AgentService:
        hosts = [Host("host", [Driver(looks.find)], calls=DriverCalls(60))]
        if simulated is not None:
            hosts.append(Host("simulated", [Driver(simulated.find)]))
        ledger = Ledger(tmp_path / "ledger.sqlite")
        agent = AgentService(
            "agent",
            hosts,
            Attachments(ledger),
            conductor,  # type: ignore[arg-type]
            transport,
            interval,
            ledger.close,
        )
        started.append(agent)
        agent.start()
        return agent

    yield start
    for agent in started:
        agent.stop()
    transport.cleanup()


def test_a_host_that_is_reported_after_a_failure_is_told(
    start: Start, conductor: AnsweringConductor, caplog: pytest.LogCaptureFixture
) -> None:
    agent = start()
    caplog.set_level(logging.INFO)
    conductor.is_away = True
    assert not agent.report_all()
    assert "Host host could not be reported" in caplog.text
    conductor.is_away = False
    assert agent.report_all()
    assert agent.report_all()
    assert caplog.messages.count("Host host is reported now") == 1


def test_what_happens_on_the_machine_is_looked_at_once_and_soon(
    start: Start, looks: Looks, conductor: AnsweringConductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "COALESCING_SECONDS", 1.0)
    simulated = Looks()
    agent = start(simulated=simulated)
    looks.wait_for(2)  # the first look, and that of the first report
    simulated.wait_for(2)
    looks.buses = [1, 2]
    for _ in range(50):
        agent._look_soon()
    looks.wait_for(3)
    time.sleep(1.5)
    assert len(looks.times) == 3
    assert len(simulated.times) == 2, "nothing happens to it by itself"
    assert len(conductor.reports[-1]["devices"]) == 2


def test_a_release_is_a_reason_to_look(
    start: Start, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "COALESCING_SECONDS", 0.05)
    agent = start()
    looks.wait_for(2)
    claim = make_claim(make_device(1), "a")
    agent._attachments.prepare("host", [claim])
    endpoint = service.AgentEndpoint(agent._attachments, agent._look_soon)
    from cyborg_rr.rpc import messages

    answer = endpoint.release({}, host="host", claims=messages.render_claims([claim]))
    assert set(answer["answer"]) == {"unclean", "cleaned"}
    looks.wait_for(3)


def test_looks_that_find_nothing_new_become_rarer(
    start: Start, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "COALESCING_SECONDS", 0.05)
    agent = start()
    looks.wait_for(2)
    find = looks.find

    def find_and_wake(look: object) -> list[Any]:
        agent._look_soon()  # as a look that makes the kernel tell something would
        return find(look)

    looks.find = find_and_wake  # type: ignore[method-assign]
    agent._hosts[0].drivers[0].find = find_and_wake  # type: ignore[attr-defined]
    agent._look_soon()
    looks.wait_for(6)
    gaps = [after - before for before, after in pairwise(looks.times[2:6])]
    assert all(gap > 0.049 * 2**n for n, gap in enumerate(gaps, 1)), "twice as long each time"


def test_the_period_is_kept_with_some_jitter(
    start: Start, looks: Looks, conductor: AnsweringConductor
) -> None:
    start(interval=0.2)
    looks.wait_for(12)
    gaps = [after - before for before, after in pairwise(looks.times[1:])]
    assert min(gaps) > 0.17, gaps
    assert min(gaps) < 0.4, "a busy machine delays some of them"
    assert len({round(gap, 3) for gap in gaps}) > 3


def test_an_agent_that_starts_before_its_conductor_hands_out_and_reports_when_it_comes(
    start: Start, looks: Looks, conductor: AnsweringConductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "FIRST_RETRY_SECONDS", 0.05)
    conductor.is_away = True
    agent = start()
    assert conductor.was_called.wait(60)
    agent._attachments.prepare("host", [make_claim(make_device(1), "a")])
    conductor.is_away = False
    deadline = time.monotonic() + 60
    while not conductor.reports:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert [claim.binding_id for claim in conductor.claims["host"]] == ["a"]


def test_a_conductor_that_comes_is_told_at_once_what_nobody_heard(
    start: Start, looks: Looks, conductor: AnsweringConductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "FIRST_RETRY_SECONDS", HOUR)
    monkeypatch.setattr(service, "MOST_UNHEARD_SECONDS", HOUR)
    monkeypatch.setattr(service, "SPREAD_SECONDS", 0.1)
    monkeypatch.setattr(service, "COALESCING_SECONDS", 0.05)
    conductor.is_away = True
    agent = start()
    assert conductor.was_called.wait(60)
    conductor.is_away = False
    client = AgentClient(agent._server.transport, 10)
    client.tell_all_of_conductor()
    deadline = time.monotonic() + 60
    while not conductor.reports:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    looked = len(looks.times)
    client.tell_all_of_conductor()  # another one: nothing waits for it
    time.sleep(0.5)
    assert len(looks.times) == looked


def test_until_it_is_heard_an_agent_asks_often_and_then_ever_more_rarely(
    start: Start, looks: Looks, conductor: AnsweringConductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "FIRST_RETRY_SECONDS", 0.1)
    monkeypatch.setattr(service, "MOST_UNHEARD_SECONDS", 0.2)
    conductor.is_away = True
    agent = start()
    looks.wait_for(15)
    gaps = [after - before for before, after in pairwise(looks.times[3:])]
    assert len({round(gap, 2) for gap in gaps}) > 2, "not in step with others"
    agent._was_heard = True
    before = len(looks.times)
    time.sleep(2)
    assert len(looks.times) - before <= 5


def test_a_call_that_nobody_hears_ends_when_a_conductor_comes(tmp_path: Path) -> None:
    transport = make_memory_bus(make_config([], files=[]))
    coming = Coming()
    client = ConductorClient(transport, HOUR, attendance=coming)
    ended: list[str] = []

    def ask() -> None:
        with pytest.raises(AgentUnavailable) as caught:
            client.unbind(["arq"], Mandate())
        ended.append(str(caught.value))

    caller = threading.Thread(target=ask, daemon=True)
    caller.start()
    caller.join(0.5)
    assert not ended
    coming.note()
    caller.join(10)
    assert ended == ["a conductor has come, and is asked anew"]
    transport.cleanup()
