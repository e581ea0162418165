"""The filters: each answers one question about a case with None or a refusal and its reason.

A new matching rule is one function here, one entry in ``FILTERS`` and one golden file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.domain.graph.operations.registry import CUSTOM_CALL
from cyborg_rr.domain.matching.case import Case
from cyborg_rr.domain.matching.certainty import render_likely
from cyborg_rr.domain.matching.converting.conversion import widest_float
from cyborg_rr.domain.matching.demand import find_gap, is_bound, render_binding
from cyborg_rr.domain.matching.memory import (
    count_inputs_as_weights,
    find_fewest_devices,
    find_probability,
    fuses,
    may_fit,
    may_hold_weights,
    split_need_bytes,
)
from cyborg_rr.domain.matching.refusal import Refusal
from cyborg_rr.domain.matching.targets.refusing import refuse_target
from cyborg_rr.domain.representation.compile_path import CompilePath, PathSearch
from cyborg_rr.domain.representation.toolchain import Toolchain
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import DEVICE_KINDS, ELEMENT_TYPES, OUTCOMES, Outcome

MAX_SHOWN = 3
GIB = 1 << 30
HALF_BITS = 16

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


def refuse_memory(case: Case) -> Iterator[Refusal]:
    """Whether one device, or a set that the class allows, holds the model."""
    usable = case.need.usable_per_device
    if usable is None or case.need.known <= usable:
        return
    least = case.need.least
    if case.requirement.per_device is not None and least is not None and least <= usable:
        yield _doubt_share(case, usable)
        return
    short = f"needs {_state_need(case)}, {case.name} has {_gib(usable)} usable"
    limit = 1 if case.split_refusal else case.options.devices_limit
    if case.requirement.per_device is None and case.devices is None and may_fit(case.need, limit):
        yield _doubt_memory(case, usable)
        return
    if case.devices is None and case.devices_if_weights is not None:
        yield _judge_unnamed(case, short, case.devices_if_weights)
        return
    if case.devices is None:
        why = f"not even {case.options.devices_limit} of them hold it"
        text = f"{short}; {case.split_refusal.text if case.split_refusal else why}"
        guessed = _guesses_weights(case, usable)
        if guessed:
            text += f"; {guessed}"
        nominal = case.representation.nominal_memory_bytes
        if nominal is not None and may_fit(replace(case.need, usable_per_device=nominal), limit):
            text += (
                f"; its nominal size of {_gib(nominal)} would be enough, and no driver told more"
            )
            yield Refusal("memory", text, "unknown", _memory_fix(case))
            return
        outcome: Outcome = "unknown" if case.link_unknown or guessed else "does not fit"
        fix = "say which arguments are weights (--weights)" if guessed else _memory_fix(case)
        yield Refusal("memory", text, outcome, fix)
        return
    part = split_need_bytes(case.need, case.devices)
    most = "" if case.need.least is None else "at most "
    guessed_note = " (weights guessed)" if case.requirement.memory.parameters_guessed else ""
    yield Refusal(
        "memory",
        f"{short}; split over {case.devices} each needs {most}{_gib(part)}{guessed_note}",
        "fits if",
        change=f"use {case.devices} devices",
    )


def _guesses_weights(case: Case, usable: int) -> str:
    """What is not known of the weights and might let the model in, converted or divided."""
    requirement, need = case.requirement, case.need
    if requirement.memory.parameters_guessed:
        return "which arguments are weights is guessed"
    if not may_hold_weights(requirement) or not _may_be_halved(case):
        return ""
    limit = 1 if case.split_refusal else case.options.devices_limit
    others = need.known - (need.inputs or 0) - (need.constants or 0)
    if others + (need.inputs or 0) // (2 * limit) <= usable:
        return f"the file does not say which of its {len(requirement.inputs)} inputs are weights"
    return ""


def _may_be_halved(case: Case) -> bool:
    """Whether weights might be converted to floats of 16 bits, as inputs never are."""
    own = widest_float(case.requirement)
    return own is not None and ELEMENT_TYPES[own].bits > HALF_BITS


def _doubt_share(case: Case, usable: int) -> Refusal:
    """What one of several devices holds may fit, by how the compiler divides."""
    return Refusal(
        "memory",
        f"each device needs {_gib(case.need.least or 0)} to {_gib(case.need.known)}, by how the"
        f" compiler divides what the file leaves open; {case.name} has {_gib(usable)} usable",
        "unknown",
        "state the shardings of all arguments, or give the compiled HLO",
    )


def _judge_unnamed(case: Case, short: str, devices: int) -> Refusal:
    """Inputs that may be weights: whether they can be divided is not known."""
    part = split_need_bytes(count_inputs_as_weights(case.need), devices)
    return Refusal(
        "memory",
        f"{short}; the file does not say which of its {len(case.requirement.inputs)} inputs are"
        f" weights: if all are, {devices} devices of {_gib(part)} each hold them",
        "unknown",
        "export the model with the names of its arguments",
    )


def _doubt_memory(case: Case, usable: int) -> Refusal:
    """What may fit, as the data turns out or the runtime does, is no firm no."""
    need, memory = case.need, case.requirement.memory
    doubts = list(_list_doubts(case)) or ["what the runtime takes for itself"]
    limit = 1 if case.split_refusal else case.options.devices_limit
    devices = find_fewest_devices(need, limit, guessed=False) or 1
    likely = find_probability(need, devices)
    share = "" if likely is None or memory.at_most else f", {render_likely(likely)}"
    needs = f"needs at most {_gib(need.known)}"
    if need.low is not None and not memory.at_most:
        needs = f"needs {_gib(need.low)} to {_gib(need.known)}"
    bind = "bind the sizes that depend on data, or " if memory.at_most else ""
    split = f" on {devices} devices" if devices > 1 else ""
    return Refusal(
        "memory",
        f"{needs}, {case.name} has {_gib(usable)} usable: whether it fits{split} depends"
        f" on {' and '.join(doubts)}{share}",
        "unknown",
        f"{bind}a device with {_gib(need.known)} usable",
    )


def _list_doubts(case: Case) -> Iterator[str]:
    """What decides between the least and the most that is needed."""
    memory = case.requirement.memory
    if memory.at_most:
        yield "the data"
    if fuses(memory, case.running.runtime):
        yield "which elementwise operations the compiler fuses"
    if memory.derived_bytes:
        yield "whether the runtime keeps what follows from the weights alone"


def _state_need(case: Case) -> str:
    """The total for people: exact, a lower bound, or what it lies between."""
    need = case.need
    if need.total is None:
        return f"{_gib(need.known)} at least"
    if need.least is None:
        return _gib(need.known)
    if case.requirement.per_device is not None:
        return f"{_gib(need.least)} at least"
    return f"{_gib(need.least)} to {_gib(need.known)}"


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


def _memory_fix(case: Case) -> str:
    """The nearest thing that would help against too little memory."""
    need = case.need
    weights = (need.parameters or 0) + (need.constants or 0)
    if weights * 2 < need.known:
        return "a smaller batch or input"
    larger = f"a device with {_gib(need.known)} usable"
    room = (need.usable_per_device or 0) - (need.known - weights)
    if room <= 0:
        return larger
    return f"{larger}, or weights of at most {_gib(room)} in place of {_gib(weights)}"


def _gib(size: int) -> str:
    return f"{size / GIB:.2f} GiB"


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
