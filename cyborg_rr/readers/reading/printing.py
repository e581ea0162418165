"""Text of files as it may be shown: nothing in it acts on a terminal or a log."""

from __future__ import annotations


def printable(content: bytes) -> str:
    """UTF-8 text, with anything that a terminal or log could act on written as an escape."""
    text = content.decode("utf-8", "replace")
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )
