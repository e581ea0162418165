"""The time that rows are stamped with: UTC without an offset, as all dialects keep it."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Now, in UTC, without a time zone mark."""
    return datetime.now(UTC).replace(tzinfo=None)
