"""Element types: does a toolchain take them on this architecture, or what else to convert to?"""

from __future__ import annotations

from collections.abc import Iterator

from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.domain.representation.architectures import is_at_least
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.stages.demand import ModelDemand, is_typed_by_table
from cyborg_rr.domain.representation.stages.refusal import MAX_SHOWN, StageRefusal
from cyborg_rr.domain.representation.toolchain import Toolchain
from cyborg_rr.domain.words import ELEMENT_TYPES, find_bits

_PLAIN = tuple(entry.name for entry in ELEMENT_TYPES.values() if entry.is_plain)


def check_element_types(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StageRefusal]:
    """Each element type of the model, on this architecture.

    Where a coverage table says what each operation takes, only architectures are looked at.
    """
    if not toolchain.element_types:
        return
    own = representation.architecture
    foreign = [name for name in demand.element_types if name not in toolchain.element_types]
    if is_typed_by_table(demand, toolchain):
        foreign = []
    if foreign:
        yield StageRefusal(
            "element_type",
            f"{toolchain.name} does not take {list_names(foreign, MAX_SHOWN)}",
            _conversion_fix(foreign, toolchain, own),
        )
    for name in demand.element_types:
        least = toolchain.element_types.get(name)
        if least and own is not None and not is_at_least(own, least):
            yield StageRefusal(
                "element_type",
                f"{toolchain.name} takes {name} from {least} on, not on {own}",
                _conversion_fix([name], toolchain, own),
            )


def _conversion_fix(foreign: list[str], toolchain: Toolchain, architecture: str | None) -> str:
    """What to convert to when only floating-point types stand in the way: the two nearest."""
    if any(name not in _PLAIN for name in foreign):
        return ""
    taken = [
        name
        for name in _PLAIN
        if (least := toolchain.element_types.get(name)) is not None
        and name not in foreign
        and (not least or (architecture is not None and is_at_least(architecture, least)))
    ]
    if taken:
        bits = max(find_bits(name) for name in foreign)
        taken.sort(key=lambda name: abs(find_bits(name) - bits))
        return f"convert the model to {' or '.join(taken[:2])}"
    return "quantise the model to i8" if "i8" in toolchain.element_types else ""


def check_quantisation(
    demand: ModelDemand, toolchain: Toolchain, representation: ResourceRepresentation
) -> Iterator[StageRefusal]:
    """A floating-point model on a part that computes in integers only."""
    target = toolchain.quantises_to
    if target is not None and target not in demand.element_types:
        yield StageRefusal(
            "quantisation",
            f"{toolchain.name} computes in {target} only and needs example inputs to quantise",
            change=f"quantise to {target} with example inputs",
        )
