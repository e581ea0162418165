"""A server that takes connections and answers nothing is waited for no longer than is said."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from oslo_db.exception import DBConnectionError
from sqlalchemy import make_url, text

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import faults
from cyborg_rr.db.engine import Database, Session
from cyborg_rr.db.waiting.bounds import bound_url
from tests.fakes.stalling import StallingProxy, reached_through
from tests.patience import without_waiting

BOUND_SECONDS = 2
SERVERS = ["mariadb_url", "postgresql_url"]


def open_database(url: str, seconds: float = BOUND_SECONDS) -> Database:
    conf = make_config(
        [],
        files=[],
        database__connection=url.replace("%", "%%"),
        database__max_retries=1,
        database__retry_interval=0,
    )
    return Database(conf.database, seconds)


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, StallingProxy]]:
    """A database of each server, behind a way that can stall."""
    with reached_through(request.getfixturevalue(request.param)) as reached:
        yield reached


def ask(database: Database) -> int:
    with database.writing() as session:
        return int(session.scalar(text("SELECT 7")) or 0)


def ask_again(session: Session, statement: str = "SELECT 1") -> None:
    session.execute(text(statement))


def stall_in_the_middle(database: Database, proxy: StallingProxy) -> None:
    with database.writing() as session:
        ask_again(session)
        proxy.is_stalled = True
        ask_again(session)


def take_too_long(database: Database) -> None:
    limit, long = {
        "mysql": ("SET SESSION max_statement_time = 1", "SELECT SLEEP(20), 1 FROM tried"),
        "postgresql": ("SET statement_timeout = 1000", "SELECT pg_sleep(20)"),
    }[database.dialect]
    with database.reading() as session:
        ask_again(session, limit)
        ask_again(session, long)


def test_a_server_that_falls_silent_is_left_in_time_and_used_again_when_it_speaks(
    server: tuple[str, StallingProxy],
) -> None:
    url, proxy = server
    database = open_database(url)
    assert ask(database) == 7
    with without_waiting() as waited, pytest.raises(DBConnectionError):
        stall_in_the_middle(database, proxy)
    assert waited.seconds >= BOUND_SECONDS - 0.5
    with without_waiting(), pytest.raises(DBConnectionError) as caught:  # with a new connection
        ask(database)
    assert faults.tell_fault(caught.value) == "does not answer"
    proxy.is_stalled = False
    assert ask(database) == 7
    database.close()


def note_calls(monkeypatch: pytest.MonkeyPatch, on: object, name: str, noted: list[str]) -> None:
    """Have each call of a method note its name."""
    method = getattr(on, name)

    def note(*arguments: object, **options: object) -> object:
        noted.append(name)
        return method(*arguments, **options)

    monkeypatch.setattr(on, name, note)


def test_connections_that_wait_in_the_pool_do_not_cost_each_its_own_wait(
    server: tuple[str, StallingProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, proxy = server
    database = open_database(url)
    open_ones = [database.engine.connect() for _ in range(4)]
    for each in open_ones:
        each.close()
    waits: list[str] = []
    for way in ("do_ping", "connect"):
        note_calls(monkeypatch, database.engine.dialect, way, waits)
    proxy.is_stalled = True
    with pytest.raises(DBConnectionError):
        ask(database)
    assert waits == ["do_ping", "connect"], "one of those in the pool, and a new one"
    database.close()


def test_a_statement_that_takes_long_is_waited_for_where_no_bound_is_set(
    postgresql_url: str,
) -> None:
    unbound, bound = open_database(postgresql_url, 0), open_database(postgresql_url)
    long = text(f"SELECT pg_sleep({BOUND_SECONDS + 1})")
    with unbound.reading() as session:
        session.execute(long)
    with pytest.raises(DBConnectionError), bound.reading() as session:
        session.execute(long)
    unbound.close()
    bound.close()


def test_a_bound_of_the_address_itself_counts_more() -> None:
    stated = bound_url("mysql+pymysql://u:p%40s@h/d?read_timeout=99", "connect_timeout=5", 10)
    assert (stated.password, dict(stated.query)) == (
        "p@s",
        {"read_timeout": "99", "write_timeout": "10", "connect_timeout": "5"},
    )
    url = "postgresql+psycopg2://u@h/d?tcp_user_timeout=1"
    assert bound_url(url, "", 10).query["tcp_user_timeout"] == "1"
    for url, seconds in (("sqlite:///x", 10), ("mysql+pymysql://u@h/d", 0)):
        assert bound_url(url, "", seconds) == make_url(url)


@pytest.mark.parametrize("server_url", SERVERS)
def test_a_statement_that_the_server_cuts_short_is_told_as_one_that_takes_too_long(
    server_url: str, request: pytest.FixtureRequest
) -> None:
    database = open_database(request.getfixturevalue(server_url), 30)
    with database.writing() as session:
        session.execute(text("CREATE TABLE tried (id INTEGER)"))
        session.execute(text("INSERT INTO tried VALUES (1)"))
    with pytest.raises(DBConnectionError) as caught:
        take_too_long(database)
    assert faults.tell_fault(caught.value) == "takes too long"
    assert ask(database) == 7
    database.close()


def test_a_file_that_somebody_else_keeps_is_waited_for_as_long(tmp_path: Path) -> None:
    path = tmp_path / "busy.sqlite"
    database = open_database(f"sqlite:///{path}", 1)
    with database.writing() as session:
        ask_again(session)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with (
        without_waiting() as waited,
        pytest.raises(DBConnectionError),
        database.writing() as session,
    ):
        session.execute(text("SELECT 1"))
    assert waited.seconds > 0.5
    holder.close()
    database.close()
