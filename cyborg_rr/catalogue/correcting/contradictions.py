"""Toolchains that contradict themselves, or lead in a circle, are refused when they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from cyborg_rr.catalogue.tables import Table
from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.domain.representation.architectures import is_at_least, is_ordered
from cyborg_rr.domain.representation.toolchain import Toolchain


def check_contradictions(tables: Sequence[Table]) -> None:
    """Check what is left after later files replaced entries; file and toolchain are named."""
    found = {
        entry.toolchain.id: (f"{table.name}: toolchain {entry.toolchain.id}", entry.toolchain)
        for table in tables
        for entry in table.toolchains
    }
    for place, toolchain in found.values():
        for contradiction in _list_contradictions(toolchain):
            raise BadCatalogue(f"{place}: {contradiction}")
    _refuse_circles(list(found.values()))


def _list_contradictions(toolchain: Toolchain) -> Iterator[str]:
    operations = toolchain.operations
    both = sorted({*operations.listed} & {*operations.excluded})
    if both:
        yield f"operations: {both[0]} is both listed and excluded"
    if operations.cover == "list" and not operations.listed:
        yield "operations: cover is list, and nothing is listed"
    if operations.cover != "list" and operations.listed:
        yield f"operations: what is listed counts for cover list only, not for {operations.cover}"
    types = toolchain.element_types
    if toolchain.quantises_to is not None and types and toolchain.quantises_to not in types:
        yield f"quantises_to: {toolchain.quantises_to} is none of its element_types"
    low, high = toolchain.min_architecture, toolchain.max_architecture
    for name, least in types.items():
        if least and high and is_ordered(least) and not is_at_least(high, least):
            yield f"element_types.{name}: {least} is above max_architecture {high}"
    for name in toolchain.architectures:
        if low and is_ordered(name) and not is_at_least(name, low):
            yield f"architectures: {name} is below min_architecture {low}"
        if high and is_ordered(name) and not is_at_least(high, name):
            yield f"architectures: {name} is above max_architecture {high}"


def _refuse_circles(toolchains: Sequence[tuple[str, Toolchain]]) -> None:
    """No chain of toolchains may come back to the family that it began with."""
    makers: dict[tuple[str, str], tuple[str, Toolchain]] = {}
    follows: dict[str, set[str]] = {}
    for place, toolchain in toolchains:
        for intake in toolchain.takes if toolchain.yields_ir else ():
            made = str(toolchain.yields_ir)
            makers[intake.family, made] = place, toolchain
            follows.setdefault(made, set()).add(intake.family)
    try:
        TopologicalSorter(follows).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        steps = [makers[pair] for pair in pairwise(circle)]
        place = steps[-1][0]
        names = ", ".join(toolchain.id for _, toolchain in steps)
        raise BadCatalogue(
            f"{place}: leads in a circle: {' -> '.join(circle)} (by {names})"
        ) from None
