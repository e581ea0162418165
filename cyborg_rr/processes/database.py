"""The database of a process, and where its schema stands."""

from __future__ import annotations

from dataclasses import dataclass

from oslo_config import cfg

from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database


def open_database(conf: cfg.ConfigOpts) -> Database:
    """The database; ``InvalidInput`` when its schema is older than this release."""
    database = Database(conf.database)
    schema.check_version(database.engine)
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
    return _find_versions(Database(conf.database))


def upgrade_schema(conf: cfg.ConfigOpts) -> SchemaVersions:
    """Bring the schema to this release; where it stands then."""
    return _find_versions(upgrade_database(conf))


def _find_versions(database: Database) -> SchemaVersions:
    return SchemaVersions(schema.find_version(database.engine), schema.find_head())
