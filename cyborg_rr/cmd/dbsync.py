"""cyborg-rr-dbsync: bring the database's schema to this release."""

from __future__ import annotations

import argparse

from oslo_db.exception import DBConnectionError

from cyborg_rr.cmd.ending import exit_on_mistake
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database


def main() -> None:
    """Entry point of ``cyborg-rr-dbsync``."""
    exit_on_mistake(run, unavailable=(DBConnectionError,))


def run(arguments: list[str] | None = None) -> int:
    """Upgrade the schema, or print where it stands."""
    parser = argparse.ArgumentParser(prog="cyborg-rr-dbsync", description=__doc__)
    parser.add_argument("--config-file", action="append", help="read this instead of the default")
    parser.add_argument("action", choices=("upgrade", "version"))
    options = parser.parse_args(arguments)
    database = Database(make_config([], program="cyborg-rr-dbsync", files=options.config_file))
    if options.action == "upgrade":
        schema.upgrade(database.engine)
    print(f"schema {schema.find_version(database.engine)}, this release {schema.find_head()}")
    return 0
