"""Times as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def render_time(moment: datetime | None) -> str | None:
    """ISO 8601 to the second with the offset of UTC, which is what the database keeps."""
    return None if moment is None else _to_seconds(moment).isoformat()


def render_time_with_space(moment: datetime | None) -> str:
    """The form that device-profile show has up to 2.3: a space, and the text None for no time."""
    return "None" if moment is None else str(_to_seconds(moment))


def _to_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0, tzinfo=UTC)
