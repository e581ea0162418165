"""What all runs share: an empty database, a Placement, a Nova, and a directory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from oslo_config import cfg
from oslo_db.sqlalchemy import engines
from sqlalchemy import event

from cyborg_rr.agent.cleaning import cleaner
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import Table
from cyborg_rr.outside.calling import _BY_STATUS, Code, OutsideTrouble
from cyborg_rr.outside.nova.client import MICROVERSION
from tests.fakes.nova import TOKEN as NOVA_TOKEN
from tests.fakes.nova import FakeNova
from tests.fakes.placement import FakePlacement
from tests.long.faults.gate import READ, Gate
from tests.migrated import lay_out
from tests.placement.conftest import Nova as Compute
from tests.servers.placement import TOKEN as PLACEMENT_TOKEN

_OPTIONS = """\
[DEFAULT]
host = conductor
[placement]
auth_type = admin_token
endpoint = {placement}
token = {token}
verify_allocation = true
[nova]
auth_type = admin_token
endpoint = {nova}
token = {token}
"""


_PATIENCE_SECONDS = 60.0
"""How long a release waits for its clean: the calls are the same however busy the machine is."""

NOBODY = "http://127.0.0.1:9"
"""Where nothing is asked: what is in memory is reached without a socket."""


class FakeCompute(Compute):
    """What Nova and operators do with a Placement in memory, and what asks it for us."""

    def __init__(self) -> None:
        self._placement = FakePlacement()

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """The document of an answer that succeeds."""
        status, document = self._placement.ask(method, path, body, query)
        assert status == 200, f"{method} {path}: {status} {document}"
        return document

    def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """As ``Caller.call``."""
        status, document = self._placement.ask(method, path, body, query)
        if status != 200:
            (error,) = document["errors"]
            code = _BY_STATUS.get(status, Code.INVALID)
            raise OutsideTrouble("Placement", code, f"{status} {error['code']}", error["code"])
        return document


class Ground:
    """Emptied before each run; its database passes the gate.

    Where there is no URL of a Placement, each run has one in memory.
    """

    def __init__(self, directory: Path, database_url: str, placement_url: str | None) -> None:
        file = directory / "faults.conf"
        file.write_text(
            _OPTIONS.format(placement=placement_url or NOBODY, token=PLACEMENT_TOKEN, nova=NOBODY)
        )
        self.directory = directory
        self.conf: cfg.ConfigOpts = make_config(
            [], files=[str(file)], database__connection=database_url
        )
        self.database = Database(self.conf.database)
        lay_out(self.database)
        self._is_real = placement_url is not None
        self.compute = FakeCompute() if placement_url is None else Compute(placement_url)
        self.nova = FakeNova()
        self.gate = Gate()
        self.runs = 0
        event.remove(self.database.engine, "checkin", engines._thread_yield)  # nobody to yield to
        self._watch_database()

    def empty(self) -> None:
        """Take away what the last run left."""
        self.gate.open()
        with self.database.engine.begin() as connection:
            for table in reversed(Table.metadata.sorted_tables):
                connection.execute(table.delete())
        if self._is_real:
            self._empty_placement()
        else:
            self.compute = FakeCompute()
        for kept in (self.nova.hosts, self.nova.posts, self.nova.arrived):
            kept.clear()
        self.runs += 1

    def _empty_placement(self) -> None:
        ask = self.compute.ask
        for consumer in list(self.nova.hosts):
            if self.has_allocation(consumer):
                self.compute.deallocate(consumer)
        found = ask("GET", "/resource_providers")["resource_providers"]
        for provider in sorted(found, key=lambda each: each["parent_provider_uuid"] is None):
            ask("DELETE", f"/resource_providers/{provider['uuid']}")
        for trait in ask("GET", "/traits", name="startswith:CUSTOM_")["traits"]:
            ask("DELETE", f"/traits/{trait}")

    def has_allocation(self, consumer: str) -> bool:
        """Whether Placement has an allocation of an instance."""
        return bool(self.compute.ask("GET", f"/allocations/{consumer}")["allocations"])

    def _watch_database(self) -> None:
        """Let each commit, and each session that only reads, pass the gate."""
        database, dialect = self.database, self.database.engine.dialect
        commit, reading, looking = dialect.do_commit, database.reading, database.looking

        def do_commit(connection: Any) -> None:
            self.gate.let_through("database commit", lambda: commit(connection), self._make_lost)

        @contextmanager
        def pass_first(session: Any) -> Iterator[Any]:
            with database._telling():
                self.gate.let_through(READ, lambda: None, self._make_lost)
            with session() as opened:
                yield opened

        dialect.do_commit = do_commit  # type: ignore[method-assign]
        database.reading = lambda: pass_first(reading)  # type: ignore[method-assign]
        database.looking = lambda: pass_first(looking)  # type: ignore[method-assign]

    def _make_lost(self) -> Exception:
        """What the database driver raises when its server has gone, or its file."""
        driver: Any = self.database.engine.dialect.loaded_dbapi
        text = {
            "mysql": (2013, "Lost connection to server during query (injected)"),
            "mariadb": (2013, "Lost connection to server during query (injected)"),
            "postgresql": ("server closed the connection unexpectedly (injected)",),
            "sqlite": ("disk I/O error (injected)",),
        }[self.database.dialect]
        trouble: Exception = driver.OperationalError(*text)
        return trouble

    def call_nova(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """As ``Caller.call``, without the way through a socket."""
        environ = {
            "HTTP_X_AUTH_TOKEN": NOVA_TOKEN,
            "HTTP_OPENSTACK_API_VERSION": f"compute {MICROVERSION}",
            "QUERY_STRING": urlencode(query),
        }
        status, document = self.nova._answer(environ, method, path, json.loads(json.dumps(body)))
        assert status[0] == "2", f"{method} {path}: {status} {document}"
        return document


@contextmanager
def lay_ground(
    directory: Path, database_url: str, placement_url: str | None = None
) -> Iterator[Ground]:
    """A ground, until the block ends."""
    ground = Ground(directory, database_url, placement_url)
    seconds, cleaner.SECONDS_TO_CLEAN = cleaner.SECONDS_TO_CLEAN, _PATIENCE_SECONDS
    try:
        yield ground
    finally:
        cleaner.SECONDS_TO_CLEAN = seconds
        ground.database.close()
