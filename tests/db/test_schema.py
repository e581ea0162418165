"""Migrations make the schema that the tables describe."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import Table


def test_migrations_give_exactly_the_tables_of_this_release(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    schema.upgrade(database.engine)
    assert schema.find_version(database.engine) == schema.find_head()
