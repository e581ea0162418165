"""Whether a device has enough memory: not, perhaps, or only if a guess about inputs holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.matching.case import Case
from cyborg_rr.domain.matching.certainty import render_likely
from cyborg_rr.domain.matching.converting.conversion import widest_float
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
from cyborg_rr.domain.words import ELEMENT_TYPES, Outcome

GIB: Final = 1 << 30
HALF_BITS: Final = 16


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
