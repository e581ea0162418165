"""Amounts and times for people: three figures with a unit, and exact ones beside them."""

from __future__ import annotations

from typing import Final

_BINARY: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_DECIMAL: Final = ("", "k", "M", "G", "T", "P", "E")
_LARGEST: Final = 999.5
"""What is rounded to three figures, and stays below the next unit."""

_FAR_APART: Final = 1000
"""From this ratio on the two ends of an interval are told in units of their own."""


def render_bytes(amount: int | None) -> str:
    """Bytes in a binary unit, and exact."""
    if amount is None or amount < 1000:
        return render_size(amount)
    return f"{render_size(amount)} ({amount:,} bytes)"


def render_size(amount: int | None) -> str:
    """Bytes for people who compare: rounded, in a binary unit."""
    return "unknown" if amount is None else _round(amount, 1024, _BINARY)


def render_count(amount: int | None) -> str:
    """A count, exact."""
    return "unknown" if amount is None else f"{amount:,}"


def render_amount(amount: int | None) -> str:
    """A count for people who compare: rounded, in thousands, millions (M), and so on."""
    return "unknown" if amount is None else _round(amount, 1000, _DECIMAL).rstrip()


def render_exactly(amount: int | None) -> str:
    """A count rounded, and exact."""
    if amount is None or amount < 1000:
        return render_count(amount)
    return f"{render_amount(amount)} ({amount:,})"


def _round(amount: int, step: int, units: tuple[str, ...]) -> str:
    size = float(amount)
    for unit in units:
        if size < _LARGEST or unit == units[-1]:
            break
        size /= step
    return f"{amount} {unit}" if unit == units[0] else f"{_cut(size)} {unit}"


def _cut(size: float) -> str:
    """Three figures."""
    places = 2 if size < 9.995 else 1 if size < 99.95 else 0
    return f"{size:.{places}f}"


def render_seconds(seconds: float) -> str:
    """A time for people, to two figures or whole units."""
    name, scale = _find_unit(seconds)
    return f"{_render_part(seconds / scale)} {name}"


def render_range(low: float, high: float) -> str:
    """An interval of time, in one unit where its ends are not far apart."""
    if low * _FAR_APART <= high:
        return f"{render_seconds(low)} to {render_seconds(high)}"
    name, scale = _find_unit(high)
    return f"{_render_part(low / scale)} to {_render_part(high / scale)} {name}"


def _find_unit(seconds: float) -> tuple[str, float]:
    for name, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale or name == "us":
            break
    return name, scale


def _render_part(amount: float) -> str:
    """Two figures at least."""
    if amount >= 9.95:
        return f"{amount:.0f}"
    return f"{amount:.1f}" if amount >= 0.95 else f"{amount:.2g}"
