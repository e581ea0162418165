"""The filters: each answers one question about a case with None or a refusal and its reason.

A new matching rule is one function here, one entry in ``FILTERS`` and one golden file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.domain.graph.operations.registry import CUSTOM_CALL
from cyborg_rr.domain.matching.case import Case
from cyborg_rr.domain.matching.demand import find_gap, is_bound, render_binding
from cyborg_rr.domain.matching.memory import (
    find_fewest_devices,
)
from cyborg_rr.domain.matching.refusal import Refusal
from cyborg_rr.domain.matching.running.refusing import list_ends, name_runtimes
from cyborg_rr.domain.matching.shortage.refusing import refuse_memory
from cyborg_rr.domain.matching.targets.refusing import refuse_target
from cyborg_rr.domain.representation.compile_path import CompilePath, PathSearch
from cyborg_rr.domain.representation.toolchain import Toolchain
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import DEVICE_KINDS, OUTCOMES, RUNTIMES, Outcome

MAX_SHOWN = 3

ENDED: Final = {
    "ngraph": "nGraph was archived in January 2023, compiled for CPUs and Intel's NNP at last, and"
    " nothing converts its JSON",
}
"""Families whose every compiler has ended (github.com/NervanaSystems/ngraph), for the reason."""


_STATES_RESULTS: Final = frozenset({"stablehlo"})
"""Families whose files state the types of all results, whoever reckons them."""


def refuse_kind(case: Case) -> Iterator[Refusal]:
    """Devices that run no models at all."""
    kind = case.representation.kind
    known = DEVICE_KINDS.get(kind)
    if known is not None and not known.runs_models:
        yield Refusal("kind", f"{case.name} is a {kind} device: it runs no models", "does not fit")


def refuse_targets(case: Case) -> Iterator[Refusal]:
    """Exact targets that the file demands."""
    for target in case.requirement.targets:
        refusal = refuse_target(target, case.representation)
        if refusal is not None:
            yield refusal


def refuse_completeness(case: Case) -> Iterator[Refusal]:
    """Parts of the model that nobody here can judge."""
    requirement = case.requirement
    is_header = requirement.reader.completeness == "header"
    if is_header and _is_compiled(requirement):
        yield Refusal(
            "header",
            "a compiled file states neither its operations nor its memory: whether that is enough"
            " and how long it takes is not known",
            "unknown",
            "give the model that it was compiled from",
        )
    elif is_header:
        yield Refusal("header", "only the header of the file could be read", "unknown")
    unknown = _list_unknown(case)
    if unknown:
        names = list_names(unknown, MAX_SHOWN)
        yield Refusal(
            "unknown_operation",
            f"operations that are not known here ({names}): their support, memory and work"
            " cannot be judged",
            "unknown",
            "export the model without them",
        )
    custom = requirement.canonical_operations.get(CUSTOM_CALL.name, 0)
    if custom and not requirement.unknown_operations:
        yield Refusal(
            "custom_call",
            f"{custom} custom calls need functions that the file does not bring",
            "unknown",
            "export the model without custom calls",
        )


def _list_unknown(case: Case) -> list[str]:
    """Operations that nobody knows: where files state all results, a coverage table knows them."""
    requirement, path = case.requirement, case.search.path
    family = requirement.ir.family
    if family in _STATES_RESULTS and requirement.uses and path is not None and path.toolchains:
        first = path.toolchains[0].operations
        if first.table and (not first.table_families or family in first.table_families):
            return []
    return list(requirement.unknown_operations)


def _is_compiled(requirement: IRRequirement) -> bool:
    """Whether the file is a program already, which no toolchain compiles."""
    return requirement.ir.family == "artifact" and bool(requirement.targets)


def refuse_compile_path(case: Case) -> Iterator[Refusal]:
    """Whether some chain of toolchains compiles the model for the device."""
    family = case.requirement.ir.family
    if _is_compiled(case.requirement):
        return  # machine code: the exact targets decide
    representation, search = case.representation, case.search
    if search.path is not None:
        yield from _doubt_path(search, search.path)
        return
    for refusal in search.refusals:
        text, fix = refusal.text, refusal.fix
        yield Refusal(refusal.code, text, "does not fit", fix, versions=refusal.versions)
    if search.refusals:
        return
    if "toolchains" in representation.unknown:
        yield Refusal(
            "toolchain", f"no toolchain for {case.name} is known to the catalogue", "unknown"
        )
        return
    asked = case.options.runtime
    ends = list_ends(family, representation.toolchains)
    if ends and asked is not None and asked not in RUNTIMES:
        able = name_runtimes(ends)
        text = f"no toolchain compiles {family} for {case.name} to what {asked} runs"
        fix = f"the runtime {' or '.join(able)}" if able else ""
        yield Refusal("toolchain", text, "does not fit", fix)
        return
    ended = f": {ENDED[family]}" if family in ENDED else ""
    taken = _list_forms(representation.toolchains)
    yield Refusal(
        "toolchain",
        f"no toolchain compiles {family} for {case.name}{ended}",
        "does not fit",
        f"export the model as {' or '.join(taken)}" if taken else "",
    )


def _doubt_path(search: PathSearch, path: CompilePath) -> Iterator[Refusal]:
    """What is to be done, or not known, of the best path, and why others are out if it is doubted.

    What people would use first is spoken of first.
    """
    conditions = [
        Refusal(
            each.code, each.text, "fits if" if each.change else "unknown", each.fix, each.change
        )
        for each in path.conditions
    ]
    others = []
    if any(condition.code == "coverage" for condition in path.conditions):
        others = [
            Refusal(each.code, each.text, "unknown", each.fix, versions=each.versions)
            for each in search.refusals
        ]
    yield from (*others, *conditions) if search.usual_refused else (*conditions, *others)


def _list_forms(toolchains: Sequence[Toolchain]) -> list[str]:
    """What to export a model as: forms that exporters write, before others that are taken.

    Those that are compiled as they are stand before those that are translated first.
    """
    compilers = [toolchain for toolchain in toolchains if toolchain.target]
    taken = {intake.family for toolchain in compilers for intake in toolchain.takes}
    for known in (compilers, toolchains):
        intakes = [intake for toolchain in known for intake in toolchain.takes]
        if exported := {intake.family for intake in intakes if intake.exported}:
            return sorted(exported)
    return sorted(taken)


def refuse_missing_figures(case: Case) -> Iterator[Refusal]:
    """Figures without which memory cannot be judged."""
    if _is_compiled(case.requirement) and case.requirement.reader.completeness == "header":
        return  # said once, for all of them
    if case.need.parameters is None:
        yield Refusal(
            "weights",
            "the weights are absent from the file: their memory is not known",
            "unknown",
            "give the file with its weights, or their shapes",
        )
    if not is_bound(case.requirement) and not case.requirement.symbols:
        yield Refusal("shapes", find_gap(case.requirement), "unknown")
    elif not is_bound(case.requirement):
        yield Refusal(
            "shapes",
            f"{render_binding(case.requirement)}: no size given, so memory and work are not known",
            "unknown",
            f"bind {render_binding(case.requirement)}",
        )
    if case.need.usable_per_device is None:
        yield Refusal("memory", f"the memory of {case.name} is not known", "unknown")


def refuse_count(case: Case) -> Iterator[Refusal]:
    """Whether the inventory has as many devices as the model needs."""
    requirement = case.requirement
    own = requirement.replicas * requirement.partitions
    needed = max(own, case.devices or 1)
    if needed > case.options.devices_limit:
        yield Refusal(
            "devices",
            f"the model is made for {needed} devices, at most {case.options.devices_limit} are"
            " given to one request",
            "does not fit",
        )
    elif needed > 1 and case.available is not None and case.available < needed:
        guessed = requirement.memory.parameters_guessed
        fewest = find_fewest_devices(case.need, needed, guessed=guessed) or needed
        outcome: Outcome = "does not fit"
        if own == 1 and fewest <= case.available:
            outcome = "unknown"
        yield Refusal("devices", f"needs {needed} devices, {case.available} available", outcome)
    elif own > 1 and needed == own:
        yield Refusal(
            "devices",
            f"the model is made for {own} devices",
            "fits if",
            change=f"use {own} devices",
        )


Filter = Callable[[Case], Iterator[Refusal]]

FILTERS: tuple[Filter, ...] = (
    refuse_targets,
    refuse_completeness,
    refuse_compile_path,
    refuse_missing_figures,
    refuse_memory,
    refuse_count,
)
"""All filters for devices that run models, in the order in which their reasons are given;
those that decide the verdict come before the others."""


def list_refusals(case: Case) -> tuple[Refusal, ...]:
    """All refusals of a case, what decides the verdict first.

    A device that runs no models is refused for that alone.
    """
    found = list(refuse_kind(case)) or [refusal for check in FILTERS for refusal in check(case)]
    return tuple(sorted(found, key=lambda refusal: OUTCOMES.index(refusal.outcome), reverse=True))
