"""The tables of this release in an empty database, where a test is not about the migrations."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cache
from typing import Any

from sqlalchemy import Engine, StaticPool, create_engine, event, inspect, text

from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database

Statement = tuple[str, Any]

_made: dict[str, Sequence[Statement]] = {}
"""What makes the tables in an empty database of each kind, learnt from the first in this worker."""

_VERSION = "alembic_version"


def lay_out(database: Database) -> None:
    """Bring an empty database to this release: the first of a kind by the migrations.

    These take many times as long as what makes the same in a database of SQLite (a copy), of
    MariaDB (the tables as they are at the end) and of PostgreSQL (what the migrations said).
    """
    match database.dialect:
        case "sqlite":
            _copy_model(database)
        case dialect if dialect in _made:
            _make(database, _made[dialect])
        case "mysql":
            schema.upgrade(database.engine)
            _made["mysql"] = list(_describe(database.engine))
        case dialect:
            _made[dialect] = _record_migrations(database.engine)


def _describe(engine: Engine) -> Iterator[Statement]:
    """What makes the tables of MariaDB as they are, and the row of the schema's version."""
    yield "SET foreign_key_checks = 0", None  # they refer to each other, in any order
    with engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            (_, statement) = connection.execute(text(f"SHOW CREATE TABLE {table}")).one()
            rows = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            assert rows == (table == _VERSION)
            yield statement, None
        version = connection.execute(text(f"SELECT version_num FROM {_VERSION}")).scalar_one()
        yield f"INSERT INTO {_VERSION} VALUES (%s)", (version,)
    yield "SET foreign_key_checks = 1", None


def _record_migrations(engine: Engine) -> Sequence[Statement]:
    """Run the migrations; what they said, without what they only asked."""
    said: list[Statement] = []

    def note(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        assert not many
        if statement.split()[0].upper() not in ("SELECT", "SHOW"):
            said.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    schema.upgrade(engine)
    event.remove(engine, "before_cursor_execute", note)
    return said


def _make(database: Database, statements: Sequence[Statement]) -> None:
    with closing(database.engine.raw_connection()) as connection:
        with closing(connection.cursor()) as cursor:
            for statement, parameters in statements:
                cursor.execute(statement, parameters)
        connection.commit()


def _copy_model(database: Database) -> None:
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
