"""Writes a page for each family of canonical operations from what the operations declare.

The pages stand beside the other sources while Sphinx runs and are made anew by each run, so they
are never kept in git and never stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.registry import FAMILIES, Family

_CODE = re.compile(r"(`+[^`]+`+)")
_MARKUP = re.compile(r"([\\*|_])")

Row = tuple[str, ...]


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx when to write the pages."""
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir)))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_pages(source: Path) -> None:
    """Write all pages below a documentation source; what no family has goes."""
    folder = source / "contributor" / "operations"
    folder.mkdir(parents=True, exist_ok=True)
    pages = {f"{family.name}.rst": render_family(family) for family in FAMILIES}
    pages["index.rst"] = render_index(FAMILIES)
    for stale in {path.name for path in folder.iterdir()} - set(pages):
        (folder / stale).unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def render_index(families: Sequence[Family]) -> str:
    """The list of families, room by room."""
    count = sum(len(family.operations) for family in families)
    lines = [
        *_title("Canonical operations", "="),
        f"Readers turn what a file says into {count} operations, whose meaning stands once. A page",
        "here is made of what the operations of one family declare, each in",
        "``cyborg_rr/domain/graph/operations``.",
        "",
    ]
    for room in sorted({family.room for family in families}):
        lines += [".. toctree::", "   :maxdepth: 1", f"   :caption: {room.capitalize()}", ""]
        lines += [f"   {family.name}" for family in families if family.room == room]
        lines.append("")
    return "\n".join(lines)


def render_family(family: Family) -> str:
    """The page of one family."""
    lines = _title(family.name.replace("_", " ").capitalize(), "=")
    lines += [escape(family.meaning.strip()), ""]
    for operation in family.operations:
        lines += _operation(operation)
    return "\n".join(lines)


def escape(text: str) -> str:
    """Text in which only what stands in backticks is markup: code."""
    parts = _CODE.split(text)
    return "".join(
        f"``{part.strip('`')}``" if place % 2 else _MARKUP.sub(r"\\\1", part)
        for place, part in enumerate(parts)
    )


def _title(text: str, line: str) -> list[str]:
    return [text, line * len(text), ""]


def _operation(operation: Operation) -> Iterator[str]:
    yield from _title(operation.name, "-")
    yield from (escape(operation.summary), "")
    yield from (f"Kind: {operation.kind}. {' '.join(_qualities(operation))}".rstrip(), "")
    if operation.operands:
        rows = [_operand(operand) for operand in operation.operands]
        yield from _table(("Operand", "Meaning"), (20, 80), rows)
    if operation.attributes:
        rows = [_attribute(attribute) for attribute in operation.attributes]
        heads = ("Attribute", "Type", "Default", "Meaning", "Source")
        yield from _table(heads, (15, 10, 10, 40, 25), rows)


def _qualities(operation: Operation) -> Iterator[str]:
    """What rules an operation has beside those that every one has."""
    if operation.fold is not None:
        yield "Small values are reckoned."
    if operation.complete is not None:
        yield "Weights without a type get the one that it needs."
    if operation.view != "none":
        yield "The result shows memory of the operand."
    if operation.repeats:
        yield "It melts into what reads it."


def _operand(operand: Operand) -> Row:
    notes = [note for note, holds in _operand_notes(operand) if holds]
    name = f"``{operand.name}``" + (f" ({', '.join(notes)})" if notes else "")
    return name, escape(operand.meaning)


def _operand_notes(operand: Operand) -> tuple[tuple[str, bool], ...]:
    return ("optional", operand.optional), ("any number", operand.variadic)


def _default(attribute: Attribute) -> str:
    if attribute.required:
        return "required"
    return "" if attribute.default in (None, "") else f"``{attribute.default}``"


def _attribute(attribute: Attribute) -> Row:
    meaning = [attribute.meaning]
    if attribute.kept:
        meaning.append(f"No rule reads it: {attribute.kept}")
    if attribute.foreseen:
        meaning.append(f"No reader writes it yet; for {attribute.foreseen}")
    if attribute.differs:
        meaning.append(f"Not as in ONNX: {attribute.differs}")
    return (
        f"``{attribute.name}``",
        attribute.type,
        _default(attribute),
        escape(". ".join(meaning)),
        escape(attribute.source),
    )


def _table(heads: Row, widths: Sequence[int], rows: Sequence[Row]) -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1")
    yield from (f"   :widths: {' '.join(map(str, widths))}", "")
    for row in (heads, *rows):
        for place, cell in enumerate(row):
            mark = "     -" if place else "   * -"
            yield f"{mark} {cell}".rstrip()
    yield ""
