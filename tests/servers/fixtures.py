"""The pytest side of the private servers: fresh databases and virtual hosts, one per test."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.keystone import Keystone
from tests.servers.mariadb import MariaDb
from tests.servers.placement import Placement
from tests.servers.postgresql import PostgreSql
from tests.servers.rabbitmq import RabbitMq
from tests.servers.realm import Realm
from tests.servers.server import (
    REQUIRE_SERVERS,
    Server,
    ServerMissing,
    address_of,
    close_run,
    open_run,
)

_run_directory = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Open the run in pytest's main process; workers of pytest-xdist inherit it."""
    if not hasattr(config, "workerinput"):
        config.stash[_run_directory] = open_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take every server away, also after Ctrl-C."""
    directory = config.stash.get(_run_directory, None)
    if directory is not None:
        close_run(directory)


def address_or_skip(server: Server) -> dict[str, str]:
    """Return the server's address; skip, or fail where servers are required, without it."""
    try:
        return address_of(server)
    except ServerMissing as missing:
        reason = f"needs a private {server.name}: {missing}"
        if os.environ.get(REQUIRE_SERVERS) == "1":
            pytest.fail(f"{reason}, and {REQUIRE_SERVERS}=1 forbids to skip", pytrace=False)
        pytest.skip(reason)


def _fresh(server: MariaDb | PostgreSql | RabbitMq | Placement) -> Iterator[str]:
    """Yield the URL of something empty on the server, and remove it afterwards."""
    address = address_or_skip(server)
    name = f"rr_{uuid.uuid4().hex}"
    url = server.create(address, name)
    yield url
    server.drop(address, name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'cyborg_rr.sqlite'}"


@pytest.fixture
def mariadb_url() -> Iterator[str]:
    """URL of an empty MariaDB database."""
    yield from _fresh(MariaDb())


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """URL of an empty PostgreSQL database."""
    yield from _fresh(PostgreSql())


@pytest.fixture(params=["sqlite", "mariadb", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of an empty database; the test runs once on each kind of database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def rabbit_url() -> Iterator[str]:
    """oslo.messaging URL of an empty virtual host of RabbitMQ."""
    yield from _fresh(RabbitMq())


def make_realm() -> Realm:
    """A new domain and a new region of a real Keystone; it skips where there is none."""
    server = Keystone()
    return server.create(address_or_skip(server), f"rr_{uuid.uuid4().hex}")


@pytest.fixture(scope="module")
def realm() -> Realm:
    """A domain and a region of a real Keystone: what a module puts there is its own."""
    return make_realm()


@pytest.fixture
def placement_url() -> Iterator[str]:
    """URL of an empty Placement, which takes the token ``TOKEN``."""
    yield from _fresh(Placement())
