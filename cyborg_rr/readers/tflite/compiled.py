"""Programs of accelerators that stand in place of operations.

The Edge TPU's is a FlatBuffer in the options of its custom operation: Package of executable.fbs
(google-coral/libedgetpu), which states the runtime that it needs and, within, the chip.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.formats.flatbuffers import FlatFile, Table

EDGETPU: Final = "edgetpu-custom-op"
_IDENTIFIER: Final = b"DWN1"
_OPERATORS, _CODE, _OPTIONS = 3, 0, 5
_RUNTIME, _EXECUTABLES, _COMPILER = 0, 1, 4
_CHIP: Final = 10


def describe_edgetpu(file: FlatFile, subgraph: Table, codes: set[int]) -> Iterator[str]:
    """What the first program of a subgraph needs; ``codes`` are those of its operation."""
    for operator in subgraph.tables(_OPERATORS):
        if operator.integer(_CODE, "I") in codes:
            start, size = operator.span(_OPTIONS)
            mark = file.data.find(_IDENTIFIER, start, start + size)
            if mark < start + 4:
                yield "the program for the Edge TPU does not say which runtime it needs"
            else:
                yield _describe(file, Table(file, file.offset(mark - 4)))
            return


def _describe(file: FlatFile, package: Table) -> str:
    runtime, compiler = package.integer(_RUNTIME, "i"), package.text(_COMPILER)
    chip = _find_chip(file, package)
    parts = [f"the program for the Edge TPU needs runtime {runtime} or later"]
    if compiler:
        parts.append(f"made by compiler {quote(compiler)}")
    if chip:
        parts.append(f"for the chip {quote(chip)}")
    return ", ".join(parts)


def _find_chip(file: FlatFile, package: Table) -> str:
    """The chip of the first executable, which are FlatBuffers within one another."""
    start, size = package.span(_EXECUTABLES)
    if size < 8:
        return ""
    try:
        first, count = Table(file, file.offset(start)).span(0, 4)
        if not count:
            return ""
        inner, length = file.vector(first, 1)
        return Table(file, file.offset(inner)).text(_CHIP) if length >= 8 else ""
    except UnreadableModel:
        return ""
