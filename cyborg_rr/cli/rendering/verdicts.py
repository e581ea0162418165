"""Verdicts as a table: the first reasons, and times with their interval."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from cyborg_rr.cli.rendering.figures import render_seconds, render_size
from cyborg_rr.cli.rendering.table import render_table

SHOWN_REASONS = 2
REASON_WIDTH = 48


def render_verdicts(documents: Sequence[dict[str, Any]]) -> str:
    """Verdict documents, one row each; what has no column stands in the JSON only."""
    rows = []
    for document in documents:
        rows.append(
            [
                document["device_class"],
                document["verdict"],
                "?" if document["devices_needed"] is None else document["devices_needed"],
                _render_need(document["memory_bytes"]),
                _render_interval(document["time_seconds"]),
                document["binding_term"] or "",
                _render_reasons([*document["changes"], *document["reasons"]]),
            ]
        )
    return render_table(
        ("device class", "verdict", "devices", "memory", "time", "bound by", "why"), rows
    )


def _render_need(need: dict[str, Any]) -> str:
    """The total, which is an upper bound where a least one stands beside it."""
    shown = render_size(need["total"])
    return f"at most {shown}" if need["total"] is not None and "least" in need else shown


def _render_reasons(reasons: Sequence[str]) -> str:
    """The first reasons, folded, and how many more there are."""
    lines = [
        line for reason in reasons[:SHOWN_REASONS] for line in textwrap.wrap(reason, REASON_WIDTH)
    ]
    if len(reasons) > SHOWN_REASONS:
        lines.append(f"... and {len(reasons) - SHOWN_REASONS} more (-f json)")
    return "\n".join(lines)


def _render_interval(time: dict[str, float] | None) -> str:
    """The expected time, with the interval that it is believed to lie in below it."""
    if time is None:
        return "unknown"
    low, high = render_seconds(time["low"]), render_seconds(time["high"])
    return f"{render_seconds(time['expected'])}\n({low} to {high})"
