"""The host's own durable record of which attach handle is claimed by which binding.

It is the second guard of exclusive use: whatever a conductor believes, the host refuses a second
claim of a handle. A released binding leaves a tombstone, so that a delayed claim of it is refused.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from cyborg_rr.agent import unclean
from cyborg_rr.domain.errors import HandleInUse
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.domain.requests import Claim

TOMBSTONE_SECONDS = 24 * 3600
"""How long a released binding is remembered; far longer than any message can be late."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS claims (
    host TEXT NOT NULL,
    handle TEXT NOT NULL,
    binding_id TEXT NOT NULL,
    arq_uuid TEXT NOT NULL,
    deployable_name TEXT NOT NULL,
    handle_type TEXT NOT NULL,
    handle_info TEXT NOT NULL,
    PRIMARY KEY (host, handle)
);
CREATE TABLE IF NOT EXISTS tombstones (binding_id TEXT PRIMARY KEY, released_at REAL NOT NULL);
"""


class Ledger:
    """Claims in a SQLite file that is synced to disk at every change."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA busy_timeout = 10000")
        self._connection.executescript(_SCHEMA)
        self._connection.executescript(unclean.TABLE)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """A transaction on the file, for what else is kept there."""
        return self._writing()

    def id_of(self, _connection: sqlite3.Connection, hostname: str) -> str:
        """The id of a host."""
        return hostname

    def claim(self, hostname: str, claims: Sequence[Claim]) -> list[Claim]:
        """Record all the claims or none; returns those that are new.

        A claim that stands already for the same binding is accepted again. Raises ``HandleInUse``
        when another binding holds a handle or when a binding was released before.
        """
        with self._writing() as connection:
            return [claim for claim in claims if self._claim_one(connection, hostname, claim)]

    def _claim_one(self, connection: sqlite3.Connection, hostname: str, claim: Claim) -> bool:
        if connection.execute(
            "SELECT 1 FROM tombstones WHERE binding_id = ?", (claim.binding_id,)
        ).fetchone():
            raise HandleInUse(f"binding {claim.binding_id} was released before it was prepared")
        handle = claim.handle.key
        row = connection.execute(
            "SELECT binding_id, arq_uuid FROM claims WHERE host = ? AND handle = ?",
            (hostname, handle),
        ).fetchone()
        if row is not None and row[0] != claim.binding_id:
            raise HandleInUse(
                f"host {hostname} has given {handle} to accelerator request {row[1]} already"
            )
        if row is not None:
            return False
        for other in unclean.list_unclean_claims(connection, hostname):
            if unclean.is_same_handle(claim, other):
                raise HandleInUse(f"host {hostname} has not cleaned {handle} yet")
        connection.execute(
            "INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                hostname,
                handle,
                claim.binding_id,
                claim.arq_uuid,
                claim.deployable_name,
                claim.handle.type,
                json.dumps(dict(claim.handle.info)),
            ),
        )
        return True

    def release(self, binding_ids: Iterable[str]) -> None:
        """Forget bindings and remember that they are over, even those never claimed."""
        with self._writing() as connection:
            self.end(connection, binding_ids)

    def end(self, connection: sqlite3.Connection, binding_ids: Iterable[str]) -> None:
        """As ``release``, within a transaction."""
        now = time.time()
        connection.execute(
            "DELETE FROM tombstones WHERE released_at < ?", (now - TOMBSTONE_SECONDS,)
        )
        for binding_id in binding_ids:
            connection.execute("DELETE FROM claims WHERE binding_id = ?", (binding_id,))
            connection.execute("INSERT OR REPLACE INTO tombstones VALUES (?, ?)", (binding_id, now))

    def is_over(self, connection: sqlite3.Connection, binding_id: str) -> bool:
        """Whether the binding was released before."""
        found = connection.execute("SELECT 1 FROM tombstones WHERE binding_id = ?", (binding_id,))
        return found.fetchone() is not None

    def list_claims(self, hostname: str) -> list[Claim]:
        """The claims on handles of a host."""
        with self._lock:
            return self.read_claims(self._connection, hostname)

    def read_claims(self, connection: sqlite3.Connection, host_id: str) -> list[Claim]:
        """As ``list_claims``, within a transaction."""
        rows = connection.execute(
            "SELECT binding_id, arq_uuid, deployable_name, handle_type, handle_info"
            " FROM claims WHERE host = ? ORDER BY handle",
            (host_id,),
        ).fetchall()
        return [
            Claim(binding, arq, deployable, AttachHandle(handle_type, json.loads(info)))
            for binding, arq, deployable, handle_type, info in rows
        ]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
