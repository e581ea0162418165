"""Reports that come at the same moment: each host is stored, and has one agent."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event, func, select

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import handles
from cyborg_rr.db.tables import AttachHandleRow, DeployableRow, DeviceClassRow, DeviceRow
from cyborg_rr.domain.errors import Forbidden, NoFreeHandle
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.domain.hardware.hosts import HostIdentity
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState
from tests.builders import make_divided_device, make_snapshot
from tests.db.test_overlap import bind, find_overlaps
from tests.migrated import lay_out
from tests.shipped import load

HOSTS = 8
DEVICES = 4


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    return load()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with its schema."""
    yield from open_database(database_url)


def open_database(url: str) -> Iterator[Database]:
    conf = make_config([], files=[], database__connection=url.replace("%", "%%"))
    made = Database(conf.database)
    lay_out(made)
    yield made
    made.close()


@pytest.fixture(params=["mariadb_url", "postgresql_url"])
def server_url(request: pytest.FixtureRequest) -> str:
    """An empty database that takes two writing transactions at a time, which SQLite does not."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def server(server_url: str) -> Iterator[Database]:
    """An empty database with its schema, of a server."""
    yield from open_database(server_url)


def test_hosts_with_a_device_class_that_is_new_to_all_can_report_at_once(
    database: Database, catalogue: Catalogue
) -> None:
    start = threading.Barrier(HOSTS)

    def report(number: int) -> None:
        reporter = Reporter(database, catalogue, [], release_grace_seconds=0)
        start.wait()
        reporter.report(
            f"agent-{number}", make_snapshot(f"host-{number}", DEVICES), f"hash-{number}"
        )

    with ThreadPoolExecutor(HOSTS) as pool:
        list(pool.map(report, range(HOSTS)))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DeviceRow)) == HOSTS * DEVICES
        assert session.scalar(select(func.count()).select_from(DeviceClassRow)) == 1


@pytest.mark.parametrize("has_id", [False, True])
def test_of_agents_that_report_one_new_host_at_once_one_owns_it(
    database: Database, catalogue: Catalogue, has_id: bool
) -> None:
    start = threading.Barrier(HOSTS)

    def report(number: int) -> str:
        reporter = Reporter(database, catalogue, [], release_grace_seconds=0)
        start.wait()
        try:
            reporter.report(
                f"agent-{number}",
                make_snapshot("host-1", DEVICES),
                f"hash-{number}",
                identity=HostIdentity(f"id-{number}", "", "node", "run") if has_id else None,
            )
        except Forbidden:
            return "refused"
        return "stored"

    with ThreadPoolExecutor(HOSTS) as pool:
        outcome = sorted(pool.map(report, range(HOSTS)))
    assert outcome == ["refused"] * (HOSTS - 1) + ["stored"]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DeviceRow)) == DEVICES


def test_claims_and_reports_of_what_comes_and_goes_do_not_hurt_each_other(
    database: Database, catalogue: Catalogue
) -> None:
    reporter = Reporter(database, catalogue, [], release_grace_seconds=0)
    full = Snapshot("host-1", tuple(make_divided_device("host-1", n, 4) for n in range(2)))
    less = Snapshot("host-1", full.devices[:1])
    reporter.report("agent", full, "full")
    with database.reading() as session:
        uuids = session.scalars(select(DeployableRow.provider_uuid)).all()
        providers = list(handles.find_providers(session, uuids).values())

    def claim(number: int) -> str:
        try:
            bind(database, [providers[number % len(providers)]])
        except NoFreeHandle:
            return "lost"
        return "won"

    def report(number: int) -> str:
        reporter.report("agent", less if number % 2 else full, f"hash-{number}")
        return "told"

    with ThreadPoolExecutor(HOSTS) as pool:
        told = pool.map(report, range(12))
        claimed = pool.map(claim, range(24))
        outcome = Counter([*told, *claimed])
    assert outcome["told"] == 12
    assert outcome["won"] >= 1
    assert find_overlaps(database) == []


def test_a_handle_that_is_claimed_while_its_device_is_dropped_stays_with_it(
    server: Database, catalogue: Catalogue
) -> None:
    database = server
    reporter = Reporter(database, catalogue, [], release_grace_seconds=0)
    reporter.report("agent", make_snapshot("host-1", 2), "hash-1")
    claimed: list[int] = []

    def claim(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("DELETE FROM attach_handles") and not claimed:
            claimed.append(1)
            with database.writing() as session:
                row = session.scalars(select(AttachHandleRow).order_by(AttachHandleRow.id)).first()
                assert row is not None
                row.state = HandleState.HELD

    event.listen(database.engine, "before_cursor_execute", claim)
    try:
        reporter.report("agent", Snapshot("host-1", ()), "hash-2")
    finally:
        event.remove(database.engine, "before_cursor_execute", claim)
    assert claimed
    with database.reading() as session:
        assert session.scalars(select(DeviceRow.state)).all() == [DeviceState.MISSING]
        assert session.scalars(select(AttachHandleRow.state)).all() == [HandleState.HELD]
