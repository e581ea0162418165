"""Hosts are machines: who may report one, and what operators do with them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from cyborg_rr.conductor.hosts import Hosts
from cyborg_rr.conductor.release import Cleaning
from cyborg_rr.conductor.report import Reporter, Synchronised
from cyborg_rr.db import profiles, requests
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import deployables, devices, hosts
from cyborg_rr.db.hardware.claiming import Wanted, claim_handles, lock_devices
from cyborg_rr.db.hardware.handles import find_providers
from cyborg_rr.db.paging import Page
from cyborg_rr.db.tables import AcceleratorRequestRow, AttachHandleRow, HostRow, Table
from cyborg_rr.domain.errors import Conflict, HostRefused, InvalidInput, NotFound
from cyborg_rr.domain.hardware.choosing import Wish
from cyborg_rr.domain.hardware.devices import LeftOut, Snapshot, Trouble
from cyborg_rr.domain.hardware.hosts import HostIdentity, StoredHost
from cyborg_rr.domain.hardware.life import Cleaned, Cleanings, CleanState, Unclean
from cyborg_rr.domain.hardware.stored import HandleState
from cyborg_rr.domain.requests import Claim, Mandate
from tests.builders import hash_of, make_snapshot
from tests.shipped import load
from tests.statements import counted

CATALOGUE = load()
SELF = HostIdentity("6e9f0c1a-0000-4000-8000-000000000001", "m1", "node-1", "run-1", None, 1)
OTHER = HostIdentity("6e9f0c1a-0000-4000-8000-000000000002", "m2", "node-2", "run-9", None, 1)


class Conductor:
    """What a conductor does with reports and hosts."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.reporter = Reporter(database, CATALOGUE, (), release_grace_seconds=60)
        self.told: list[str] = []
        self.hosts = Hosts(database, (self,))

    def host_changed(self, hostname: str) -> None:
        """As a publisher: what it is told of."""
        self.told.append(hostname)

    def report(
        self, snapshot: Snapshot, identity: HostIdentity | None = SELF, agent: str = "agent"
    ) -> Synchronised:
        """As an agent does at each interval; what it is told."""
        told = self.reporter.synchronise(
            snapshot.hostname, agent, hash_of(snapshot), self.claims, identity
        )
        if not told.known:
            self.reporter.report(agent, snapshot, hash_of(snapshot), None, identity)
        return told

    claims: tuple[Claim, ...] = ()

    def hold(self, hostname: str) -> Claim:
        """Bind a request to the first deployable of a host."""
        with self.database.writing() as session:
            parts = deployables.list_deployables(session)
            provider = find_providers(session, [part.provider_uuid for part in parts])
            chosen = min(
                (each for each in provider.values() if each.hostname == hostname),
                key=lambda each: each.deployable_id,
            )
            profile = profiles.create_profile(session, uuid.uuid4().hex, [{"resources:PGPU": "1"}])
            (arq,) = requests.create_requests(session, profile, "project")
            wish = Wish(chosen.deployable_id, "instance", arq.uuid)
            wanted = [Wanted(wish, chosen, str(uuid.uuid4()))]
            (held,) = claim_handles(session, wanted, lock_devices(session, [chosen]))
            session.query(AcceleratorRequestRow).filter_by(uuid=arq.uuid).update(
                {"hostname": hostname, "state": "Bound", "instance_uuid": "instance"}
            )
            return held.claim

    def get(self, name: str) -> StoredHost:
        return self.hosts.get_host(name)


@pytest.fixture
def conductor(database: Database) -> Conductor:
    """A conductor that knows one host with two devices."""
    made = Conductor(database)
    made.report(make_snapshot("host-1", 2))
    return made


def test_a_host_is_stored_with_all_that_its_agent_says_of_it(conductor: Conductor) -> None:
    known = conductor.get("host-1").known
    assert (known.id, known.machine, known.node, known.run, known.minor, known.agent) == (
        SELF.id,
        "m1",
        "node-1",
        "run-1",
        1,
        "agent",
    )
    assert conductor.report(make_snapshot("host-1", 2)).known


