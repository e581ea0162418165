"""The conductor that its options describe publishes by itself, and callers see what is withheld."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from sqlalchemy import select

from cyborg_rr.conductor.service import ConductorService
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware.offering.withheld import note_withheld
from cyborg_rr.db.tables import DeployableRow
from cyborg_rr.domain.hardware.devices import Snapshot, Trouble
from cyborg_rr.processes.api import wire_api
from cyborg_rr.processes.conductor import wire_conductor
from cyborg_rr.processes.database import upgrade_database
from tests.builders import hash_of, make_device
from tests.memory_bus import make_memory_bus
from tests.placement.conftest import Nova
from tests.servers.placement import TOKEN
from tests.shipped import load


@pytest.fixture
def service(
    placement_url: str, sqlite_url: str, tmp_path: Path
) -> Iterator[tuple[ConductorService, Any]]:
    """A running conductor and an API beside it."""
    options = (
        "[placement]\nauth_type = admin_token\nreconcile_interval = 1\n"
        f"endpoint = {placement_url}\ntoken = {TOKEN}\n"
    )
    with run(sqlite_url, tmp_path, options) as running:
        yield running


@contextmanager
def run(
    sqlite_url: str, tmp_path: Path, options: str = ""
) -> Iterator[tuple[ConductorService, Any]]:
    """A conductor and an API beside it, running with these options."""
    file = tmp_path / "rr.conf"
    file.write_text(options)
    conf = make_config(
        [],
        files=[str(file)],
        database__connection=sqlite_url,
        api__auth_strategy="noauth",
        host="conductor",
    )
    database = upgrade_database(conf)
    transport = make_memory_bus(conf)
    catalogue = load()
    conductor = wire_conductor(conf, database, transport, catalogue)
    app = wire_api(conf, database, transport, catalogue, 10)
    conductor.start()
    yield conductor, app
    conductor.stop()
    transport.cleanup()
    database.close()


def test_what_stood_in_the_way_is_forgotten_without_placement(
    sqlite_url: str, tmp_path: Path
) -> None:
    found = Snapshot("host-1", (make_device("host-1", 0),))
    with run(sqlite_url, tmp_path) as (conductor, app):
        reporter = conductor.use_cases.reporter
        reporter.report("host-1", found, hash_of(found))
        database = Database(make_config([], files=[], database__connection=sqlite_url).database)
        with database.writing() as session:
            (row,) = session.scalars(select(DeployableRow.id))
            note_withheld(session, {row: Trouble("name_taken", "for a test")})
        database.close()
        assert _code_of(app) == "name_taken"
    with run(sqlite_url, tmp_path) as (_, app):
        assert _code_of(app) is None


def test_what_a_host_reports_is_published_and_kept_so_by_itself(
    service: tuple[ConductorService, Any], placement_url: str
) -> None:
    conductor, app = service
    found = Snapshot("host-1", (make_device("host-1", 0),))
    conductor.use_cases.reporter.report("host-1", found, hash_of(found))
    _wait_until(lambda: _code_of(app) == "no_compute_node")
    nova = Nova(placement_url)
    root = nova.add_compute_node("host-1")
    _wait_until(lambda: len(nova.list_children(root)) == 1 and _code_of(app) is None)
    (provider,) = (child["uuid"] for child in nova.list_children(root).values())
    nova.ask("DELETE", f"/resource_providers/{provider}")
    _wait_until(lambda: nova.list_children(root) != {})
    _wait_until(lambda: "PGPU" in nova.inventories(provider))


def _code_of(app: Any) -> str | None:
    """Why the one deployable is withheld, as the API tells it."""
    environ: dict[str, Any] = {
        "PATH_INFO": "/v2/deployables",
        "HTTP_OPENSTACK_API_VERSION": "accelerator 2.101",
    }
    setup_testing_defaults(environ)
    body = b"".join(app(environ, lambda status, headers: None))
    (shown,) = json.loads(body)["deployables"]
    return None if shown["withheld"] is None else str(shown["withheld"]["code"])


def _wait_until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)
