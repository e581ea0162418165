"""The schema's version: upgrading a database and telling where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine

from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.domain.errors import InvalidInput

MIGRATIONS = Path(__file__).parent / "migrations"


def _make_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that the database lacks, up to ``revision``.

    PostgreSQL undoes all of them when one deadlocks with what still runs: then they are run again.
    """
    run = retry_on_deadlock(_upgrade) if engine.dialect.name == "postgresql" else _upgrade
    run(engine, revision)


def _upgrade(engine: Engine, revision: str) -> None:
    config = _make_config()
    with engine.connect() as connection, _replacing_tables(connection), connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@contextmanager
def _replacing_tables(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew, which references to its rows must not stop.

    Foreign keys are switched outside of transactions only.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()


def find_version(engine: Engine) -> str | None:
    """The revision that the database is at; None for one without our tables."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check_version(engine: Engine) -> None:
    """``InvalidInput`` when the schema is older than this release or is not there at all.

    A newer one is accepted: the processes of the last release run on while the first of the next
    are started.
    """
    stands, wanted = find_version(engine), find_head()
    if stands == wanted:
        return
    script = ScriptDirectory.from_config(_make_config())
    try:
        is_newer = stands is not None and script.get_revision(stands) is None
    except CommandError:
        is_newer = True  # a revision that this release does not know
    if not is_newer:
        found = "there is no schema yet" if stands is None else f"the schema there is at {stands}"
        raise InvalidInput(
            f"option [database] connection: {found}, this release needs {wanted}:"
            " run cyborg-rr-dbsync upgrade"
        )


def find_head() -> str | None:
    """The newest revision that this release knows."""
    return ScriptDirectory.from_config(_make_config()).get_current_head()