def test_the_next_run_of_an_agent_is_noted_once(conductor: Conductor) -> None:
    following = replace(SELF, run="run-2", last_run="run-1")
    snapshot = make_snapshot("host-1", 2)
    assert conductor.report(snapshot, following, agent="renamed").known
    with counted(conductor.database.engine) as statements:
        assert conductor.report(snapshot, following, agent="renamed").known
    assert len(statements) == 1
    with pytest.raises(HostRefused, match="copy of its id and ledger"):
        conductor.report(snapshot, SELF)
    assert conductor.get("host-1").known.run == "run-2"


def test_another_machine_is_refused_and_shown(conductor: Conductor) -> None:
    with pytest.raises(HostRefused, match=r"node-1 .*node-2"):
        conductor.report(Snapshot("host-1", ()), OTHER)
    with pytest.raises(HostRefused, match=r"node-1 .*node-2"):
        conductor.reporter.report("agent", Snapshot("host-1", ()), "hash", None, OTHER)
    shown = conductor.get("host-1")
    assert shown.refused_at is not None
    assert f"host adopt host-1 --id {OTHER.id}" in str(shown.refused_reason)
    assert shown.devices == 2
    assert shown.known.id == SELF.id


def test_a_refusal_is_in_the_log_once_until_it_is_another(
    conductor: Conductor, caplog: pytest.LogCaptureFixture
) -> None:
    third = replace(OTHER, id="6e9f0c1a-0000-4000-8000-000000000003")
    for speaker in (OTHER, OTHER, OTHER, third, third):
        with pytest.raises(HostRefused):
            conductor.report(Snapshot("host-1", ()), speaker)
    logged = [record.getMessage() for record in caplog.records if "Refused" in record.msg]
    assert [OTHER.id in line for line in logged] == [True, False]
    assert third.id in logged[1]


def test_a_copied_id_is_refused_and_shown(conductor: Conductor) -> None:
    with pytest.raises(HostRefused):
        conductor.report(Snapshot("host-2", ()), replace(OTHER, id=SELF.id))
    assert "node-2" in str(conductor.get("host-1").refused_reason)
    with pytest.raises(NotFound):
        conductor.get("host-2")


def test_a_host_with_a_new_name_takes_its_devices_and_requests_along(conductor: Conductor) -> None:
    claim = conductor.hold("host-1")
    renamed = make_snapshot("host-9", 2)
    assert not conductor.report(renamed).known
    assert conductor.report(renamed).known
    with conductor.database.reading() as session:
        assert {device.hostname for device in devices.list_devices(session)} == {"host-9"}
        assert len(devices.list_devices(session)) == 2
        names = [part.name for part in deployables.list_deployables(session)]
        assert requests.list_requests(session)[0].hostname == "host-9"
    assert names == [
        part.name for d in make_snapshot("host-1", 2).devices for part in d.deployables
    ]
    assert conductor.get("host-9").held == 1
    assert claim.binding_id
    with pytest.raises(NotFound):
        conductor.get("host-1")


def test_a_name_that_another_host_has_is_not_taken_from_it(conductor: Conductor) -> None:
    conductor.report(make_snapshot("host-2", 1), OTHER)
    with pytest.raises(HostRefused, match="host host-2 of agent agent on node-2"):
        conductor.report(make_snapshot("host-2", 2), SELF)
    assert conductor.get("host-2").known.id == OTHER.id


