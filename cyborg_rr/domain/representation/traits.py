"""What a class of devices offers, as traits that the profile of a request may ask for.

Schedulers know no numbers and no versions: memory is a ladder of steps, each at least so much.
"""

from __future__ import annotations

from collections.abc import Iterator

from cyborg_rr.domain.hardware.devices import render_trait
from cyborg_rr.domain.representation.representation import ResourceRepresentation

PREFIX = "CUSTOM_RR_"
"""What every trait that says something of a representation begins with."""

GIB = 1 << 30
MEMORY_STEPS_GIB = (4, 8, 12, 16, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256)
"""Sizes of memory that devices of this kind have, and models are cut to."""

MAX_TRAITS = 64
"""Of one class; later ones are left out, so that a query for them finds too few, never wrong."""


def list_traits(representation: ResourceRepresentation) -> tuple[str, ...]:
    """The traits of a class, most general first, at most ``MAX_TRAITS`` of them."""
    return tuple(dict.fromkeys(_list_all(representation)))[:MAX_TRAITS]


def _list_all(representation: ResourceRepresentation) -> Iterator[str]:
    partition = representation.partition
    yield _render("KIND", representation.kind)
    yield _render("WHOLE") if partition is None else _render("PARTITION", partition.profile)
    for target in representation.targets:
        yield _render("TARGET", target)
    for size in MEMORY_STEPS_GIB:
        if size * GIB <= (representation.memory_bytes or 0):
            yield _render("MEMORY_AT_LEAST", f"{size}_GIB")
    for element_type in representation.native_element_types:
        yield _render("TYPE", element_type)
    families = {intake.family for chain in representation.toolchains for intake in chain.takes}
    for family in sorted(families):
        yield _render("IR", family)


def _render(*words: str) -> str:
    return render_trait("RR", *words)
