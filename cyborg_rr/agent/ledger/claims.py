"""Claims and tombstones as rows of the ledger; the caller opens the transaction."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable

from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.domain.requests import Claim

TOMBSTONE_SECONDS = 24 * 3600
"""How long a released binding is remembered; far longer than any message can be late."""

_COLUMNS = (
    "binding_id, arq_uuid, deployable_name, device_key, part, place, handle_type, handle_info,"
    " consumes, unit, holder, slot_key"
)


def list_claims(connection: sqlite3.Connection, host_id: str) -> list[Claim]:
    """The claims of a host, by handle."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM claims WHERE host_id = ?",  # noqa: S608 - names of columns
        (host_id,),
    ).fetchall()
    return sorted(map(_to_claim, rows), key=lambda claim: claim.handle.key)


def list_told(connection: sqlite3.Connection, host_id: str) -> set[str]:
    """The bindings of which only the conductor said that they are held."""
    rows = connection.execute(
        "SELECT binding_id FROM claims WHERE host_id = ? AND is_told", (host_id,)
    )
    return {binding for (binding,) in rows}


def insert_claim(
    connection: sqlite3.Connection, host_id: str, claim: Claim, is_told: bool = False
) -> None:
    """Add a claim."""
    connection.execute(
        f"INSERT INTO claims ({_COLUMNS}, host_id, is_told)"  # noqa: S608 - names of columns
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*_to_row(claim), host_id, is_told),
    )


def update_claim(connection: sqlite3.Connection, host_id: str, claim: Claim) -> None:
    """Write what became known of a claim's hardware."""
    connection.execute(
        "UPDATE claims SET device_key = ?, part = ?, place = ?, handle_type = ?, handle_info = ?,"
        " consumes = ?, unit = ?, holder = ?, slot_key = ? WHERE host_id = ? AND binding_id = ?",
        (*_to_row(claim)[3:], host_id, claim.binding_id),
    )


def note_prepared(connection: sqlite3.Connection, binding_ids: Iterable[str]) -> None:
    """They are known from more than the conductor's word."""
    connection.executemany(
        "UPDATE claims SET is_told = 0 WHERE binding_id = ?",
        [(binding_id,) for binding_id in binding_ids],
    )


def delete_claim(connection: sqlite3.Connection, binding_id: str) -> None:
    """Forget a binding; one that is not there is no error."""
    connection.execute("DELETE FROM claims WHERE binding_id = ?", (binding_id,))


def bury(connection: sqlite3.Connection, binding_ids: Iterable[str]) -> None:
    """Remember that bindings are over, and forget those that were over long ago."""
    now = time.time()
    connection.execute("DELETE FROM tombstones WHERE released_at < ?", (now - TOMBSTONE_SECONDS,))
    connection.executemany(
        "INSERT OR REPLACE INTO tombstones VALUES (?, ?)",
        [(binding_id, now) for binding_id in binding_ids],
    )


def is_buried(connection: sqlite3.Connection, binding_id: str) -> bool:
    """Whether the binding is over."""
    found = connection.execute("SELECT 1 FROM tombstones WHERE binding_id = ?", (binding_id,))
    return found.fetchone() is not None


def _to_row(claim: Claim) -> tuple[str | None, ...]:
    handle = claim.handle
    return (
        claim.binding_id,
        claim.arq_uuid,
        claim.deployable_name,
        claim.device_key,
        claim.part,
        handle.place,
        handle.type,
        json.dumps(dict(handle.info)),
        json.dumps(dict(handle.consumes)),
        handle.unit,
        claim.holder,
        claim.slot_key,
    )


def _to_claim(row: tuple[str, ...]) -> Claim:
    binding, arq, deployable, device, part, place, kind, info, consumes, unit, holder, slot = row
    handle = AttachHandle(kind, json.loads(info), place, json.loads(consumes), unit)
    return Claim(binding, arq, deployable, handle, device, part, holder, slot)
