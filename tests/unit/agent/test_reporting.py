"""What hosts tell a conductor of either release, and what they do with its answers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.ledger.hosts import RealHost
from cyborg_rr.agent.reporting import HostReporter
from cyborg_rr.domain.errors import AgentUnavailable, HandleInUse, HostRefused
from cyborg_rr.domain.hardware.hosts import HostIdentity
from cyborg_rr.rpc import messages
from tests.fakes.conductor import AnsweringConductor
from tests.unit.agent.builders import make_claim, make_device
from tests.unit.agent.test_discovery import Driver, find_device

NAME = "host"
DEVICE = make_device(1)


@dataclass
class Agent:
    """One run of an agent on a state directory, in the hands of the test."""

    path: Path
    conductor: AnsweringConductor
    machine: str = "machine"
    ledgers: list[Ledger] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """A new run."""
        ledger = Ledger(self.path)
        ledger.settle(RealHost(NAME, {"machine-id": self.machine}), ())
        self.ledgers.append(ledger)
        self.attachments = Attachments(ledger)
        self.reporter = HostReporter("agent", self.attachments, self.conductor)  # type: ignore[arg-type]
        self.find(1)

    def find(self, *numbers: int) -> None:
        """What the host has from now on."""
        self.host = Host(NAME, [Driver(lambda _look: [find_device(n) for n in numbers])])

    def report(self) -> None:
        """One period."""
        self.reporter.report(self.host)
        self.reporter.note_taken_runs()


@pytest.fixture
def conductor() -> AnsweringConductor:
    """A conductor of this release."""
    return AnsweringConductor()


@pytest.fixture
def agent(tmp_path: Path, conductor: AnsweringConductor) -> Iterator[Agent]:
    """An agent that has not reported yet."""
    agent = Agent(tmp_path / "ledger.sqlite", conductor)
    yield agent
    for ledger in agent.ledgers:
        ledger.close()


def test_an_unchanged_host_reports_once(agent: Agent, conductor: AnsweringConductor) -> None:
    for _ in range(3):
        agent.report()
    assert conductor.calls == ["synchronise", "report", "synchronise", "synchronise"]
    assert agent.reporter.reports == 1


def test_every_run_is_taken_for_the_next_of_the_same_agent(
    agent: Agent, conductor: AnsweringConductor
) -> None:
    runs = set()
    for _ in range(3):
        agent.report()
        (known,) = conductor.machines.values()
        runs.add(known.run)
        agent.start()
    assert len(runs) == 3


def test_a_run_that_died_between_the_answer_and_its_ledger_is_no_copy(
    agent: Agent, conductor: AnsweringConductor
) -> None:
    agent.report()
    agent.start()
    agent.reporter.report(agent.host)  # and dies before the ledger says that it was taken
    for _ in range(2):
        agent.start()
        agent.report()
    assert len(conductor.machines) == 1


def test_of_two_runs_from_one_ledger_the_conductor_serves_one(
    agent: Agent, conductor: AnsweringConductor, tmp_path: Path
) -> None:
    agent.report()
    for ledger in agent.ledgers:
        ledger.close()
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(agent.path.read_bytes())
    twin = Agent(copy, conductor)
    agent.start()
    agent.report()
    with pytest.raises(HostRefused):
        twin.report()
    with pytest.raises(AgentUnavailable, match="belongs to"):
        twin.attachments.prepare(NAME, [make_claim(DEVICE, "a")])
    agent.report()
    agent.attachments.prepare(NAME, [make_claim(DEVICE, "a")])
    for ledger in twin.ledgers:
        ledger.close()


def test_a_refused_host_is_healed_by_the_conductor_alone(
    agent: Agent, conductor: AnsweringConductor, caplog: pytest.LogCaptureFixture
) -> None:
    agent.report()
    (known,) = conductor.machines.values()
    agent.attachments.prepare(NAME, [make_claim(DEVICE, "a")])
    conductor.machines[known.id] = HostIdentity(known.id, "another", "node-b", "run")
    for _ in range(3):
        with pytest.raises(HostRefused, match="node-b"):
            agent.report()
    assert [r.levelno for r in caplog.records].count(logging.ERROR) == 1
    conductor.machines.clear()  # adopted
    agent.report()
    agent.attachments.release(NAME, [make_claim(DEVICE, "a")])
    agent.attachments.prepare(NAME, [make_claim(DEVICE, "b")])


def test_a_conductor_of_the_first_release_is_sent_what_it_knows(
    agent: Agent, conductor: AnsweringConductor
) -> None:
    conductor.minor = messages.FIRST_MINOR
    for _ in range(3):
        agent.report()
    assert len(conductor.reports) == 1
    (device,) = conductor.reports[0]["devices"]
    assert not {"identity", "capacities", "trouble"} & set(device)
    assert "left_out" not in conductor.reports[0]
    conductor.minor = messages.MINOR  # it was upgraded
    for _ in range(3):
        agent.report()
    assert len(conductor.reports) == 2
    assert "identity" in conductor.reports[1]["devices"][0]


def test_a_host_that_changed_says_what_changed(agent: Agent, conductor: AnsweringConductor) -> None:
    agent.report()
    agent.find(1, 2)
    agent.report()
    agent.find(2, 3)
    agent.report()
    assert conductor.calls[2:] == ["synchronise", "report_changes"] * 2
    assert len(conductor.reports[-1]["devices"]) == 2
    assert conductor.known[NAME] == messages.hash_content(conductor.reports[-1])


def test_a_host_that_changed_wholly_says_the_whole(
    agent: Agent, conductor: AnsweringConductor
) -> None:
    agent.report()
    agent.find(2)
    agent.report()
    assert conductor.calls[2:] == ["synchronise", "report"]


def test_a_conductor_that_has_no_report_is_sent_the_whole_at_once(
    agent: Agent, conductor: AnsweringConductor
) -> None:
    agent.report()
    conductor.documents.clear()
    agent.find(1, 2)
    agent.report()
    assert conductor.calls[2:] == ["synchronise", "report_changes", "report"]
    assert len(conductor.reports[-1]["devices"]) == 2


def test_a_run_that_finds_its_host_known_says_what_changes_later(
    agent: Agent, conductor: AnsweringConductor
) -> None:
    agent.report()
    agent.start()
    agent.report()
    agent.find(1, 2)
    agent.report()
    assert conductor.calls[2:] == ["synchronise", "synchronise", "report_changes"]


def test_after_a_message_that_may_be_lost_the_whole_is_said(
    agent: Agent, conductor: AnsweringConductor
) -> None:
    agent.report()
    agent.find(1, 2)
    conductor.loses = "report_changes"
    with pytest.raises(AgentUnavailable):
        agent.report()
    agent.report()
    assert conductor.calls[2:] == ["synchronise", "report_changes", "synchronise", "report"]


@pytest.mark.parametrize("minor", range(messages.CHANGES_MINOR))
def test_a_conductor_that_takes_no_changes_is_sent_the_whole(
    agent: Agent, conductor: AnsweringConductor, minor: int
) -> None:
    conductor.minor = minor
    agent.report()
    agent.find(1, 2)
    agent.report()
    assert conductor.calls == ["synchronise", "report"] * 2
    conductor.minor = messages.MINOR  # it was upgraded
    for _ in range(2):  # the second is in words of this release
        agent.report()
    agent.find(1, 2, 3)
    agent.report()
    assert conductor.calls[-2:] == ["synchronise", "report_changes"]


def test_runs_that_a_conductor_of_the_first_release_saw_are_not_counted(
    agent: Agent, conductor: AnsweringConductor
) -> None:
    agent.report()
    conductor.minor = messages.FIRST_MINOR
    for _ in range(2):
        agent.start()
        agent.report()
    conductor.minor = messages.MINOR
    agent.report()


def test_a_lost_ledger_is_rebuilt_from_what_the_conductor_says(
    agent: Agent, conductor: AnsweringConductor
) -> None:
    conductor.held = [make_claim(DEVICE, "a", holder="instance")]
    agent.report()
    agent.start()
    agent.report()
    (claim,) = agent.attachments.list_claims(NAME)
    assert (claim.binding_id, claim.holder) == ("a", "instance")
    with pytest.raises(HandleInUse, match="arq-of-a"):
        agent.attachments.prepare(NAME, [make_claim(DEVICE, "b")])


def test_claims_that_are_over_are_let_go(agent: Agent, conductor: AnsweringConductor) -> None:
    agent.report()
    agent.attachments.prepare(NAME, [make_claim(DEVICE, "a")])
    conductor.over = agent.attachments.list_claims(NAME)
    agent.report()
    assert conductor.claims[NAME] == conductor.over
    assert agent.attachments.list_claims(NAME) == []


def test_what_drivers_learnt_survives_a_restart(
    agent: Agent, conductor: AnsweringConductor
) -> None:
    agent.host.memory.learn("slot", {"uuid": "GPU-1"})
    agent.report()
    agent.start()
    assert agent.ledgers[-1].list_learnt(NAME) == {"slot": {"uuid": "GPU-1"}}
