"""A table of text: what people read of models, devices and verdicts.

It is drawn here since a library for it costs a cold command 17 ms of processor time, a seventh of
what ``inspect`` takes in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

MAX_COLUMNS: Final = 10_000
"""What a column without a stated width may take."""


def render_table(
    header: Sequence[str], rows: Iterable[Sequence[object]], most: int | None = None
) -> str:
    """Rows under their header; a cell of several lines, or of more than ``most`` columns, folds."""
    cells = [[str(cell).split("\n") for cell in row] for row in (header, *rows)]
    widths = [
        min(max(_measure(line) for lines in column for line in lines), most or MAX_COLUMNS)
        for column in zip(*cells, strict=True)
    ]
    rule = "+".join(["", *("-" * (width + 2) for width in widths), ""])
    head, *body = ["\n".join(_render_row(row, widths)) for row in cells]
    return "\n".join([rule, head, rule, *body, rule])


def _render_row(row: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterable[str]:
    folded = [_fold(lines, width) for lines, width in zip(row, widths, strict=True)]
    for place in range(max(map(len, folded))):
        cells = [lines[place] if place < len(lines) else "" for lines in folded]
        padded = map(_pad, cells, widths)
        yield "|".join(["", *padded, ""])


def _pad(cell: str, width: int) -> str:
    return f" {cell}{' ' * (width - _measure(cell))} "


def _fold(lines: Sequence[str], most: int) -> Sequence[str]:
    if all(_measure(line) <= most for line in lines):
        return lines
    from textwrap import wrap

    return [part for line in lines for part in wrap(line, most) or [""]]


def _measure(text: str) -> int:
    """The columns that a terminal shows a text in."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text
    )
