"""What is remembered of a host's devices in the file of its ledger; the caller opens transactions.

What drivers learnt outlives a device that has gone for a while, and so does its trouble.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Mapping
from typing import Any

from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.domain.hardware.health import Watch
from cyborg_rr.drivers.driver import get_slot

LEARNT = """
CREATE TABLE learnt (
    host_id TEXT NOT NULL REFERENCES hosts (id),
    slot_key TEXT NOT NULL,
    facts TEXT NOT NULL,
    updated REAL NOT NULL,
    PRIMARY KEY (host_id, slot_key)
)
"""
"""``slot_key`` is a key of ``Memory``; ``updated`` is the day when its device was there last."""

HEALTH = """
CREATE TABLE health (
    host_id TEXT NOT NULL REFERENCES hosts (id),
    slot_key TEXT NOT NULL,
    trouble_code TEXT,
    trouble_text TEXT,
    suspected_code TEXT,
    suspected_text TEXT,
    looks INTEGER NOT NULL,
    updated REAL NOT NULL,
    PRIMARY KEY (host_id, slot_key)
)
"""
"""A ``Watch`` of each device; ``updated`` as above."""

KEPT_SECONDS = 90 * 24 * 3600
"""How long a device may be gone and still be remembered."""


def list_learnt(connection: sqlite3.Connection, host_id: str) -> dict[str, Mapping[str, Any]]:
    """What drivers learnt of the host's devices, by the keys of ``Memory``."""
    rows = connection.execute("SELECT slot_key, facts FROM learnt WHERE host_id = ?", (host_id,))
    return {slot_key: json.loads(facts) for slot_key, facts in rows.fetchall()}


def learn(
    connection: sqlite3.Connection, host_id: str, news: Mapping[str, Mapping[str, Any] | None]
) -> None:
    """Keep what drivers learnt; None forgets it."""
    for slot_key, facts in news.items():
        if facts is None:
            connection.execute(
                "DELETE FROM learnt WHERE host_id = ? AND slot_key = ?", (host_id, slot_key)
            )
        else:
            connection.execute(
                "INSERT OR REPLACE INTO learnt VALUES (?, ?, ?, ?)",
                (host_id, slot_key, json.dumps(facts), time.time()),
            )


def list_watches(connection: sqlite3.Connection, host_id: str) -> dict[str, Watch]:
    """What was seen of the devices' health, by slot."""
    rows = connection.execute(
        "SELECT slot_key, trouble_code, trouble_text, suspected_code, suspected_text, looks"
        " FROM health WHERE host_id = ?",
        (host_id,),
    ).fetchall()
    return {
        slot_key: Watch(_to_trouble(code, text), _to_trouble(suspected, suspected_text), looks)
        for slot_key, code, text, suspected, suspected_text, looks in rows
    }


def _to_trouble(code: str | None, text: str | None) -> Trouble | None:
    return None if code is None else Trouble(code, text or "")


def watch(
    connection: sqlite3.Connection, host_id: str, changes: Mapping[str, Watch | None]
) -> None:
    """Keep what was seen of devices; None forgets one."""
    for slot_key, item in changes.items():
        connection.execute(
            "DELETE FROM health WHERE host_id = ? AND slot_key = ?", (host_id, slot_key)
        )
        if item is not None:
            connection.execute(
                "INSERT INTO health VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    host_id,
                    slot_key,
                    *_to_columns(item.trouble),
                    *_to_columns(item.suspected),
                    item.looks,
                    time.time(),
                ),
            )


def _to_columns(trouble: Trouble | None) -> tuple[str | None, str | None]:
    return (None, None) if trouble is None else (trouble.code, trouble.text)


def forget_old(
    connection: sqlite3.Connection, host_id: str, seen: Collection[str], now: float
) -> None:
    """Note which slots are occupied, and forget what was in others for longer than is kept."""
    for table in ("learnt", "health"):
        rows = connection.execute(
            f"SELECT slot_key, updated FROM {table} WHERE host_id = ?",  # noqa: S608
            (host_id,),
        ).fetchall()
        here = [(now, host_id, key) for key, _ in rows if get_slot(key) in seen]
        old = [
            (host_id, key)
            for key, updated in rows
            if get_slot(key) not in seen and updated < now - KEPT_SECONDS
        ]
        connection.executemany(
            f"UPDATE {table} SET updated = ? WHERE host_id = ? AND slot_key = ?",  # noqa: S608
            here,
        )
        connection.executemany(
            f"DELETE FROM {table} WHERE host_id = ? AND slot_key = ?",  # noqa: S608
            old,
        )


def delete_host(connection: sqlite3.Connection, host_id: str) -> None:
    """Forget all of a host that is another one now."""
    connection.execute("DELETE FROM learnt WHERE host_id = ?", (host_id,))
    connection.execute("DELETE FROM health WHERE host_id = ?", (host_id,))
