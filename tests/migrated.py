"""The tables of this release in an empty database, where a test is not about the migrations."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache

from sqlalchemy import StaticPool, create_engine

from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database


def lay_out(database: Database) -> None:
    """Bring an empty database to this release; one on SQLite gets a copy of what that makes."""
    if database.dialect != "sqlite":
        schema.upgrade(database.engine)
        return
    with closing(database.engine.raw_connection()) as connection:
        target = connection.driver_connection
        assert isinstance(target, sqlite3.Connection)
        _make_model().backup(target)


@cache
def _make_model() -> sqlite3.Connection:
    """What the migrations make in SQLite, once for each worker of a test run."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    schema.upgrade(engine)
    model = engine.raw_connection().driver_connection
    assert isinstance(model, sqlite3.Connection)
    return model
