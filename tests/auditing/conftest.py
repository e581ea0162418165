"""A service on a real database of each kind, in which tests break things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from tests.auditing.world import World
from tests.migrated import lay_out


def _open(url: str, directory: Path) -> Iterator[World]:
    conf = make_config([], files=[], database__connection=url)
    database = Database(conf.database)
    lay_out(database)
    yield World(database, directory)
    database.close()


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A service with two hosts; the test runs once on each kind of database."""
    yield from _open(database_url, tmp_path)


@pytest.fixture
def sqlite_world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    """The same on SQLite, where the database makes no difference."""
    yield from _open(sqlite_url, tmp_path)
