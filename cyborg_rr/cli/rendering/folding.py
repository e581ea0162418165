"""Text in lines of a width: measured as a terminal shows it, broken at spaces where it can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

CONTINUED = " \\"
"""Ends a line of a command that goes on, for every shell."""

_JOINED: Final = "\\"
"""Ends a line whose last word goes on in the first column of the next."""

_MARKS: Final = (" ,/", ":._-")
"""Behind these a word that is too wide is best broken, the first ones before the others."""

_LEAST_ROOM: Final = 10
"""So much of a word stands on a line whatever leads it."""


def measure(text: str) -> int:
    """The columns that a terminal shows a text in."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text
    )


def fold(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Lines no wider than ``width``: ``first`` and ``rest`` lead them; a wider word is broken."""
    room = width - max(measure(first), measure(rest))
    words = text.split()
    if any(len(word) > room or measure(word) > room for word in words):
        words = [piece for word in words for piece in _break_up(word, max(room, _LEAST_ROOM))]
    return _join(words, width, first, rest)


def fold_command(
    words: Sequence[str], width: int, quote: Callable[[str], str], indent: str = ""
) -> list[str]:
    """A command line that a shell takes when all its lines are pasted.

    A word that is wider than a line goes on in the first column of the next: no shell sees a
    backslash before the end of a line, nor that end.
    """
    quoted = [quote(word) for word in words]
    whole = indent + " ".join(quoted)
    if measure(whole) <= width:
        return [whole]
    room = width - len(CONTINUED)
    deeper = indent + "  "
    meant = {text: word for text, word in zip(quoted, words, strict=True)}
    lines: list[str] = []
    waiting: list[str] = []
    parts = list(_keep_together(quoted, room - len(deeper)))
    for place, part in enumerate(parts):
        is_last = place == len(parts) - 1  # nothing needs to stand behind it
        if part not in meant or measure(part) <= (width if is_last else room) - len(deeper):
            waiting.append(part)
            continue
        if waiting:
            lines += _join(waiting, room, deeper if lines else indent, deeper)
            waiting = []
        *pieces, last = _break_up(meant[part], room - len(deeper), quote)
        lead = deeper if lines else indent
        for piece in pieces:
            lines.append(f"{lead}{quote(piece)}{_JOINED}")
            lead = ""
        lines.append(f"{lead}{quote(last)}")
    if waiting:
        lines += _join(waiting, room, deeper if lines else indent, deeper)
    *before, end = lines
    return [*(line if line.endswith(_JOINED) else line + CONTINUED for line in before), end]


def _break_up(word: str, width: int, show: Callable[[str], str] = str) -> Iterator[str]:
    """Pieces that are shown no wider than ``width``, ending behind marks where there are any."""
    while word and measure(show(word)) > width:
        size = min(len(word), max(width, 1))
        while size > 1 and measure(show(word[:size])) > width:
            size -= 1
        behind = next(filter(None, (_find_last(word, size, marks) for marks in _MARKS)), size)
        yield word[:behind]
        word = word[behind:]
    if word:
        yield word


def _find_last(word: str, size: int, marks: str) -> int:
    """The place behind the last of these marks, 0 where none is in the second half."""
    found = max(word.rfind(mark, 0, size) + 1 for mark in marks)
    return found if found > size // 2 else 0


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
