"""Whether what stands in the ledger's rows can be understood: SQLite looks at its pages only.

Asked once, when the file is opened: a row that means nothing must end the start, not each look.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping

from cyborg_rr import codec
from cyborg_rr.agent.ledger import claims, memory, unclean
from cyborg_rr.agent.ledger.faults import LedgerUnreadable
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.requests import Claim

Reading = Callable[[sqlite3.Connection, str], None]
"""Reads what a table says of a host; raises anything when that means nothing."""


def check_rows(connection: sqlite3.Connection, name: str) -> None:
    """``LedgerUnreadable`` names the table of a row that nobody can understand, or of no host."""
    stray = connection.execute("PRAGMA foreign_key_check").fetchone()
    if stray is not None:
        raise LedgerUnreadable(f"{name} is damaged: table {stray[0]} has a row of an unknown host")
    for (host_id,) in connection.execute("SELECT id FROM hosts").fetchall():
        for table, read in _READINGS.items():
            try:
                read(connection, host_id)
            except (ValueError, TypeError, KeyError, AttributeError, CyborgError) as error:
                cause = " ".join(f"{type(error).__name__}: {error}".split())
                raise LedgerUnreadable(
                    f"{name} is damaged: table {table} has a row that means nothing ({cause})"
                ) from None


def _read_host(connection: sqlite3.Connection, host_id: str) -> None:
    query = "SELECT name, machine_parts FROM hosts WHERE id = ?"
    name, parts = connection.execute(query, (host_id,)).fetchone()
    _check_texts({"name": name, **_parse_object(parts)})


def _read_claims(connection: sqlite3.Connection, host_id: str) -> None:
    for claim in claims.list_claims(connection, host_id):
        codec.parse(Claim, codec.render(claim), "claim")


def _read_unclean(connection: sqlite3.Connection, host_id: str) -> None:
    unclean.render_cleanings(unclean.list_rows(connection, host_id))


def _read_learnt(connection: sqlite3.Connection, host_id: str) -> None:
    for facts in memory.list_learnt(connection, host_id).values():
        if not isinstance(facts, dict):
            raise TypeError("facts are an object")


def _read_health(connection: sqlite3.Connection, host_id: str) -> None:
    for watch in memory.list_watches(connection, host_id).values():
        for trouble in (watch.trouble, watch.suspected):
            if trouble is not None:
                _check_texts({"code": trouble.code, "text": trouble.text})
        if not isinstance(watch.looks, int):
            raise TypeError("looks are counted")


def _parse_object(text: str) -> Mapping[str, object]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError("it is an object")
    return dict(found)


def _check_texts(said: Mapping[str, object]) -> None:
    for key, value in said.items():
        if not isinstance(value, str):
            raise TypeError(f"{key} is text")


_READINGS: Mapping[str, Reading] = {
    "hosts": _read_host,
    "claims": _read_claims,
    "unclean": _read_unclean,
    "learnt": _read_learnt,
    "health": _read_health,
}
