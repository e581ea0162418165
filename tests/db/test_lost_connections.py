"""A connection that the server closed is told as such, wherever in a transaction it is noticed."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from oslo_db.exception import DBConnectionError
from sqlalchemy import text
from sqlalchemy.orm import Session

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import engine, faults
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


def forbid_writes(session: Session) -> None:
    """Make this one connection lead to what behaves as a server that has lost its role."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    statement = (
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
        if is_postgresql
        else "SET SESSION TRANSACTION READ ONLY"
    )
    session.execute(text(statement))


@pytest.mark.parametrize("server", ["mariadb_url", "postgresql_url"])
def test_a_connection_to_a_server_that_takes_no_writes_is_dropped(
    server: str, request: pytest.FixtureRequest
) -> None:
    database = open_database(request.getfixturevalue(server))
    write = text("CREATE TABLE tried (id INTEGER)")
    with database.writing() as session:
        forbid_writes(session)
    with pytest.raises(DBConnectionError) as caught, database.writing() as session:
        session.execute(write)
    assert faults.tell_fault(caught.value) == "takes no writes now: it is read-only"
    with database.writing() as session:  # the next one is another
        session.execute(write)
    database.close()


def test_a_whole_server_that_takes_no_writes_is_told_as_such(mariadb_url: str) -> None:
    database = open_database(mariadb_url)
    name = f"u{uuid.uuid4().hex[:12]}"
    with database.writing() as session:
        session.execute(text(f"CREATE USER {name}@localhost IDENTIFIED BY 'x'"))
        session.execute(
            text(f"GRANT ALL ON `{database.engine.url.database}`.* TO {name}@localhost")
        )
    user = open_database(mariadb_url.replace("root@", f"{name}:x@"))
    write = text("CREATE TABLE tried (id INTEGER)")
    with database.writing() as session:
        session.execute(text("SET GLOBAL read_only = 1"))  # root may write all the same
    try:
        with pytest.raises(DBConnectionError) as caught, user.writing() as session:
            session.execute(write)
    finally:
        with database.writing() as session:
            session.execute(text("SET GLOBAL read_only = 0"))
    assert faults.takes_no_writes(caught.value)
    with user.writing() as session:
        session.execute(write)
    user.close()
    with database.writing() as session:
        session.execute(text(f"DROP USER {name}@localhost"))
    database.close()


def test_another_error_of_a_database_is_no_read_only_one(mariadb_url: str) -> None:
    database = open_database(mariadb_url)
    with pytest.raises(Exception, match="nothing") as caught, database.writing() as session:
        session.execute(text("SELECT * FROM nothing"))
    assert not faults.takes_no_writes(caught.value)
    database.close()
