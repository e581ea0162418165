"""What others say, made fit to be printed."""

from __future__ import annotations


def escape(text: str) -> str:
    """What hosts say of themselves must not write to the terminal as it likes."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )
