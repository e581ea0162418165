"""Rows under a header where the width allows it, and one record for each row where it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from cyborg_rr.cli.rendering.folding import fold, measure

GAP: Final = "  "


class Column(NamedTuple):
    """One column; ``is_number`` has it aligned to the right.

    One that ``may_go`` is left out of a table that would be too wide; records have all.
    """

    title: str
    is_number: bool = False
    may_go: bool = False


def draw_rows(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """The lines of a table, or of records below each other, of texts that are printable."""
    kept = [place for place, _ in enumerate(columns) if any(row[place] for row in rows)]
    if not kept:
        return []
    while not _fits(columns, rows, kept, width):
        spare = [place for place in kept if columns[place].may_go]
        if not spare:
            return list(_draw_records(columns, rows, width))
        kept.remove(spare[-1])
    return list(_draw_table(columns, rows, kept))


def _find_widths(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], kept: Sequence[int]
) -> list[int]:
    return [
        max(measure(columns[place].title), *(measure(row[place]) for row in rows)) for place in kept
    ]


def _fits(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], kept: Sequence[int], width: int
) -> bool:
    widths = _find_widths(columns, rows, kept)
    return sum(widths) + len(GAP) * (len(kept) - 1) <= width


def _draw_table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], kept: Sequence[int]
) -> Iterator[str]:
    widths = _find_widths(columns, rows, kept)
    titles = [column.title for column in columns]
    rules = ["-" * width for width in widths]
    yield _draw_line(columns, kept, widths, [titles[place] for place in kept])
    yield GAP.join(rules)
    for row in rows:
        yield _draw_line(columns, kept, widths, [row[place] for place in kept])


def _draw_line(
    columns: Sequence[Column], kept: Sequence[int], widths: Sequence[int], cells: Sequence[str]
) -> str:
    padded = []
    for place, width, cell in zip(kept, widths, cells, strict=True):
        space = " " * (width - measure(cell))
        padded.append(space + cell if columns[place].is_number else cell + space)
    return GAP.join(padded).rstrip()


def _draw_records(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int
) -> Iterator[str]:
    """The first cell on a line of its own, and below it the others with their titles."""
    for row in rows:
        yield from fold(row[0], width, "", GAP)
        rest = zip(columns[1:], row[1:], strict=True)
        told = ", ".join(f"{column.title} {cell}" for column, cell in rest if cell)
        if told:
            yield from fold(told, width, GAP, GAP)
