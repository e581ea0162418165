"""Migrations while processes of the release before read and write."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import create_engine, text

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def test_a_migration_that_deadlocks_with_a_reader_is_run_again(postgresql_url: str) -> None:
    conf = make_config([], files=[], database__connection=postgresql_url)
    database = Database(conf.database)
    schema.upgrade(database.engine, "0001")
    engine = create_engine(postgresql_url)
    with ThreadPoolExecutor(1) as pool, engine.connect() as reader, engine.connect() as other:
        reader.execute(text("SET deadlock_timeout = '60s'"))  # so that the migration is undone
        reader.execute(text("SELECT * FROM accelerator_requests"))
        upgraded = pool.submit(schema.upgrade, database.engine)
        while not other.execute(WAITING).scalar_one():
            other.rollback()
            time.sleep(0.01)
        reader.execute(text("SELECT * FROM hosts"))
        reader.rollback()
        upgraded.result()
    assert schema.find_version(database.engine) == schema.find_head()
    engine.dispose()
    database.close()
