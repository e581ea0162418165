"""The verdict for one device class: for the model as it is, or with the smallest change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from typing import NamedTuple

from cyborg_rr.domain.matching.case import Case
from cyborg_rr.domain.matching.certainty import is_doubtful, render_likely
from cyborg_rr.domain.matching.converting.variants import Variant, Variants
from cyborg_rr.domain.matching.demand import find_bound_source, render_binding
from cyborg_rr.domain.matching.estimate.roofline import Estimate, TimeEstimate, estimate_time
from cyborg_rr.domain.matching.estimate.widening import has_f32_products, widen
from cyborg_rr.domain.matching.filters import list_refusals
from cyborg_rr.domain.matching.memory import (
    count_inputs_as_weights,
    find_context,
    find_device_count,
    find_fewest_devices,
    find_memory_need,
    find_probability,
    find_usable,
    may_hold_weights,
)
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.refusal import Refusal, RefusalCode
from cyborg_rr.domain.matching.running.choosing import TF32, Runners
from cyborg_rr.domain.matching.shortage.refusing import GIB
from cyborg_rr.domain.matching.splitting import refuse_split
from cyborg_rr.domain.matching.verdict import MemoryNeed, TimeInterval, Verdict
from cyborg_rr.domain.representation.compile_path import PathSearch
from cyborg_rr.domain.representation.coverage.table import FindCoverage, find_no_coverage
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.runtimes import NO_RUNTIMES, Runtime, Runtimes
from cyborg_rr.domain.representation.stages.terms import Terms
from cyborg_rr.domain.requirement.kept import find_kept
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import FITTING, OUTCOMES, Outcome

HELPED_BY_CONVERSION: frozenset[RefusalCode] = frozenset({"memory", "element_type"})
LAST = float("inf")
STEP = "; "
"""Between the steps of a change that takes several."""

OF_OPERATIONS = ": "
"""Between the operations that a step is about, where it says so, and the step."""

NO_ESTIMATE = Estimate(None)
"""For devices that are out: how long it would take there is neither said nor reckoned."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with what decides between verdicts: the causes by code, and the exact time."""

    verdict: Verdict
    refusals: tuple[Refusal, ...]
    time: TimeEstimate | None

    @property
    def deciding(self) -> tuple[Refusal, ...]:
        """The refusals that made the verdict what it is, the one that binds first."""
        outcome = self.verdict.verdict
        return tuple(refusal for refusal in self.refusals if refusal.outcome == outcome)

    @property
    def preference(self) -> tuple[int, float]:
        """The better outcome first, then fewer devices."""
        needed = self.verdict.devices_needed
        return OUTCOMES.index(self.verdict.verdict), LAST if needed is None else needed

    @property
    def rank(self) -> tuple[int, float, float, bool, str]:
        """The place among the classes: by preference, then expected time and name.

        Classes that are the target of a file stand before those of which that is not known.
        """
        expected = LAST if self.time is None else self.time.expected
        doubted = self.verdict.verdict == "unknown" and any(
            refusal.code == "target" for refusal in self.refusals
        )
        return *self.preference, expected, doubted, self.verdict.device_class


class Trial(NamedTuple):
    """What a variant comes to, as far as the outcome and how likely it is go."""

    outcome: Outcome
    changes: tuple[str, ...]
    probability: float | None
    devices: int | None
    refusals_helped: bool

    @property
    def preference(self) -> tuple[int, float, int]:
        """The better outcome first, then fewer devices and changes."""
        needed = LAST if self.devices is None else self.devices
        return OUTCOMES.index(self.outcome), needed, len(self.changes)


