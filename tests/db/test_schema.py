"""Migrations make the schema that the tables describe."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import Table
from cyborg_rr.domain.errors import InvalidInput


def test_migrations_give_exactly_the_tables_of_this_release(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    schema.upgrade(database.engine)
    assert schema.find_version(database.engine) == schema.find_head()


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
