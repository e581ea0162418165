"""Text of others as it may be shown: nothing in it acts on a terminal or a log."""

from __future__ import annotations


def render_printable(text: str) -> str:
    """The text, with anything that a terminal or a log could act on written as an escape."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )
