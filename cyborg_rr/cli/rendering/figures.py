"""Amounts and times for people."""

from __future__ import annotations


def render_bytes(amount: int | None) -> str:
    """Bytes for people: exact, and in a binary unit."""
    if amount is None or amount < 1024:
        return render_count(amount)
    return f"{amount:,} ({render_size(amount)})"


def render_size(amount: int | None) -> str:
    """Bytes for people who compare: rounded, in a binary unit."""
    if amount is None:
        return "unknown"
    size = float(amount)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.2f} {unit}" if unit != "B" else f"{amount} B"
        size /= 1024
    return f"{size:.2f} TiB"


def render_count(amount: int | None) -> str:
    """A count for people."""
    return "unknown" if amount is None else f"{amount:,}"


def render_seconds(seconds: float) -> str:
    """A time for people, to two figures or whole units."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale or unit == "us":
            break
    amount = seconds / scale
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"
