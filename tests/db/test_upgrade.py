"""A database of the first release, with bound requests, goes on as it is.

``tests/data/upgrade/first_release.json`` was made by that release itself; see ``make.py`` there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import DateTime, MetaData, insert, select, text

from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import requests, schema
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import deployables, devices, records
from cyborg_rr.db.tables import AttachHandleRow, DeployableRow, DeviceRow
from cyborg_rr.domain.errors import HostRefused
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.domain.hardware.hosts import HostIdentity
from cyborg_rr.domain.hardware.stored import HandleState
from cyborg_rr.domain.requests import ArqState
from cyborg_rr.drivers.driver import Driver, DriverContext, Look
from cyborg_rr.drivers.loading import load_drivers
from cyborg_rr.drivers.pci.state import CONSOLE
from cyborg_rr.drivers.simulated.fleet import load_fleet
from cyborg_rr.rpc import messages
from tests.drivers.subjects import make_driver
from tests.drivers.trees import load_tree
from tests.shipped import load

DUMP: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "upgrade" / "first_release.json").read_text()
)
TREES = {"gpu-1": ("nvidia_gpu", "nvidia-mixed"), "fpga-1": ("intel_fpga", "intel-opae")}
FLEET = "hosts: [{name: sim-1, devices: [{product: nvidia-t4, count: 2}]}]\n"
HOSTS = ("fpga-1", "gpu-1", "node-1", "sim-1")
CATALOGUE = load()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """What the first release left, its schema brought to this release."""
    conf = make_config([], files=[], database__connection=database_url)
    made = Database(conf.database)
    schema.upgrade(made.engine, "0001")
    _fill(made)
    schema.upgrade(made.engine)
    yield made
    made.close()


def _fill(database: Database) -> None:
    metadata = MetaData()
    metadata.reflect(database.engine)
    with database.engine.begin() as connection:
        for table in metadata.sorted_tables:
            rows = DUMP["database"].get(table.name, [])
            if rows and table.name != "alembic_version":
                times = [column.name for column in table.c if isinstance(column.type, DateTime)]
                connection.execute(insert(table), [_read_times(row, times) for row in rows])
                if database.dialect == "postgresql":
                    last = f"SELECT setval('{table.name}_id_seq', {max(row['id'] for row in rows)})"
                    connection.execute(text(last))


def _read_times(row: Mapping[str, Any], times: list[str]) -> dict[str, Any]:
    read = {
        name: None if row[name] is None else datetime.fromisoformat(row[name]) for name in times
    }
    return {**row, **read}


@pytest.fixture
def look_at(tmp_path: Path) -> Callable[[str], Snapshot]:
    """What this release finds on the hosts of then."""

    def look_there(host: str) -> Snapshot:
        if host in TREES:
            driver_name, tree = TREES[host]
            if not (tmp_path / tree).exists():
                load_tree(tree).write(tmp_path / tree)
            return take_look(make_driver(driver_name, tmp_path / tree), host)
        options: dict[str, object] = {}
        if host == "sim-1":
            (tmp_path / "fleet.yaml").write_text(FLEET)
            options = {"fleet": load_fleet(tmp_path / "fleet.yaml", CATALOGUE), "fleet_host": host}
        (driver,) = load_drivers(["fake"], DriverContext(tmp_path, options))
        return take_look(driver, host)

    return look_there


def take_look(driver: Driver, host: str) -> Snapshot:
    """What a driver finds, with what it leaves out."""
    look = Look()
    devices = derive_devices({driver.name: driver.discover(look)}, host)
    return Snapshot(host, devices, (), look.left_out)


def identify(host: str, run: str = "1") -> HostIdentity:
    """A host that was given an id."""
    return HostIdentity(f"id-of-{host}", "", host, run, None, messages.MINOR)


def make_reporter(database: Database) -> Reporter:
    return Reporter(database, CATALOGUE, (), release_grace_seconds=0)


def report(database: Database, snapshot: Snapshot, identity: HostIdentity | None) -> bool:
    """Report as an agent does; whether the content was new."""
    content = messages.render_snapshot(snapshot, 0 if identity is None else messages.MINOR)
    content_hash = messages.hash_content(content)
    reporter, host = make_reporter(database), snapshot.hostname
    if reporter.synchronise(host, host, content_hash, [], identity).known:
        return False
    reporter.report(host, messages.parse_snapshot(content), content_hash, None, identity)
    return True


def what_stays(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Everything that callers keep: uuids, names, providers, who holds what."""
    with database.reading() as session:
        arqs = requests.list_requests(session)
        bound = [arq for arq in arqs if arq.state is ArqState.BOUND]
        rows = session.execute(
            select(
                AttachHandleRow.uuid,
                AttachHandleRow.state,
                AttachHandleRow.arq_uuid,
                AttachHandleRow.binding_id,
                AttachHandleRow.info,
                DeployableRow.uuid,
            ).join(DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id)
        ).all()
        return {
            "devices": [(d.uuid, d.hostname, d.status) for d in devices.list_devices(session)],
            "deployables": [
                (p.uuid, p.name, p.provider_uuid) for p in deployables.list_deployables(session)
            ],
            "bound": [(a.uuid, a.hostname, a.provider_uuid, a.handle_uuid) for a in bound],
            "held": sorted(tuple(row) for row in rows if row.state == HandleState.HELD),
            "handles": sorted((row[0], row[-1]) for row in rows),
        }


