"""A conductor that is told changes stores what one stores that is told all, whatever gets lost."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.ledger.hosts import RealHost
from cyborg_rr.agent.reporting import HostReporter
from cyborg_rr.conductor.endpoint import ConductorEndpoint
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import (
    AttachHandleRow,
    AttributeRow,
    DeployableRow,
    DeviceRow,
    HostRow,
)
from cyborg_rr.domain.errors import AgentUnavailable, HostRefused
from cyborg_rr.domain.hardware.devices import Device, LeftOut, Snapshot, Trouble
from cyborg_rr.domain.hardware.hosts import AgentWord, HostIdentity
from cyborg_rr.domain.hardware.stored import HandleState
from cyborg_rr.domain.requests import Claim
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.messages import HostAnswer
from cyborg_rr.rpc.refusals import read_answer
from tests.db.test_changed_reports import device_reports, dump
from tests.migrated import lay_out
from tests.shipped import load

CATALOGUE = load()
HOST = "host"
TABLES = (AttachHandleRow, AttributeRow, DeployableRow, DeviceRow, HostRow)


def make_endpoint(database: Database) -> ConductorEndpoint:
    """A conductor that takes reports."""
    reporter = Reporter(database, CATALOGUE, (), release_grace_seconds=3600)
    return ConductorEndpoint(None, None, reporter, None, None, None)  # type: ignore[arg-type]


@dataclass
class Line:
    """Between an agent and two conductors: one hears what it says, the other the wholes of that.

    ``fault`` befalls the next message: it is lost, its answer is, or it comes twice. What was said
    can be heard again later.
    """

    told: ConductorEndpoint
    whole: ConductorEndpoint
    fault: str | None = None
    said: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    wholes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def synchronise_host(
        self,
        hostname: str,
        agent: str,
        content_hash: str,
        claims: Sequence[Claim],
        identity: HostIdentity,
        told: Any = None,
        word: AgentWord | None = None,
    ) -> HostAnswer:
        """As ``ConductorClient.synchronise_host``."""
        context = messages.make_context(60, identity, told, word)
        arguments = (context, hostname, agent, content_hash, messages.render_claims(claims, 0))
        read_answer(self.whole.synchronise_host(*arguments))
        return messages.parse_host_answer(read_answer(self.told.synchronise_host(*arguments)))

    def report(
        self,
        agent: str,
        snapshot: Mapping[str, Any],
        identity: HostIdentity,
        word: AgentWord | None = None,
    ) -> None:
        """As ``ConductorClient.report``."""
        self._say("report", identity, {"agent": agent, "snapshot": snapshot})

    def report_changes(
        self,
        agent: str,
        changes: Mapping[str, Any],
        identity: HostIdentity,
        word: AgentWord | None = None,
    ) -> bool:
        """As ``ConductorClient.report_changes``."""
        answer = self._say("report_changes", identity, {"agent": agent, "changes": changes})
        return bool(answer["taken"])

    def _say(self, method: str, identity: HostIdentity, arguments: dict[str, Any]) -> Any:
        self.calls.append(method)
        message = (method, messages.make_context(60, identity), json.loads(json.dumps(arguments)))
        self.said.append(message)
        fault, self.fault = self.fault, None
        if fault == "lost":
            raise AgentUnavailable("lost")
        answer = self.hear(*message)
        if fault == "twice":
            self.hear(*message)
        if fault == "answer lost":
            raise AgentUnavailable("lost")
        return answer

    def hear(self, method: str, context: dict[str, Any], arguments: dict[str, Any]) -> Any:
        """What the one conductor answers; the other hears the whole if that was taken."""
        answer = read_answer(getattr(self.told, method)(context, **arguments))
        content = arguments.get("snapshot")
        if content is None and answer["taken"]:
            content = self.wholes[arguments["changes"]["hash"]]
        if content is not None:
            read_answer(self.whole.report(context, arguments["agent"], content))
        return answer


class Looking(HostReporter):
    """Reports of a host on which the test says what there is."""

    snapshot = Snapshot(HOST, ())

    def look(self, _host: Host) -> Snapshot:
        """What the test says."""
        return self.snapshot


@dataclass
class World:
    """An agent on a line to two conductors with a database each."""

    path: Path
    databases: tuple[Database, Database]
    ledgers: list[Ledger] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.line = Line(*map(make_endpoint, self.databases))
        self.start()

    def start(self) -> None:
        """A new run of the agent."""
        ledger = Ledger(self.path)
        ledger.settle(RealHost(HOST, {"machine-id": "machine"}), ())
        self.ledgers.append(ledger)
        self.reporter = Looking("agent", Attachments(ledger), self.line)  # type: ignore[arg-type]

    def report(self, snapshot: Snapshot) -> bool:
        """One period; whether the conductor has the snapshot now."""
        self.reporter.snapshot = snapshot
        content = messages.render_snapshot(snapshot)
        self.line.wholes[messages.hash_content(content)] = json.loads(json.dumps(content))
        try:
            self.reporter.report(Host(HOST, []))
        except AgentUnavailable:
            return False
        self.reporter.note_taken_runs()
        return True

    def change_both(self, statement: Any) -> None:
        """Something happens at both conductors."""
        for database in self.databases:
            with database.writing() as session:
                session.execute(statement)

    def hold(self, number: int) -> None:
        """Somebody holds a handle, or lets it go."""
        row = AttachHandleRow
        with self.databases[0].reading() as session:
            handles = session.execute(select(row.id, row.state).order_by(row.id)).all()
        if not handles:
            return
        row_id, state = handles[number % len(handles)]
        other = HandleState.HELD if state == HandleState.FREE else HandleState.FREE
        self.change_both(update(row).where(row.id == row_id).values(state=other))

    def lose_document(self) -> None:
        """As a conductor of an earlier release leaves it, or an operator."""
        with self.databases[0].writing() as session:
            session.execute(update(HostRow).values(reported=None))

    def repeat(self, number: int) -> None:
        """Something that was said comes again, late; of an earlier run it is refused."""
        if self.line.said:
            method, context, arguments = self.line.said[number % len(self.line.said)]
            with contextlib.suppress(HostRefused):
                self.line.hear(method, context, arguments)

    def check(self) -> None:
        """Both have stored the same, down to the rows."""
        one, other = (_dump(database) for database in self.databases)
        assert one == other


def _dump(database: Database) -> Any:
    with database.reading() as session:
        hosts = session.execute(select(HostRow.content_hash, HostRow.left_out)).all()
        names = session.execute(
            select(DeployableRow.id, DeployableRow.device_id, DeployableRow.name)
        ).all()
    return hosts, sorted(names), dump(database, HOST)


@pytest.fixture(scope="module")
def two_databases() -> Iterator[tuple[Database, Database]]:
    """Two for all examples."""
    with tempfile.TemporaryDirectory() as directory:
        made = []
        for name in ("told", "whole"):
            url = f"sqlite:///{Path(directory) / name}"
            made.append(Database(make_config([], files=[], database__connection=url).database))
            lay_out(made[-1])
        yield made[0], made[1]
        for database in made:
            database.close()


def make_world(directory: Path, databases: tuple[Database, Database]) -> Iterator[World]:
    """A world, and its end."""
    for database in databases:
        with database.writing() as session:
            for table in TABLES:
                session.query(table).delete()
    made = World(directory / "ledger.sqlite", databases)
    yield made
    for ledger in made.ledgers:
        ledger.close()


BUSES = ("3b", "4b", "5b")
Pool = Mapping[str, Sequence[Device]]


def put(device: Device, bus: str) -> Device:
    """The device in another slot, its deployables called after that."""
    parts = tuple(replace(part, name=f"{bus}_{part.part}") for part in device.deployables)
    return replace(device, control_path={"bus": bus}, deployables=parts)


pools = st.fixed_dictionaries(
    {bus: st.lists(device_reports, min_size=2, max_size=2) for bus in BUSES}
).map(lambda pool: {bus: [put(device, bus) for device in pool[bus]] for bus in pool})
"""What a host may have in its slots: in each one of two devices, or of two states of one."""


@st.composite
def snapshots_of(draw: st.DrawFn, pool: Pool) -> Snapshot:
    """Most slots full, in any order, no device twice, and what else a host says."""
    choices = [draw(st.sampled_from((None, 0, 0, 1))) for _ in BUSES]
    chosen = [pool[bus][n] for bus, n in zip(BUSES, choices, strict=True) if n is not None]
    devices = {device.key: device for device in draw(st.permutations(chosen))}
    hidden = [pool[bus][0] for bus, n in zip(BUSES, choices, strict=True) if n is None]
    left_out = tuple(
        LeftOut("it", device.slot_key, Trouble("d3cold", "asleep"))
        for device in draw(st.sampled_from((hidden, ())))
    )
    failed = draw(st.sampled_from(((), (), ("one",))))
    return Snapshot(HOST, tuple(devices.values()), failed, left_out)


def steps_of(pool: Pool) -> st.SearchStrategy[list[tuple[str, Any]]]:
    """What happens: mostly reports."""
    numbers = st.integers(0, 9)
    looks = st.tuples(st.just("report"), snapshots_of(pool))
    others = st.one_of(
        st.tuples(st.just("fault"), st.sampled_from(("lost", "answer lost", "twice"))),
        st.tuples(st.sampled_from(("hold", "hold", "repeat", "repeat")), numbers),
        st.tuples(st.sampled_from(("start", "lose_document")), st.none()),
    )
    return st.lists(st.tuples(looks, looks, others), min_size=3, max_size=6).map(
        lambda rounds: [step for each in rounds for step in each]
    )


histories = pools.flatmap(steps_of)


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # each try takes long: never shrink
)
@given(history=histories)
def test_changes_are_stored_as_wholes_are(
    two_databases: tuple[Database, Database], history: list[tuple[str, Any]]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        for world in make_world(Path(directory), two_databases):
            last = Snapshot(HOST, ())
            for act, value in history:
                if act == "report":
                    last = value
                    world.report(value)
                elif act == "fault":
                    world.line.fault = value
                else:
                    getattr(world, act)(*(() if value is None else (value,)))
                world.check()
            world.line.fault = None
            assert world.report(last)
            world.check()
