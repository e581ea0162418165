"""What people read: lines of the terminal's width, with nothing in them that acts on it.

All text that a model, a file or a machine brought goes through here on its way out, and is made
printable here, once; colours are added after that, so that nobody else's can be among them.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TextIO

from cyborg_rr.cli.rendering.columns import Column, draw_rows
from cyborg_rr.cli.rendering.folding import fold, fold_command, measure
from cyborg_rr.domain.printing import render_printable
from cyborg_rr.processes.ending import find_width

Colour = Literal["good", "fair", "doubtful", "bad", "strong"]

_CODES: Final[dict[Colour, str]] = {
    "good": "1;32",
    "fair": "1;33",
    "doubtful": "1;35",
    "bad": "1;31",
    "strong": "1",
}
_LEAST_WIDTH: Final = 40
_MOST_WIDTH: Final = 120
"""Longer lines are hard to read."""

_MOST_LABEL: Final = 20
_INDENT: Final = "  "


def is_coloured(stream: TextIO) -> bool:
    """Whether colours are wanted there: on a terminal, unless NO_COLOR (no-color.org) is set."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def quote_word(word: str) -> str:
    """A word as a shell takes it, printable: bash, zsh, ksh and POSIX.1-2024 read ``$'...'``."""
    if word.isprintable():
        return shlex.quote(word)
    shown = (
        f"\\{letter}" if letter in "\\'" else letter if letter.isprintable() else _escape(letter)
        for letter in word
    )
    return f"$'{''.join(shown)}'"


def _escape(letter: str) -> str:
    """The bytes of a letter in octal: no letter that follows could belong to the number."""
    of_a_path = "\udc80" <= letter <= "\udcff"
    errors = "surrogateescape" if of_a_path else "surrogatepass"
    return "".join(f"\\{byte:03o}" for byte in letter.encode(errors=errors))


class Page:
    """Writes to standard output, or to another stream, at once."""

    def __init__(self, stream: TextIO | None = None, width: int | None = None) -> None:
        self._stream = stream or sys.stdout
        self._is_coloured = is_coloured(self._stream)
        self.width = min(max(width or find_width(), _LEAST_WIDTH), _MOST_WIDTH)

    def say(
        self, text: str = "", depth: int = 0, hang: int = 0, colour: Colour | None = None
    ) -> None:
        """A paragraph; its lines after the first stand ``hang`` columns further in."""
        lead = _INDENT * depth
        self._write(fold(render_printable(text), self.width, lead, lead + " " * hang), colour)

    def say_marked(self, mark: str, text: str, depth: int = 0, hang: int | None = None) -> None:
        """A paragraph after a mark; its lines are below one another unless ``hang`` is given."""
        mark = render_printable(mark)
        lead = _INDENT * depth
        rest = lead + " " * (measure(mark) + 1 if hang is None else hang)
        if measure(rest) > self.width // 2:
            rest = lead + _INDENT * 2
        if measure(mark) > self.width // 2:
            self._write(fold(mark, self.width, lead + mark[: len(mark) - len(mark.lstrip())], rest))
            self._write(fold(render_printable(text), self.width, rest, rest))
        else:
            self._write(fold(render_printable(text), self.width, f"{lead}{mark} ", rest))

    def show_pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Labels with what stands for each, below one another; a long label has its own line."""
        shown = [(render_printable(label), render_printable(text)) for label, text in pairs]
        sizes = [measure(label) for label, _ in shown]
        column = max((size for size in sizes if size <= _MOST_LABEL), default=0)
        rest = " " * (len(_INDENT) + column + 2)
        for (label, text), size in zip(shown, sizes, strict=True):
            if size > column:
                self._write(fold(label, self.width, _INDENT, _INDENT))
                self._write(fold(text, self.width, rest, rest))
            else:
                lead = f"{_INDENT}{label}{' ' * (column - size)}  "
                self._write(fold(text, self.width, lead, rest))

    def show_rows(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """A table, or records where it would be too wide."""
        printable = [[render_printable(cell) for cell in row] for row in rows]
        self._write(draw_rows(columns, printable, self.width))

    def show_command(self, words: Sequence[str], depth: int = 0) -> None:
        """A command line that works when it is pasted."""
        self._write(fold_command(words, self.width, quote_word, _INDENT * depth))

    def show_json(self, document: Mapping[str, Any]) -> None:
        """An object that an API answered, as it is but for what a terminal could act on."""
        self._write(map(render_printable, json.dumps(document, indent=2).split("\n")))

    def flush(self) -> None:
        """Show what was written, before something that takes long."""
        self._stream.flush()

    def show_next(self, why: str, words: Sequence[str]) -> None:
        """The end of an answer: what to do next."""
        self.say()
        self.say(f"{why}:", colour="strong")
        self.show_command(words)

    def _write(self, lines: Iterable[str], colour: Colour | None = None) -> None:
        self._stream.writelines(f"{line}\n" for line in self._paint(lines, colour))

    def _paint(self, lines: Iterable[str], colour: Colour | None) -> Iterator[str]:
        for line in lines:
            if colour is None or not self._is_coloured or not line:
                yield line.rstrip()
            else:
                yield f"\x1b[{_CODES[colour]}m{line}\x1b[0m"