def list_unknown(database: Database) -> set[str]:
    """The devices of which anything is still known by its address alone."""
    with database.reading() as session:
        rows = session.execute(
            select(DeviceRow.uuid)
            .outerjoin(DeployableRow, DeployableRow.device_id == DeviceRow.id)
            .outerjoin(AttachHandleRow, AttachHandleRow.deployable_id == DeployableRow.id)
            .where(
                DeviceRow.slot_key.is_(None)
                | DeployableRow.part.is_(None)
                | AttachHandleRow.place.is_(None)
            )
        )
        return {row.uuid for row in rows}


def list_troubles(database: Database) -> dict[str, str]:
    """The codes of the troubles of devices."""
    with database.reading() as session:
        found = devices.list_devices(session)
        return {device.uuid: device.trouble.code for device in found if device.trouble}


def test_the_first_report_of_this_release_finds_its_devices_again(
    database: Database, look_at: Callable[[str], Snapshot]
) -> None:
    before = what_stays(database)
    assert len(before["bound"]) == 4
    for host in HOSTS:
        assert report(database, look_at(host), identify(host))
    assert what_stays(database) == before
    (console,) = list_unknown(database)  # the first release offered it
    assert list_troubles(database) == {console: CONSOLE}
    for host in HOSTS:
        assert not report(database, look_at(host), identify(host))


def test_agents_of_the_first_release_are_served_until_their_hosts_have_an_id(
    database: Database, look_at: Callable[[str], Snapshot]
) -> None:
    before = what_stays(database)
    for host in HOSTS:  # the conductor is new, the agents are not
        report(database, messages.parse_snapshot(DUMP["reports"][host]), None)
    assert what_stays(database) == before
    for host in HOSTS:  # now they are
        assert report(database, look_at(host), identify(host))
    assert what_stays(database) == before
    assert list_troubles(database) == dict.fromkeys(list_unknown(database), CONSOLE)
    with pytest.raises(HostRefused, match="which says no host id"):
        report(database, messages.parse_snapshot(DUMP["reports"]["gpu-1"]), None)


def test_a_row_that_says_nothing_breaks_no_list_and_no_report(
    database: Database, look_at: Callable[[str], Snapshot]
) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE attach_handles SET attach_info = 'null'"))
        connection.execute(text("UPDATE devices SET control_path = 'null'"))
    for host in HOSTS:
        report(database, look_at(host), identify(host))
    with database.reading() as session:
        assert len([arq for arq in requests.list_requests(session) if arq.handle]) == 4
        assert records.list_handles(session)


def test_every_reference_between_rows_still_stands(database: Database) -> None:
    if database.dialect == "sqlite":  # others checked them all the time
        with database.reading() as session:
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []


@pytest.mark.parametrize(
    ("vendor", "product"), [("10ee", "09c4"), ("8086", "2330")], ids=["vendor", "product"]
)
def test_another_device_at_the_address_of_one_of_before_is_a_new_one(
    database: Database, look_at: Callable[[str], Snapshot], vendor: str, product: str
) -> None:
    before = what_stays(database)
    snapshot = look_at("fpga-1")
    other, held = snapshot.devices
    board = {**held.fields.std_board_info, "product_id": product}
    fields = replace(held.fields, vendor=vendor, std_board_info=board)
    new = replace(snapshot, devices=(other, replace(held, fields=fields)))
    report(database, new, identify("fpga-1"))
    after = what_stays(database)
    assert set(before["bound"]) == set(after["bound"])
    assert len(after["devices"]) == len(before["devices"]) + 1
    with database.reading() as session:
        states = [
            (d.state, d.fields.vendor) for d in devices.list_devices(session, hostname="fpga-1")
        ]
        troubled = [arq for arq in requests.list_requests(session) if arq.trouble]
    assert sorted(states) == sorted([("missing", "8086"), ("present", "8086"), ("present", vendor)])
    assert ["0000:bf:00.0" in (arq.trouble or "") for arq in troubled] == [True]


def test_claims_of_before_are_told_to_the_ledger_that_has_lost_them(database: Database) -> None:
    reporter = make_reporter(database)
    for host, ledger in DUMP["ledgers"].items():
        held = reporter.synchronise(host, host, "", [], identify(host)).held
        claimed = {row["binding_id"]: row["arq_uuid"] for row in ledger["claims"]}
        known = {claim.binding_id: claim.arq_uuid for claim in held}
        assert known.items() <= claimed.items()
        assert [json.loads(row["handle"]) for row in ledger["claims"] if row["binding_id"] in known]
