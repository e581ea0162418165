"""The database of a process, and where its schema stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oslo_config import cfg
from oslo_db.exception import DBConnectionError, DBError

from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database
from cyborg_rr.domain.errors import InvalidInput

AT_ONCE: Mapping[str, Any] = {"database__max_retries": 0}
"""Options of a command that somebody waits for: whether the database answers now or not."""

COMMAND_SECONDS = 20.0
"""How long such a command waits for one answer of the database."""


def open_database(conf: cfg.ConfigOpts, answer_seconds: float) -> Database:
    """The database; ``InvalidInput`` when its schema is older than this release."""
    database = Database(conf.database, answer_seconds)
    try:
        schema.check_version(database.engine)
    except DBConnectionError:
        raise  # no mistake: the server may come up later
    except DBError as error:
        raise InvalidInput(f"option [database] connection: {error}") from error
    return database


def upgrade_database(conf: cfg.ConfigOpts) -> Database:
    """The database, its schema brought to this release."""
    database = Database(conf.database)
    schema.upgrade(database.engine)
    return database


@dataclass(frozen=True, slots=True)
class SchemaVersions:
    """The revision that the database is at (None: without our tables), and this release's own."""

    found: str | None
    wanted: str | None


def find_schema(conf: cfg.ConfigOpts) -> SchemaVersions:
    """Where the schema stands."""
    return _find_versions(Database(conf.database, COMMAND_SECONDS))


def upgrade_schema(conf: cfg.ConfigOpts) -> SchemaVersions:
    """Bring the schema to this release; where it stands then."""
    return _find_versions(upgrade_database(conf))


def _find_versions(database: Database) -> SchemaVersions:
    return SchemaVersions(schema.find_version(database.engine), schema.find_head())
