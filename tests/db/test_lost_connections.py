"""A connection that the server closed is told as such, wherever in a transaction it is noticed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from oslo_db.exception import DBConnectionError
from sqlalchemy import text
from sqlalchemy.orm import Session

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import engine
from cyborg_rr.db.engine import Database
from cyborg_rr.domain.errors import InvalidInput


def open_database(url: str) -> Database:
    conf = make_config([], files=[], database__connection=url.replace("%", "%%"))
    return Database(conf.database)


def ask(session: Session) -> None:
    session.execute(text("SELECT 1"))


def refuse(_session: Session) -> None:
    raise InvalidInput("the use case itself gives up")


def do_nothing(_session: Session) -> None:
    return None


@pytest.mark.parametrize("then", [ask, refuse, do_nothing])
def test_a_connection_that_was_closed_is_a_connection_error(
    mariadb_url: str, then: Callable[[Session], None]
) -> None:
    database, other = open_database(mariadb_url), open_database(mariadb_url)

    def transact() -> None:
        with database.writing() as session:
            number = session.scalar(text("SELECT CONNECTION_ID()"))
            with other.writing() as killer:
                killer.execute(text(f"KILL {int(number)}"))
            then(session)

    with pytest.raises(DBConnectionError):
        transact()
    with database.writing() as session:
        ask(session)
    database.close()
    other.close()


def test_a_sqlite_file_that_somebody_else_keeps_is_a_connection_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SQLITE_BUSY_TIMEOUT_MS", 50)
    path = tmp_path / "busy.sqlite"
    database = open_database(f"sqlite:///{path}")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DBConnectionError), database.writing() as session:
        ask(session)
    holder.execute("ROLLBACK")
    with database.writing() as session:
        ask(session)
    holder.close()
    database.close()
