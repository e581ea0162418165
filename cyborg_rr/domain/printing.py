"""Text as it is shown: nothing of others' acts on a terminal or a log, and counts read well."""

from __future__ import annotations


def render_printable(text: str) -> str:
    """The text, with anything that a terminal or a log could act on written as an escape."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def name_count(count: int, noun: str) -> str:
    """So many of a thing whose plural ends in s: ``1 device``, ``2 devices``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
