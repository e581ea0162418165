"""What a host has let go of and not cleaned yet, in the file of its ledger.

A claim becomes a row here in the transaction that ends it. A row whose handle is clean stays until
a conductor has been told, for only that makes the handle free.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cyborg_rr import codec
from cyborg_rr.domain.hardware.life import Cleaned, Cleanings, CleanState, Unclean
from cyborg_rr.domain.requests import Claim

TABLE = """
CREATE TABLE unclean (
    binding_id TEXT PRIMARY KEY,
    host_id TEXT NOT NULL REFERENCES hosts (id),
    claim TEXT NOT NULL,
    since REAL NOT NULL,
    state TEXT NOT NULL,
    code TEXT,
    reason TEXT,
    method TEXT
)
"""
"""``claim`` is a ``Claim`` as JSON, ``state`` a ``CleanState`` or ``CLEAN``."""

CLEAN = "clean"

_COLUMNS = "binding_id, claim, state, code, reason, method"


@dataclass(frozen=True, slots=True)
class UncleanRow:
    """A claim that is over, and where its clean is; ``method`` when it is done."""

    claim: Claim
    state: str
    code: str | None = None
    reason: str | None = None
    method: str | None = None

    @property
    def is_clean(self) -> bool:
        """Whether only a conductor must still be told."""
        return self.state == CLEAN


def insert_row(connection: sqlite3.Connection, host_id: str, claim: Claim) -> None:
    """Note that a handle is dirty; under whichever binding it was so before, it is no more."""
    for row in list_rows(connection, host_id):
        if is_same_handle(row.claim, claim):
            delete_rows(connection, [row.claim.binding_id])
    over = replace(claim, holder=None)  # nobody's: in the way of everybody
    connection.execute(
        "INSERT OR REPLACE INTO unclean (binding_id, host_id, claim, since, state)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            claim.binding_id,
            host_id,
            json.dumps(codec.render(over)),
            time.time(),
            CleanState.DIRTY.value,
        ),
    )


def is_same_handle(one: Claim, other: Claim) -> bool:
    """Whether two claims are of one thing: the same place on a device, or the same address."""
    if one.device_key and one.handle.place and other.device_key and other.handle.place:
        return _place_of(one) == _place_of(other)
    return one.handle.key == other.handle.key


def _place_of(claim: Claim) -> tuple[str, str, str]:
    return claim.device_key, claim.part, claim.handle.place


def list_rows(connection: sqlite3.Connection, host_id: str) -> list[UncleanRow]:
    """The rows of a host, oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM unclean WHERE host_id = ? ORDER BY since, binding_id",  # noqa: S608
        (host_id,),
    )
    return [
        UncleanRow(
            codec.parse(Claim, json.loads(claim), "unclean", tolerant=True),
            state,
            code,
            reason,
            method,
        )
        for _, claim, state, code, reason, method in rows.fetchall()
    ]


def list_unclean_claims(connection: sqlite3.Connection, host_id: str) -> list[Claim]:
    """What nobody may be given yet."""
    return [row.claim for row in list_rows(connection, host_id) if not row.is_clean]


def update_claim(connection: sqlite3.Connection, claim: Claim) -> None:
    """Write what became known of a row's hardware."""
    connection.execute(
        "UPDATE unclean SET claim = ? WHERE binding_id = ?",
        (json.dumps(codec.render(replace(claim, holder=None))), claim.binding_id),
    )


def finish_clean(connection: sqlite3.Connection, binding_id: str, method: str) -> None:
    """The handle is clean, unless somebody has changed its row meanwhile."""
    connection.execute(
        "UPDATE unclean SET state = ?, method = ?, code = NULL, reason = NULL"
        " WHERE binding_id = ? AND state = ?",
        (CLEAN, method, binding_id, CleanState.DIRTY.value),
    )


def fail_clean(connection: sqlite3.Connection, binding_id: str, code: str, reason: str) -> None:
    """The handle could not be cleaned."""
    connection.execute(
        "UPDATE unclean SET state = ?, code = ?, reason = ? WHERE binding_id = ? AND state = ?",
        (CleanState.QUARANTINED.value, code, reason, binding_id, CleanState.DIRTY.value),
    )


def retry_clean(connection: sqlite3.Connection, binding_id: str) -> None:
    """What could not be cleaned is to be cleaned again."""
    connection.execute(
        "UPDATE unclean SET state = ?, code = NULL, reason = NULL"
        " WHERE binding_id = ? AND state = ?",
        (CleanState.DIRTY.value, binding_id, CleanState.QUARANTINED.value),
    )


def delete_rows(connection: sqlite3.Connection, binding_ids: Iterable[str]) -> None:
    """Forget rows; one that is not there is no error."""
    connection.executemany(
        "DELETE FROM unclean WHERE binding_id = ?", [(binding_id,) for binding_id in binding_ids]
    )


def delete_told(connection: sqlite3.Connection, binding_ids: Iterable[str]) -> None:
    """A conductor knows that these are clean."""
    connection.executemany(
        "DELETE FROM unclean WHERE binding_id = ? AND state = ?",
        [(binding_id, CLEAN) for binding_id in binding_ids],
    )


def render_cleanings(rows: Iterable[UncleanRow]) -> Cleanings:
    """The rows as a conductor is told of them."""
    listed = list(rows)
    return Cleanings(
        tuple(
            Unclean(
                row.claim.binding_id,
                row.claim.deployable_name,
                CleanState(row.state),
                row.claim.handle,
                row.code,
                row.reason,
            )
            for row in listed
            if not row.is_clean
        ),
        tuple(Cleaned(row.claim.binding_id, row.method) for row in listed if row.is_clean),
    )
