"""Migrations make the schema that the tables describe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, inspect, text

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import Table
from cyborg_rr.domain.errors import InvalidInput
from tests.migrated import lay_out


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    """A database without tables; the test runs once on each kind."""
    made = Database(make_config([], files=[], database__connection=database_url).database)
    yield made
    made.close()


def test_migrations_give_exactly_the_tables_of_this_release(empty: Database) -> None:
    schema.upgrade(empty.engine)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


DESCRIPTIONS = {
    "mysql": ("SELECT * FROM information_schema.columns WHERE table_schema = DATABASE()",),
    "postgresql": (
        "SELECT to_jsonb(c) - 'table_catalog' - 'udt_catalog'"
        " FROM information_schema.columns c WHERE table_schema = 'public'",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
        "SELECT sequencename, data_type::text, start_value, increment_by, last_value"
        " FROM pg_sequences",
    ),
}


def describe(database: Database) -> list[str]:
    """All that a database has, as it tells it itself, and which release's it says that it is."""
    kind = database.dialect
    with database.engine.connect() as connection:
        queries = [*DESCRIPTIONS[kind], "SELECT version_num FROM alembic_version"]
        if kind == "mysql":
            tables = inspect(connection).get_table_names()
            queries += [f"SHOW CREATE TABLE {table}" for table in tables]
        return sorted(str(row) for query in queries for row in connection.execute(text(query)))


def empty_again(database: Database) -> None:
    """Drop every table."""
    tables = MetaData()
    tables.reflect(database.engine)
    tables.drop_all(database.engine)


@pytest.mark.parametrize("database_url", ["mariadb", "postgresql"], indirect=True)
def test_what_tests_are_given_is_what_the_migrations_make(empty: Database) -> None:
    """Of SQLite they are given a copy."""
    schema.upgrade(empty.engine)
    wanted = describe(empty)
    for _ in range(2):  # what the first of a worker is given, and what the others are
        empty_again(empty)
        lay_out(empty)
        assert describe(empty) == wanted


def test_a_second_upgrade_changes_nothing(empty: Database) -> None:
    schema.upgrade(empty.engine)
    schema.upgrade(empty.engine)
    assert schema.find_version(empty.engine) == schema.find_head()


def test_a_process_does_not_start_on_a_schema_that_is_not_there(tmp_path: Path) -> None:
    conf = make_config([], files=[], database__connection=f"sqlite:///{tmp_path / 'empty.sqlite'}")
    empty = Database(conf.database)
    with pytest.raises(
        InvalidInput, match=r"there is no schema yet, this release needs .* cyborg-rr-dbsync"
    ):
        schema.check_version(empty.engine)
    schema.upgrade(empty.engine)
    schema.check_version(empty.engine)
    with empty.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'next'"))
    schema.check_version(empty.engine)  # processes of two releases run while one is replaced
    empty.close()
