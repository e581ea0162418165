"""The JSON of conductors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cyborg_rr.api.request.answer import render_time
from cyborg_rr.db.leases import StoredLease

COLLECTION = "conductors"
UP, DOWN = "up", "down"


def render_conductor(name: str, lease: StoredLease) -> dict[str, Any]:
    """A conductor as its lease says it is; it is up until that ends."""
    started_at = lease.about.get("started_at")
    return {
        "name": name,
        "state": UP if lease.is_alive else DOWN,
        "node": lease.about.get("node"),
        "version": lease.about.get("version"),
        "epoch": lease.epoch,
        "last_seen_at": render_time(lease.renewed_at),
        "started_at": None
        if started_at is None
        else render_time(datetime.fromtimestamp(started_at, UTC).replace(tzinfo=None)),
    }
