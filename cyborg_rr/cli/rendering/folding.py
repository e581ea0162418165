"""Text in lines of a width: measured as a terminal shows it, and broken at spaces only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

CONTINUED = " \\"
"""Ends a line of a command that goes on, for every shell."""


def measure(text: str) -> int:
    """The columns that a terminal shows a text in."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text
    )


def fold(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Lines no wider than ``width``, but for a word that is: ``first`` and ``rest`` lead them."""
    return _join(text.split(), width, first, rest)


def fold_command(words: Sequence[str], width: int, indent: str = "") -> list[str]:
    """A command line that a shell takes when all its lines are pasted; the words are quoted."""
    whole = indent + " ".join(words)
    if measure(whole) <= width:
        return [whole]
    *lines, last = _join(_keep_together(words), width - len(CONTINUED), indent, indent + "  ")
    return [*(line + CONTINUED for line in lines), last]


def _keep_together(words: Sequence[str]) -> Iterator[str]:
    """The program with its first word, and then each option with its value."""
    yield " ".join(words[:2])
    parts: list[str] = []
    for word in words[2:]:
        is_value = len(parts) == 1 and parts[0].startswith("-") and not word.startswith("-")
        if parts and not is_value:
            yield " ".join(parts)
            parts = []
        parts.append(word)
    if parts:
        yield " ".join(parts)


def _join(words: Iterable[str], width: int, first: str, rest: str) -> list[str]:
    lines: list[str] = []
    line, used, is_empty = first, measure(first), True
    for word in words:
        size = measure(word)
        if not is_empty and used + 1 + size > width:
            lines.append(line)
            line, used, is_empty = rest, len(rest), True
        line += word if is_empty else f" {word}"
        used += size + (not is_empty)
        is_empty = False
    return [*lines, line]