def test_a_ledger_that_lost_a_claim_is_told_of_it_when_that_is_settled(
    conductor: Conductor,
) -> None:
    claim = conductor.hold("host-1")
    snapshot = make_snapshot("host-1", 2)
    assert conductor.report(snapshot).held == []  # it may be on its way
    with conductor.database.writing() as session:
        session.query(AttachHandleRow).filter_by(binding_id=claim.binding_id).update(
            {"state_since": utc_now() - timedelta(hours=1)}
        )
    (told,) = conductor.report(snapshot).held
    assert (told.binding_id, told.arq_uuid, told.holder) == (
        claim.binding_id,
        claim.arq_uuid,
        "instance",
    )
    assert told.device_key == snapshot.devices[0].key
    assert told.handle.info == snapshot.devices[0].deployables[0].handles[0].info
    conductor.claims = (told,)
    assert conductor.report(snapshot).held == []
    assert conductor.report(snapshot).release == []
    conductor.claims = (replace(told, binding_id=str(uuid.uuid4())),)
    assert list(conductor.report(snapshot).release) == list(conductor.claims)


def test_a_reinstalled_machine_is_adopted_while_it_holds_requests(conductor: Conductor) -> None:
    conductor.hold("host-1")
    snapshot = make_snapshot("host-1", 2)
    with pytest.raises(HostRefused):
        conductor.report(snapshot, OTHER)
    with conductor.database.reading() as session:
        before = [(d.id, d.uuid) for d in devices.list_devices(session)]
    conductor.hosts.adopt("host-1", OTHER.id)
    assert conductor.told == ["host-1"]
    assert conductor.get("host-1").refused_reason is None
    conductor.report(snapshot, OTHER)
    shown = conductor.get("host-1")
    assert (shown.known.id, shown.known.node, shown.held) == (OTHER.id, "node-2", 1)
    with conductor.database.reading() as session:
        assert [(d.id, d.uuid) for d in devices.list_devices(session)] == before
    with pytest.raises(HostRefused):
        conductor.report(snapshot, SELF)


def test_an_id_belongs_to_one_host(conductor: Conductor) -> None:
    conductor.report(make_snapshot("host-2", 1), OTHER)
    with pytest.raises(Conflict, match="host host-1 has the id"):
        conductor.hosts.adopt("host-2", SELF.id)
    with pytest.raises(NotFound, match="host nowhere"):
        conductor.hosts.adopt("nowhere", SELF.id)


@pytest.mark.parametrize("state", [state for state in HandleState if state != HandleState.FREE])
def test_a_host_that_holds_anything_cannot_be_removed(
    conductor: Conductor, state: HandleState
) -> None:
    with conductor.database.writing() as session:
        row = session.query(AttachHandleRow).first()
        assert row is not None
        row.state = state
    with pytest.raises(Conflict, match="1 of its attach handles is not free; list them with GET"):
        conductor.hosts.remove("host-1", Mandate())
    assert conductor.get("host-1").devices == 2
    with conductor.database.reading() as session:
        assert session.query(AttachHandleRow).count() == 2


@pytest.mark.parametrize("state", [HandleState.RELEASING, HandleState.DIRTY])
def test_no_host_speaks_of_what_another_let_go_of(conductor: Conductor, state: HandleState) -> None:
    claim = conductor.hold("host-1")
    with conductor.database.writing() as session:
        row = session.query(AttachHandleRow).filter_by(binding_id=claim.binding_id).one()
        row.state, row.arq_uuid = state, None
    conductor.report(make_snapshot("host-2", 1), OTHER)
    bad = Unclean(
        claim.binding_id, claim.deployable_name, CleanState.QUARANTINED, claim.handle, "x", "y"
    )
    good = Cleaned(claim.binding_id, "wiped")
    for told in (Cleanings((bad,)), Cleanings((), (good,)), Cleanings((bad,), (good,))):
        conductor.reporter.synchronise("host-2", "agent", "", [], OTHER, told)
        Cleaning(conductor.database).take("host-2", told, asked=["another"])
        with conductor.database.reading() as session:
            row = session.query(AttachHandleRow).filter_by(binding_id=claim.binding_id).one()
            assert row.state == state


