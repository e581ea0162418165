"""The ledger's file: its tables, its upgrade from the first release, and how it is opened."""

from __future__ import annotations

import sqlite3
import uuid
from pathlib import Path

from cyborg_rr.agent.ledger import memory, unclean
from cyborg_rr.agent.ledger.faults import LedgerUnreadable
from cyborg_rr.agent.ledger.soundness import check_rows

VERSION = 2
"""Kept in the file as ``user_version``; the first release left that at 0."""

_FIRST_RELEASE = 0

_BUSY_MILLISECONDS = 10_000

_TABLES = (
    """
    CREATE TABLE hosts (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        is_real INTEGER,
        machine TEXT NOT NULL DEFAULT '',
        machine_parts TEXT NOT NULL DEFAULT '{}',
        run TEXT,
        next_run TEXT
    )
    """,
    """
    CREATE TABLE claims (
        host_id TEXT NOT NULL REFERENCES hosts (id),
        binding_id TEXT NOT NULL,
        arq_uuid TEXT NOT NULL,
        deployable_name TEXT NOT NULL,
        device_key TEXT NOT NULL DEFAULT '',
        part TEXT NOT NULL DEFAULT '',
        place TEXT NOT NULL DEFAULT '',
        handle_type TEXT NOT NULL,
        handle_info TEXT NOT NULL,
        consumes TEXT NOT NULL DEFAULT '{}',
        unit TEXT,
        holder TEXT,
        slot_key TEXT NOT NULL DEFAULT '',
        is_told INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX claims_of_host ON claims (host_id)",
    "CREATE INDEX claims_of_binding ON claims (binding_id)",
    unclean.TABLE,
    "CREATE TABLE tombstones (binding_id TEXT PRIMARY KEY, released_at REAL NOT NULL)",
    memory.LEARNT,
    memory.HEALTH,
)
"""``hosts.is_real`` is null where the first release did not say; ``run`` is the last one that a
conductor took, ``next_run`` one that it may have taken. ``claims.is_told`` marks what the conductor
said is held: it was not prepared in the knowledge of this file."""


def open_file(path: Path) -> sqlite3.Connection:
    """The ledger in that file, made or upgraded where needed.

    Raises ``OSError``, ``sqlite3.Error`` or ``LedgerUnreadable`` for a file that is none, is
    damaged, cannot be written, or comes from a later release.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        raise LedgerUnreadable(f"{path.name} is not a file")
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    (damage,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if damage != "ok":
        raise LedgerUnreadable(f"{path.name} is damaged: {' '.join(damage.split())}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        _bring_up(connection, path)
        check_rows(connection, path.name)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _bring_up(connection: sqlite3.Connection, path: Path) -> None:
    """Make what is missing; a file that cannot be written shows here, even when nothing is."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise LedgerUnreadable(
            f"{path.name} was written by a later release"
            f" (version {version}, this one knows {VERSION})"
        )
    if version == _FIRST_RELEASE:
        has_claims = connection.execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'claims'"
        ).fetchone()
        if has_claims:
            _upgrade_first_release(connection)
        else:
            _make_tables(connection)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _make_tables(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)


def _upgrade_first_release(connection: sqlite3.Connection) -> None:
    """Give its hosts ids; which device each claim is of is completed when the host is looked at."""
    connection.execute("ALTER TABLE claims RENAME TO claims_before")
    connection.execute("ALTER TABLE tombstones RENAME TO tombstones_before")
    _make_tables(connection)
    for (name,) in connection.execute("SELECT DISTINCT host FROM claims_before").fetchall():
        connection.execute("INSERT INTO hosts (id, name) VALUES (?, ?)", (str(uuid.uuid4()), name))
    connection.execute(
        "INSERT INTO claims (host_id, binding_id, arq_uuid, deployable_name, handle_type,"
        " handle_info) SELECT hosts.id, binding_id, arq_uuid, deployable_name, handle_type,"
        " handle_info FROM claims_before JOIN hosts ON hosts.name = claims_before.host"
    )
    connection.execute("INSERT INTO tombstones SELECT * FROM tombstones_before")
    connection.execute("DROP TABLE claims_before")
    connection.execute("DROP TABLE tombstones_before")
