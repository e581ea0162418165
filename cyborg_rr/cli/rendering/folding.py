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
    room = width - len(CONTINUED)
    parts = _keep_together(words, room - len(indent) - 2)
    *lines, last = _join(parts, room, indent, indent + "  ")
    return [*(line + CONTINUED for line in lines), last]


def _keep_together(words: Sequence[str], width: int) -> Iterator[str]:
    """The program with its first word, and each option with its value where there is room."""
    parts = [words[0]]
    for word in words[1:]:
        is_first = parts == [words[0]]
        is_value = len(parts) == 1 and parts[0].startswith("-") and not word.startswith("-")
        if (is_first or is_value) and measure(f"{parts[0]} {word}") <= width:
            parts.append(word)
            continue
        yield " ".join(parts)
        parts = [word]
    yield " ".join(parts)


def _join(words: Iterable[str], width: int, first: str, rest: str) -> list[str]:
    """Words in lines; one that is wider than its line has it for itself."""
    lines: list[str] = []
    line, used = first, measure(first)
    is_begun, gap = bool(first.strip()), ""
    for word in words:
        size = measure(word)
        if is_begun and used + len(gap) + size > width:
            lines.append(line)
            line, used, gap = rest, measure(rest), ""
        line += gap + word
        used += len(gap) + size
        is_begun, gap = True, " "
    return [*lines, line]
