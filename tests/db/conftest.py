"""A migrated database of each kind, and a counter of statements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from tests.migrated import lay_out


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database; the test runs once on each kind."""
    conf = make_config([], files=[], database__connection=database_url)
    database = Database(conf.database)
    lay_out(database)
    yield database
    database.close()