class Judge:
    """Judges devices for one requirement; what does not depend on the device is made once."""

    def __init__(
        self,
        requirement: IRRequirement,
        options: MatchOptions,
        coverage: FindCoverage = find_no_coverage,
        runtimes: Runtimes = NO_RUNTIMES,
        *,
        explains: bool = True,
    ) -> None:
        self._options = options
        self._terms = Terms(coverage, options.allow_fallback, explains)
        self._trial_terms = self._terms.try_out()
        self._variants = Variants(requirement, options)
        self._runners = Runners(options, runtimes)
        self._paths: dict[tuple[object, ...], PathSearch] = {}
        self._needs: dict[tuple[object, ...], MemoryNeed] = {}

    def judge(self, representation: ResourceRepresentation, available: int | None) -> Judgement:
        """The verdict for one class, with the smallest change when that helps."""
        best = self._assess(self._variants.base, representation, available)
        if best.verdict.verdict == "fits" or not _may_help(best):
            return best
        usable = [
            self._assess(variant, representation, available)
            for variant in self._variants.list_conversions(representation)
            if self._try(variant, representation, available).outcome in FITTING
        ]
        chosen = min([best, *usable], key=_preference)
        if chosen is best:
            return best
        without = (f"as it is: {reason}" for reason in best.verdict.reasons)
        reasons = (*without, *chosen.verdict.reasons)
        return replace(chosen, verdict=replace(chosen.verdict, reasons=reasons))

    def try_out(self, representation: ResourceRepresentation, available: int | None) -> Trial:
        """What ``judge`` would state, without any estimate of time."""
        trials = [self._try(self._variants.base, representation, available)]
        if trials[0].outcome != "fits" and trials[0].refusals_helped:
            trials += [
                self._try(variant, representation, available)
                for variant in self._variants.list_conversions(representation)
            ]
        return min(trials, key=lambda trial: trial.preference)

    def limit(self, devices: int) -> Judge:
        """One that allows sets of so many devices, with all that this one found and will find."""
        other = copy(self)
        other._options = replace(self._options, devices_limit=devices)
        return other

    def runs_as_it_is(self, representation: ResourceRepresentation) -> bool:
        """Whether one device of a class is sure to run the model without any change."""
        return self._try(self._variants.base, representation, None).outcome == "fits"

    def _try(
        self, variant: Variant, representation: ResourceRepresentation, available: int | None
    ) -> Trial:
        case = self._make_case(variant, representation, available, self._trial_terms)
        refusals = list_refusals(case)
        outcome = _find_outcome(variant, refusals)
        changes = _list_changes(variant, refusals) if outcome == "fits if" else ()
        likely = _find_probability(case) if outcome in FITTING else None
        return Trial(outcome, changes, likely, _count_devices(case), may_be_helped(refusals))

    def _assess(
        self, variant: Variant, representation: ResourceRepresentation, available: int | None
    ) -> Judgement:
        case = self._make_case(variant, representation, available, self._terms)
        return self._conclude(case, variant, list_refusals(case))

    def _make_case(
        self,
        variant: Variant,
        representation: ResourceRepresentation,
        available: int | None,
        terms: Terms,
    ) -> Case:
        requirement, options = variant.requirement, self._options
        search = self._find_path(variant, representation, terms)
        running = self._runners.find(search.path, representation)
        need = self._find_need(variant, representation, running.runtime)
        split_refusal = refuse_split(requirement, representation, search)
        devices = find_device_count(need, 1 if split_refusal else options.devices_limit)
        if_weights = self._count_if_weights(requirement, need)
        link_unknown = (
            split_refusal is not None
            and split_refusal.code == "link"
            and (if_weights or find_device_count(need, options.devices_limit)) is not None
        )
        return Case(
            requirement,
            representation,
            options,
            search,
            running,
            need,
            devices,
            split_refusal,
            link_unknown,
            available,
            if_weights if split_refusal is None else None,
        )

    def _find_need(
        self, variant: Variant, representation: ResourceRepresentation, runtime: Runtime
    ) -> MemoryNeed:
        """Reckoned once for all classes that differ in nothing but their memory."""
        context = find_context(representation, runtime)
        key = id(variant), id(runtime), representation.architecture, context
        if key not in self._needs:
            self._needs[key] = find_memory_need(variant.requirement, representation, runtime)
        return replace(self._needs[key], usable_per_device=find_usable(representation))

    def _count_if_weights(self, requirement: IRRequirement, need: MemoryNeed) -> int | None:
        """On how many devices the model fits if its unnamed inputs are weights."""
        if not may_hold_weights(requirement):
            return None
        return find_device_count(count_inputs_as_weights(need), self._options.devices_limit)

    def _conclude(self, case: Case, variant: Variant, refusals: tuple[Refusal, ...]) -> Judgement:
        outcome = _find_outcome(variant, refusals)
        estimate = NO_ESTIMATE
        if outcome != "does not fit":
            estimate = self._estimate(case, variant)
        time = estimate.time
        path = case.search.path
        verdict = Verdict(
            device_class=case.representation.device_class,
            verdict=outcome,
            changes=_list_changes(variant, refusals) if outcome == "fits if" else (),
            devices_needed=_count_devices(case),
            memory_bytes=case.need,
            time_seconds=None if time is None else _round(time, case.requirement),
            binding_term=None if time is None else time.binding_term,
            compile_path=tuple(stage.render() for stage in path.stages) if path else (),
            reasons=tuple(_explain(case, outcome, refusals, estimate)),
            assumptions=(*self._assume(case), *estimate.assumptions),
            probability=_find_probability(case),
            available=case.available,
        )
        return Judgement(verdict, refusals, time)

    def _estimate(self, case: Case, variant: Variant) -> Estimate:
        """The time by the runtime, and an interval that covers what else may be meant."""
        offered, running = case.representation, case.running

        def estimate_by(runtime: Runtime) -> Estimate:
            profile = variant.find_profile(runtime, offered.architecture)
            return estimate_time(case.requirement, profile, offered, runtime, case.devices or 1)

        has_tf32 = TF32 in offered.peak_rates and has_f32_products(
            variant.find_profile(running.runtime, offered.architecture)
        )
        others = self._runners.list_alternatives(running, has_tf32=has_tf32)
        return widen(running.runtime, others, estimate_by)

    def _find_path(
        self, variant: Variant, representation: ResourceRepresentation, terms: Terms
    ) -> PathSearch:
        """Found once for all classes with the same toolchains, architecture and functions."""
        key = (
            terms.explains,
            variant.element_type,
            tuple(map(id, representation.toolchains)),
            representation.architecture,
            representation.functions,
            representation.device_class if _names_device(representation) else "",
        )
        if key not in self._paths:
            self._paths[key] = self._runners.search(
                variant.requirement, variant.demand, representation, terms
            )
        return self._paths[key]

    def _assume(self, case: Case) -> Iterator[str]:
        """What the verdict rests on."""
        options, requirement = self._options, case.requirement
        yield case.running.note
        if options.batch is not None:
            yield f"batch {options.batch}"
        if requirement.memory.at_most or requirement.compute.at_most:
            yield "sizes that depend on data are counted at their largest"
        elif requirement.dynamic and requirement.memory.activation_peak_bytes is not None:
            yield f"{render_binding(requirement)} as bound for the analysis"
        if requirement.compute.at_least:
            yield "work and time of a part of the model are not known, and not counted"
        if options.element_type is not None:
            yield self._variants.explanation
        kept = find_kept(requirement.cache, requirement.inputs)
        if kept is not None:
            yield f"a cache of {kept.size_bytes / GIB:.2f} GiB: {kept.render()}"
        if requirement.memory.parameters != "inline" and case.need.parameters is not None:
            yield "the weights are not in the file: their sizes follow from the shapes it states"
        if case.representation.memory_source is not None:
            yield (
                f"usable memory: {case.representation.memory_source}, less 1 % by which devices of"
                " a class may differ"
            )
        if requirement.per_device is not None:
            count = requirement.per_device.devices
            most = "" if case.need.least is None else ", and the most where it leaves that open"
            yield f"memory: what the file's shardings leave to each of {count} devices{most}"
        elif requirement.replicas * requirement.partitions > 1:
            yield "memory: each device is taken to hold all that the file states"


