"""What changed since the report that a conductor has is taken as a whole report is."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select, update

from cyborg_rr.conductor.endpoint import ConductorEndpoint
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.db import packing
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import DeviceRow, HostRow
from cyborg_rr.domain.errors import AgentUnavailable, HostRefused, InvalidInput
from cyborg_rr.domain.hardware.devices import Device, Snapshot
from cyborg_rr.domain.hardware.hosts import HostIdentity
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.changes import note_told, render_changes
from cyborg_rr.rpc.refusals import read_answer
from tests.builders import make_snapshot
from tests.shipped import load
from tests.statements import counted

CATALOGUE = load()
HOST = "host"
SELF = HostIdentity("6e9f0c1a-0000-4000-8000-000000000001", "", HOST, "run-1", None, messages.MINOR)
DEVICES = make_snapshot(HOST, 3, handles=2).devices


def on_host(*devices: Device, name: str = HOST) -> dict[str, Any]:
    """A report of a host that has those."""
    content = messages.render_snapshot(Snapshot(name, devices))
    read: dict[str, Any] = json.loads(json.dumps(content))
    return read


def improve(device: Device) -> Device:
    """The device, described anew."""
    return replace(device, fields=replace(device.fields, model="Other"))


@dataclass
class Conductor:
    """A conductor that was told of all devices by the first run of an agent."""

    database: Database

    def __post_init__(self) -> None:
        reporter = Reporter(self.database, CATALOGUE, (), release_grace_seconds=3600)
        self.endpoint = ConductorEndpoint(None, None, reporter, None, None, None)  # type: ignore[arg-type]
        self.report(on_host(*DEVICES))

    def report(self, content: dict[str, Any], identity: HostIdentity = SELF) -> None:
        """All that a host has."""
        read_answer(self.endpoint.report(messages.make_context(60, identity), "agent", content))

    def change(
        self,
        before: dict[str, Any],
        now: dict[str, Any],
        identity: HostIdentity = SELF,
        seconds: float = 60,
    ) -> bool:
        """What changed; whether it was taken."""
        changes = render_changes(now, note_told(now), note_told(before))
        context = messages.make_context(seconds, identity)
        answer = read_answer(self.endpoint.report_changes(context, "agent", changes))
        return bool(answer["taken"])

    def list_models(self) -> list[str]:
        """Of all devices, in the order of their addresses."""
        with self.database.reading() as session:
            rows = session.scalars(select(DeviceRow).order_by(DeviceRow.control_path))
            return [row.model for row in rows]


@pytest.fixture
def conductor(database: Database) -> Conductor:
    """One on each kind of database."""
    return Conductor(database)


BEFORE = on_host(*DEVICES)
CHANGED = on_host(*DEVICES[:2], improve(DEVICES[2]))


def test_what_changed_is_stored_with_one_query_more(conductor: Conductor) -> None:
    with counted(conductor.database.engine) as of_whole:
        conductor.report(on_host(improve(DEVICES[0]), *DEVICES[1:]))
    conductor.report(BEFORE)
    with counted(conductor.database.engine) as of_changes:
        assert conductor.change(BEFORE, CHANGED)
    assert len(of_changes) == len(of_whole) + 1
    assert of_changes[0].startswith("SELECT")
    assert conductor.list_models() == ["Test device", "Test device", "Other"]


def test_a_device_that_goes_is_no_longer_named(conductor: Conductor) -> None:
    assert conductor.change(BEFORE, on_host(DEVICES[2], DEVICES[0]))
    assert len(conductor.list_models()) == 2


def test_changes_of_another_report_are_not_taken(conductor: Conductor) -> None:
    assert not conductor.change(on_host(*DEVICES[:2]), on_host(DEVICES[0]))
    assert conductor.change(BEFORE, CHANGED)
    assert not conductor.change(BEFORE, on_host(*DEVICES[:1]))
    assert len(conductor.list_models()) == 3


def test_changes_are_not_taken_where_an_older_conductor_stored_since(conductor: Conductor) -> None:
    with conductor.database.writing() as session:
        kept = session.scalar(select(HostRow.reported))
    conductor.report(CHANGED)
    with conductor.database.writing() as session:  # which leaves alone what it does not know
        session.execute(update(HostRow).values(reported=kept))
    assert not conductor.change(CHANGED, on_host(*DEVICES[:1]))
    conductor.report(CHANGED)
    assert conductor.change(CHANGED, on_host(*DEVICES[:1]))


def test_the_same_report_can_be_said_again_in_a_few_words(conductor: Conductor) -> None:
    with conductor.database.writing() as session:  # as a new catalogue makes it necessary
        session.execute(update(HostRow).values(content_hash=None))
    assert conductor.change(BEFORE, BEFORE)
    with conductor.database.reading() as session:
        assert session.scalar(select(HostRow.content_hash)) is not None


def test_changes_of_an_earlier_run_are_refused(conductor: Conductor) -> None:
    following = replace(SELF, run="run-2", last_run="run-1")
    assert conductor.change(BEFORE, BEFORE, following)
    with pytest.raises(HostRefused):
        conductor.change(BEFORE, CHANGED)
    assert "Other" not in conductor.list_models()


def test_changes_that_come_too_late_are_not_stored(conductor: Conductor) -> None:
    with pytest.raises(AgentUnavailable):
        conductor.change(BEFORE, CHANGED, seconds=-1)
    assert "Other" not in conductor.list_models()


def test_a_changed_device_is_judged_beside_those_that_did_not_change(conductor: Conductor) -> None:
    twin = replace(improve(DEVICES[1]), control_path=DEVICES[0].control_path)
    with pytest.raises(InvalidInput, match="two devices at one place"):
        conductor.change(BEFORE, on_host(DEVICES[0], twin, DEVICES[2]))
    part = replace(DEVICES[1].deployables[0], name=DEVICES[0].deployables[0].name)
    namesake = replace(DEVICES[1], deployables=(part,))
    with pytest.raises(InvalidInput, match="two deployables of one name"):
        conductor.change(BEFORE, on_host(DEVICES[0], namesake, DEVICES[2]))


def test_a_device_that_changed_places_is_recognised_among_those_that_stay(
    conductor: Conductor,
) -> None:
    named = [replace(each, identity=f"pci:{n}") for n, each in enumerate(DEVICES)]
    conductor.report(on_host(*named))
    with conductor.database.reading() as session:
        uuids = {row.identity: row.uuid for row in session.scalars(select(DeviceRow))}
    silent = replace(named[1], identity=None)
    assert conductor.change(on_host(*named), on_host(named[0], silent, named[2]))
    moved = replace(named[0], control_path={**named[0].control_path, "bus": "7f"})
    assert conductor.change(on_host(named[0], silent, named[2]), on_host(moved, silent, named[2]))
    with conductor.database.reading() as session:
        assert {row.identity: row.uuid for row in session.scalars(select(DeviceRow))} == uuids


def test_a_host_under_a_new_name_is_known_by_its_id(conductor: Conductor) -> None:
    assert conductor.change(BEFORE, on_host(*DEVICES, name="renamed"))
    with conductor.database.reading() as session:
        assert session.scalars(select(HostRow.name)).all() == ["renamed"]


def test_a_report_too_long_to_be_kept_is_sent_whole_again(
    conductor: Conductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MAX_REPORTED_BYTES", 100)
    conductor.report(CHANGED)
    assert not conductor.change(CHANGED, BEFORE)
