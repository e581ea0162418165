"""Database sessions: ``reading()`` and ``writing()`` on oslo.db's connection set-up.

The use case opens the transaction; query functions take the session. One ``Database`` is made per
process from its configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from oslo_db import exception as oslo_exception
from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import Connection, Engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from cyborg_rr.db.faults import takes_no_writes, was_cut_short
from cyborg_rr.db.waiting.bounds import bound_url
from cyborg_rr.domain.errors import InvalidInput

__all__ = ["Connection", "Database", "Session", "check_writes", "ping"]

SQLITE_BUSY_TIMEOUT_MS = 30_000
_WRITING = "cyborg_rr_writing"
_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    # A claim that lost a race must see the winner's row when it looks again.
    "mysql": {"isolation_level": "READ COMMITTED"},
    # One statement for all rows of a report: psycopg2 has no limit on parameters.
    "postgresql": {"insertmanyvalues_page_size": 1_000_000},
}


class Database:
    """The service's database, reached through oslo.db (connection pool, ping).

    ``options`` are those of [database], which oslo.db declares, by their names. A server that does
    not answer within ``answer_seconds`` is a ``DBConnectionError``, and its connection is dropped;
    with 0 it is waited for.

    On SQLite a writing transaction takes the write lock at its start (``BEGIN IMMEDIATE``): one
    that began as a reader could not be upgraded while another writes.
    """

    def __init__(self, options: Mapping[str, Any], answer_seconds: float = 0) -> None:
        if not options["connection"]:
            raise InvalidInput(
                "option [database] connection: it is not set; it names the database, such as"
                " mysql+pymysql://USER:PASSWORD@HOST/cyborg_rr"
            )
        self._facade = enginefacade.transaction_context()
        self._facade.configure(
            connection=_bound_address(options, answer_seconds),
            sqlite_fk=True,
            mysql_sql_mode=options["mysql_sql_mode"],
            max_pool_size=options["max_pool_size"],
            max_overflow=options["max_overflow"],
            pool_timeout=options["pool_timeout"],
            max_retries=options["max_retries"],
            retry_interval=options["retry_interval"],
            connection_recycle_time=options["connection_recycle_time"],
        )
        try:
            self.engine: Engine = self._facade.writer.get_engine()
        except oslo_exception.DBConnectionError:
            raise  # no mistake: the server may come up later
        except (
            SQLAlchemyError,
            oslo_exception.DBError,
            oslo_exception.CantStartEngineError,
        ) as error:
            raise InvalidInput(f"option [database] connection: {error}") from error
        self.dialect: str = self.engine.dialect.name
        if self.dialect == "sqlite":
            _prepare_sqlite(self.engine, answer_seconds)
        of_dialect = _OPTIONS.get(self.dialect, {})
        self._reader = self.engine.execution_options(**of_dialect)
        self._writer = self.engine.execution_options(**of_dialect, **{_WRITING: True})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for queries; nothing is kept of what it changes."""
        with (
            self._telling(),
            Session(self._reader, expire_on_commit=False) as session,
            self._leaving(session),
        ):
            yield session

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A bare connection for one query, where the cost of a session would be felt."""
        with self._telling(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose work is committed at the end, or undone when an exception leaves it."""
        with (
            self._telling(),
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
            self._leaving(session),
        ):
            yield session

    @contextmanager
    def _leaving(self, session: Session) -> Iterator[None]:
        """Tell a server that gives up as one that does not answer.

        The connections to one that takes no writes are dropped: the next may lead elsewhere.
        """
        try:
            yield
        except (SQLAlchemyError, oslo_exception.DBError) as error:
            if not (takes_no_writes(error) or was_cut_short(error)):
                raise
            if takes_no_writes(error):
                session.invalidate()
                self.engine.dispose()
            raise oslo_exception.DBConnectionError(error) from error

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Errors of the database driver itself, at the begin or end of a transaction, by name.

        oslo.db translates what a statement raises, but not what a rollback or our own BEGIN does.
        """
        driver: Any = self.engine.dialect.loaded_dbapi
        try:
            yield
        except (driver.Error, OperationalError) as error:
            raise oslo_exception.DBConnectionError(error) from error

    def close(self) -> None:
        """Give the connections back to the system."""
        self.engine.dispose()


def _bound_address(options: Mapping[str, Any], answer_seconds: float) -> str:
    try:
        url = bound_url(options["connection"], options["connection_parameters"], answer_seconds)
    except ArgumentError as error:
        raise InvalidInput(f"option [database] connection: {error}") from error
    return url.render_as_string(hide_password=False)


def _prepare_sqlite(engine: Engine, answer_seconds: float) -> None:
    busy_ms = min(SQLITE_BUSY_TIMEOUT_MS, int(answer_seconds * 1000) or SQLITE_BUSY_TIMEOUT_MS)

    def on_connect(dbapi_connection: Any, _record: Any) -> None:
        cursor = dbapi_connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {busy_ms}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()

    def on_checkout(connection: Connection) -> None:
        if connection.get_execution_options().get(_WRITING):
            connection.connection.cursor().execute("BEGIN IMMEDIATE")
            connection.info["in_transaction"] = True  # oslo.db then does not begin on its own

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "engine_connect", on_checkout)
    url = make_url(engine.url)
    if url.database and url.database != ":memory:":
        engine.dispose()  # connections made before the listeners lack the pragmas


def ping(session: Session) -> None:
    """Ask the database for a sign of life; ``DBError`` when it gives none."""
    try:
        session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:  # what oslo.db did not translate
        raise oslo_exception.DBError(error) from error


def check_writes(session: Session) -> None:
    """Write nothing, which a database that takes no writes refuses like any write."""
    session.execute(text("UPDATE leases SET epoch = epoch WHERE 1 = 0"))