def _count_devices(case: Case) -> int | None:
    """How many devices are needed; None while sizes are missing or no set holds the model."""
    own = case.requirement.replicas * case.requirement.partitions
    if own > 1:
        return own
    return case.devices if case.need.total is not None else None


def _list_changes(variant: Variant, refusals: tuple[Refusal, ...]) -> tuple[str, ...]:
    """All changes, one step each: what two refusals ask for is done once.

    A step that one asks for of some operations alone is done with that of all.
    """
    own = (refusal.change for refusal in refusals if refusal.change is not None)
    steps = dict.fromkeys(step for change in own for step in change.split(STEP))
    whole = {step for step in steps if OF_OPERATIONS not in step}
    kept = (step for step in steps if step.partition(OF_OPERATIONS)[2] not in whole)
    return (*variant.changes, *kept)


def _explain(
    case: Case, outcome: Outcome, refusals: tuple[Refusal, ...], estimate: Estimate
) -> Iterator[str]:
    yield from (refusal.render() for refusal in refusals)
    if outcome in FITTING:
        if case.requirement.memory.at_most and case.requirement.per_device is None:
            source = find_bound_source(case.requirement)
            yield f"needs at most {case.need.known / GIB:.2f} GiB, as data decides: {source}"
        likely = _find_probability(case)
        if likely is not None:
            yield f"its memory is {render_likely(likely)} to be enough"
        yield from estimate.reasons
    if case.available == 0:
        yield "none is available now"


def _find_outcome(variant: Variant, refusals: tuple[Refusal, ...]) -> Outcome:
    outcomes = [refusal.outcome for refusal in refusals]
    outcome: Outcome = max(outcomes, key=OUTCOMES.index, default="fits")
    return "fits if" if outcome == "fits" and variant.changes else outcome


def _find_probability(case: Case) -> float | None:
    """How likely the memory is enough, where that is neither sure nor a matter of the data."""
    memory, share = case.requirement.memory, case.requirement.per_device
    if memory.at_most or (share is not None and case.need.least is not None):
        return None
    limit = 1 if case.split_refusal else case.options.devices_limit
    count = case.devices or find_fewest_devices(case.need, limit, guessed=False) or limit
    likely = find_probability(case.need, count)
    return round(likely, 2) if likely is not None and is_doubtful(likely) else None


def _round(time: TimeEstimate, requirement: IRRequirement) -> TimeInterval:
    """Four significant digits: more would claim what an estimate does not know."""
    low, expected, high = (
        float(f"{seconds:.4g}") for seconds in (time.low, time.expected, time.high)
    )
    compute = requirement.compute
    return TimeInterval(low, expected, high, compute.at_least, bool(compute.at_most))


def _names_device(representation: ResourceRepresentation) -> bool:
    """Whether refusals of its toolchains say the name of the class."""
    overlays = any(toolchain.overlays for toolchain in representation.toolchains)
    return overlays or representation.architecture is None


def _may_help(judgement: Judgement) -> bool:
    """Whether a conversion could remove what stands against the device."""
    return may_be_helped(judgement.refusals)


def may_be_helped(refusals: Iterable[Refusal]) -> bool:
    """Whether a conversion could remove one of them."""
    return any(refusal.code in HELPED_BY_CONVERSION for refusal in refusals)


def _preference(judgement: Judgement) -> tuple[int, float, int]:
    """Of the variants of a model, that with fewer changes among equal ones."""
    return *judgement.preference, len(judgement.verdict.changes)
