"""What is said of operations that no rule translates."""

from __future__ import annotations

from collections import Counter
from typing import Final

MAX_LISTED_NAMES: Final = 8


def explain_unknown(unknown: Counter[str]) -> list[str]:
    """Warnings that name the most frequent of them; the rest is counted."""
    listed = unknown.most_common(MAX_LISTED_NAMES)
    told = [f"the operation {name[:60]!r} ({count} times) is not known" for name, count in listed]
    if len(unknown) > MAX_LISTED_NAMES:
        told.append(f"{len(unknown) - MAX_LISTED_NAMES} more kinds of operation are not known")
    return told
