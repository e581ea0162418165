"""Text of files as it may be shown: nothing in it acts on a terminal or a log."""

from __future__ import annotations

from cyborg_rr.domain.printing import render_printable


def printable(content: bytes) -> str:
    """UTF-8 text, with anything that a terminal or log could act on written as an escape."""
    return render_printable(content.decode("utf-8", "replace"))