@pytest.mark.parametrize("state", [state for state in HandleState if state != HandleState.FREE])
def test_a_machine_that_is_gone_is_removed_unless_a_request_holds_something(
    conductor: Conductor, state: HandleState
) -> None:
    with conductor.database.writing() as session:
        row = session.query(AttachHandleRow).first()
        assert row is not None
        row.state = state
    if state is HandleState.HELD:
        with pytest.raises(Conflict, match="1 of its attach handles is held"):
            conductor.hosts.remove("host-1", Mandate(), is_gone=True)
        assert conductor.get("host-1").held == 1
        return
    conductor.hosts.remove("host-1", Mandate(), is_gone=True)
    with pytest.raises(NotFound):
        conductor.get("host-1")


def test_a_host_is_removed_by_its_very_name(conductor: Conductor) -> None:
    for name in ("host-1 ", "HOST-1", "host-"):
        with pytest.raises(NotFound):
            conductor.hosts.remove(name, Mandate())
    assert conductor.get("host-1").devices == 2


def test_a_host_that_is_removed_leaves_no_row_in_few_statements(conductor: Conductor) -> None:
    costs = []
    conductor.report(make_snapshot("host-2", 200), OTHER)
    for name in ("host-1", "host-2"):
        with counted(conductor.database.engine) as statements:
            conductor.hosts.remove(name, Mandate())
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 8
    with conductor.database.reading() as session:
        left = {
            table.name
            for table in Table.metadata.sorted_tables
            if session.query(table).first() is not None
        }
    assert left == {"device_classes"}
    with pytest.raises(NotFound):
        conductor.hosts.remove("host-1", Mandate())
    conductor.report(make_snapshot("host-1", 2))  # its agent is there after all
    assert conductor.get("host-1").devices == 2


def test_hosts_are_listed_with_what_they_have_in_one_statement(conductor: Conductor) -> None:
    conductor.report(make_snapshot("host-2", 3, handles=4), OTHER)
    nothing = replace(OTHER, id=str(uuid.uuid4()), node="node-3")
    left_out = LeftOut("0000:01:00.0", "{}", Trouble("console", "it drives the console"))
    conductor.report(Snapshot("host-3", (), left_out=(left_out,)), nothing)
    conductor.hold("host-2")
    conductor.hold("host-2")
    with counted(conductor.database.engine) as statements:
        found = conductor.hosts.list_hosts()
    assert len(statements) == 1
    assert [(host.known.name, host.devices, host.held) for host in found] == [
        ("host-1", 2, 0),
        ("host-2", 3, 2),
        ("host-3", 0, 0),
    ]
    assert found[2].left_out == (left_out,)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(SELF, id=""),
        replace(SELF, id="é"),
        replace(SELF, id="x" * 37),
        replace(SELF, machine="x" * 65),
        replace(SELF, node="x" * 256),
        replace(SELF, run="x" * 37),
        replace(SELF, minor=-1),
    ],
)
def test_an_identity_that_no_column_holds_is_refused(
    conductor: Conductor, wrong: HostIdentity
) -> None:
    with pytest.raises(InvalidInput, match="host"):
        conductor.report(make_snapshot("host-5", 1), wrong)
    with conductor.database.reading() as session:
        assert session.query(HostRow).count() == 1


def test_hosts_are_listed_by_name_whoever_came_first(database: Database) -> None:
    conductor = Conductor(database)
    for number, name in enumerate(("host-c", "host-a", "host-b")):
        identity = replace(SELF, id=str(uuid.UUID(int=number + 1)), run=f"run-{number}")
        conductor.report(make_snapshot(name, 1), identity)
    with database.reading() as session:
        listed = [host.name for host in hosts.list_page(session)]
        after = hosts.list_page(session, page=Page(marker="host-a"))
    assert listed == ["host-a", "host-b", "host-c"]
    assert [host.name for host in after] == ["host-b", "host-c"]
