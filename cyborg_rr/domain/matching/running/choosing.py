"""Which runtime executes a model on a device: what the user asked for, or that of its path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.matching.estimate.rates import find_arithmetic
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.running.generic import GENERIC
from cyborg_rr.domain.representation.compile_path import CompilePath, PathSearch, find_path
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.runtimes import NO_RUNTIMES, Runtime, Runtimes
from cyborg_rr.domain.representation.stages.demand import ModelDemand
from cyborg_rr.domain.representation.stages.terms import Terms
from cyborg_rr.domain.representation.toolchain import Toolchain
from cyborg_rr.domain.requirement.requirement import IRRequirement, WorkItem
from cyborg_rr.domain.words import (
    POLICIES,
    QUANTISED_BITS,
    RUNTIMES,
    Arithmetic,
    find_bits,
    render_nearest,
)

TF32: Final[Arithmetic] = "tf32"
"""What products of f32 may be computed in, as the program that runs a model says."""


@dataclass(frozen=True, slots=True)
class Running:
    """A runtime on a device, how it was chosen, and of what stack others may stand in for it."""

    runtime: Runtime
    note: str
    others: tuple[Runtime, ...] = ()


class Runners:
    """Finds the runtime for each path; ``InvalidInput`` where the asked one is not known."""

    def __init__(self, options: MatchOptions, runtimes: Runtimes = NO_RUNTIMES) -> None:
        known = dict.fromkeys((*RUNTIMES, *runtimes.names))
        if options.runtime is not None and options.runtime not in known:
            near = render_nearest(options.runtime, known)
            raise InvalidInput(f"no runtime {options.runtime!r} is known{near}")
        self._options = options
        self._runtimes = runtimes
        self._found: dict[tuple[str, str | None], Running] = {}
        self._others: dict[tuple[int, bool], tuple[Runtime, ...]] = {}

    def find(self, path: CompilePath | None, representation: ResourceRepresentation) -> Running:
        """The runtime of a path; without one, as if the device's first toolchain led to it."""
        toolchains = () if path is None else path.toolchains[-1:]
        last = next((each for each in toolchains or representation.toolchains if each.target), None)
        key = ("", None) if last is None else (last.runtime, last.target)
        if key not in self._found:
            self._found[key] = self._follow_policy(self._choose(*key))
        found = self._found[key]
        if path is None and self._options.runtime is None:
            note = f"no path is known: estimated as by the runtime {found.runtime.name}"
            return replace(found, note=note)
        return found

    def search(
        self,
        requirement: IRRequirement,
        demand: ModelDemand,
        representation: ResourceRepresentation,
        terms: Terms,
    ) -> PathSearch:
        """The path that people take first with such files.

        Where products are of quantised types, it is one whose runtime computes in them rather than
        one that widens them first, if the whole model runs on that as it is.
        """
        device = self.narrow(representation)
        usual = find_path(demand, device, terms)
        types = {each.element_type for each in requirement.work if each.macs and _is_narrow(each)}
        if not types or (
            usual.path is not None and self._computes(usual.path.toolchains[-1], types)
        ):
            return usual
        toolchains = tuple(
            each for each in device.toolchains if each.target is None or self._computes(each, types)
        )
        if not any(each.target for each in toolchains):
            return usual
        other = find_path(demand, replace(device, toolchains=toolchains), terms).path
        if other is None or other.conditions:
            return usual
        return replace(usual, path=other, usual_refused=False)

    def _computes(self, toolchain: Toolchain, element_types: Iterable[str]) -> bool:
        """Whether the runtime of a toolchain computes products in all of these types."""
        own = self._runtimes.find(toolchain.runtime, toolchain.target)
        return own is not None and all(find_arithmetic(name, own) == name for name in element_types)

    @property
    def named(self) -> str | None:
        """The runtime that was asked for by its name; None where none or only a kind was."""
        asked = self._options.runtime
        return None if asked in RUNTIMES else asked

    def may_run(self, toolchain: Toolchain) -> bool:
        """Whether the runtime that was named may run what a toolchain makes, where that ends a
        path: both are of one stack."""
        if self.named is None or toolchain.target is None:
            return True
        own = self._runtimes.find(toolchain.runtime, toolchain.target)
        asked = self._runtimes.find(self.named, toolchain.target)
        return asked is not None and own is not None and own.stack == asked.stack

    def narrow(self, representation: ResourceRepresentation) -> ResourceRepresentation:
        """The device with the toolchains alone that may end in what was named."""
        if self.named is None:
            return representation
        return replace(
            representation, toolchains=tuple(filter(self.may_run, representation.toolchains))
        )

    def _choose(self, name: str, target: str | None) -> Running:
        own = self._runtimes.find(name, target)
        asked = self._options.runtime
        if asked is None:
            if own is None:
                return Running(GENERIC["compiled"], "compiled runtime")
            note = f"{own.title} ({own.name}): what usually runs such a file"
            return Running(own, note, self._runtimes.list_others(own, target))
        if own is not None and asked in (own.name, own.kind):
            return Running(own, f"{own.title} ({asked} runtime)")
        kind = next((each for each in RUNTIMES if each == asked), None)
        found = self._runtimes.find(asked, target)
        if found is None and kind is not None:
            found = self._runtimes.find_of_stack("" if own is None else own.stack, kind, target)
        if found is not None:
            return Running(found, f"{found.title} ({asked} runtime)")
        return Running(GENERIC[kind or "compiled"], f"{asked} runtime")

    def _follow_policy(self, running: Running) -> Running:
        policy = self._options.precision_policy
        arithmetic = POLICIES[policy]
        if arithmetic is None:
            return running
        note = f"{running.note}; precision policy {policy}"
        others = tuple(_compute_in(arithmetic, other) for other in running.others)
        return Running(_compute_in(arithmetic, running.runtime), note, others)

    def list_alternatives(self, running: Running, *, has_tf32: bool) -> tuple[Runtime, ...]:
        """What else may run a model of which no runtime was stated: the others of the stack, and
        where products of f32 may run as tf32 each of them in either, unless a policy was stated."""
        if self._options.runtime is not None:
            return ()
        both = has_tf32 and POLICIES[self._options.precision_policy] is None
        key = id(running), both
        if key not in self._others:
            known = (running.runtime, *running.others) if both else running.others
            ways: tuple[Arithmetic, ...] = "f32", TF32
            made = (_compute_in(way, row) for row in known for way in ways)
            found = tuple(row for row in made if row != running.runtime)
            self._others[key] = found if both else known
        return self._others[key]


def _compute_in(arithmetic: Arithmetic, runtime: Runtime) -> Runtime:
    return replace(runtime, products=arithmetic, convolutions=arithmetic)


def _is_narrow(item: WorkItem) -> bool:
    bits = find_bits(item.element_type)
    return bits is not None and bits <= QUANTISED_BITS
