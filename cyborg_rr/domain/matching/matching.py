"""Hold an IR requirement against resource representations and rank the verdicts.

Matching is done once for each device class. The same requirement, representations and options give
the same verdicts, whatever the order of the representations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from cyborg_rr.domain.matching.case import Case
from cyborg_rr.domain.matching.conversion import convert, widest_float
from cyborg_rr.domain.matching.demand import make_demand, render_binding
from cyborg_rr.domain.matching.filters import list_refusals
from cyborg_rr.domain.matching.memory import find_device_count, find_memory_need
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.roofline import Profile, estimate_time, make_profile
from cyborg_rr.domain.matching.verdict import RANK, Outcome, Refusal, TimeEstimate, Verdict
from cyborg_rr.domain.representation.compile_path import PathSearch, find_path
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.steps import ModelDemand
from cyborg_rr.domain.requirement.requirement import IRRequirement

__all__ = ["MatchOptions", "Refusal", "TimeEstimate", "Verdict", "match"]

TRIED_CONVERSIONS = ("bf16", "f16", "f32")
HELPED_BY_CONVERSION = frozenset({"memory", "element_type"})
NO_LINK = "no link between such devices is known"
LAST = float("inf")


def match(
    requirement: IRRequirement,
    representations: Iterable[ResourceRepresentation],
    options: MatchOptions | None = None,
    counts: Mapping[str, int] | None = None,
) -> tuple[Verdict, ...]:
    """The verdicts, best first: by outcome, then devices, expected time and name.

    ``counts`` says how many devices of each class are there; a class without a count has none.
    """
    matcher = _Matcher(requirement, options or MatchOptions())
    classes = {entry.device_class: entry for entry in representations}
    verdicts = [
        matcher.judge(entry, None if counts is None else counts.get(name, 0))
        for name, entry in classes.items()
    ]
    return tuple(sorted(verdicts, key=_order))


def _order(verdict: Verdict) -> tuple[int, float, float, str]:
    devices = LAST if verdict.devices_needed is None else verdict.devices_needed
    expected = LAST if verdict.time is None else verdict.time.expected
    return RANK.index(verdict.verdict), devices, expected, verdict.device_class


@dataclass(frozen=True, slots=True)
class _Variant:
    """The requirement as it is or after a conversion, with what all devices share."""

    requirement: IRRequirement
    demand: ModelDemand
    profile: Profile
    changes: tuple[str, ...] = ()
    element_type: str | None = None


class _Matcher:
    """Judges devices for one requirement; what does not depend on the device is made once."""

    def __init__(self, requirement: IRRequirement, options: MatchOptions) -> None:
        self._options = options
        self._given = requirement
        base = requirement
        if options.element_type is not None:
            base = convert(requirement, options.element_type)
        self._base = _make_variant(base, options.runtime)
        self._conversions: dict[str, _Variant] = {}
        self._paths: dict[tuple[object, ...], PathSearch] = {}

    def judge(self, representation: ResourceRepresentation, available: int | None) -> Verdict:
        """The verdict for one class: for the model as it is, or with the smallest change."""
        best = self._assess(self._base, representation, available)
        if best.verdict == "fits" or not _may_help(best):
            return best
        alternatives = [
            self._assess(variant, representation, available)
            for variant in self._list_conversions(representation)
        ]
        usable = [found for found in alternatives if found.verdict in ("fits", "fits if")]
        chosen = min([best, *usable], key=_preference)
        if chosen is best:
            return best
        without = (f"as it is: {reason}" for reason in best.reasons)
        return replace(chosen, reasons=(*without, *chosen.reasons))

    def _list_conversions(self, representation: ResourceRepresentation) -> Iterator[_Variant]:
        """Conversions to another float type that the device computes in."""
        own = widest_float(self._given)
        if own is None or self._options.element_type is not None:
            return
        for element_type in TRIED_CONVERSIONS:
            if element_type == own or element_type not in representation.native_element_types:
                continue
            if element_type not in self._conversions:
                self._conversions[element_type] = _make_variant(
                    convert(self._given, element_type),
                    self._options.runtime,
                    (f"convert to {element_type}",),
                    element_type,
                )
            yield self._conversions[element_type]

    def _assess(
        self, variant: _Variant, representation: ResourceRepresentation, available: int | None
    ) -> Verdict:
        requirement, options = variant.requirement, self._options
        search = self._find_path(variant, representation)
        need = find_memory_need(requirement, representation, options.runtime)
        split_refusal = _refuse_split(requirement, representation, search)
        limit = 1 if split_refusal else options.devices_limit
        devices = find_device_count(need, limit)
        case = Case(
            requirement,
            representation,
            options,
            search,
            need,
            devices,
            split_refusal,
            split_refusal == NO_LINK and bool(find_device_count(need, options.devices_limit)),
            available,
        )
        refusals = list_refusals(case)
        return self._conclude(case, variant, refusals)

    def _conclude(self, case: Case, variant: _Variant, refusals: tuple[Refusal, ...]) -> Verdict:
        representation, options = case.representation, self._options
        outcome = _worst([refusal.outcome for refusal in refusals])
        if outcome == "fits" and variant.changes:
            outcome = "fits if"
        own = case.requirement.replicas * case.requirement.partitions
        devices: int | None = own
        if own == 1:
            devices = case.devices if case.need.total is not None else None
        estimate = estimate_time(
            case.requirement, variant.profile, representation, options.runtime, case.devices or 1
        )
        reasons = [refusal.render() for refusal in refusals]
        if outcome in ("fits", "fits if"):
            reasons += estimate.reasons
        if case.available == 0:
            reasons.append("none is available now")
        path = case.search.path
        return Verdict(
            device_class=representation.device_class,
            verdict=outcome,
            changes=(
                *variant.changes,
                *dict.fromkeys(r.change for r in refusals if r.change is not None),
            )
            if outcome == "fits if"
            else (),
            devices_needed=devices,
            memory=case.need,
            time=None if outcome == "does not fit" else estimate.time,
            compile_path=tuple(step.to_document() for step in path.steps) if path else (),
            reasons=tuple(reasons),
            assumptions=(*self._assume(case, variant), *estimate.assumptions),
            available=case.available,
            refusals=refusals,
        )

    def _find_path(self, variant: _Variant, representation: ResourceRepresentation) -> PathSearch:
        """Found once for all classes with the same toolchains, architecture and functions."""
        key = (
            variant.element_type,
            tuple(id(toolchain) for toolchain in representation.toolchains),
            representation.architecture,
            representation.functions,
            representation.device_class if _names_device(representation) else "",
        )
        if key not in self._paths:
            self._paths[key] = find_path(variant.demand, representation)
        return self._paths[key]

    def _assume(self, case: Case, variant: _Variant) -> Iterator[str]:
        """What the verdict rests on."""
        options, requirement = self._options, case.requirement
        yield f"{options.runtime} runtime"
        if options.batch is not None:
            yield f"batch {options.batch}"
        if requirement.dynamic and requirement.memory.activation_peak_bytes is not None:
            yield f"{render_binding(requirement)} as bound for the analysis"
        if options.element_type is not None:
            yield f"floating-point values converted to {options.element_type}"
        if requirement.memory.parameters != "inline":
            yield "the weights are not in the file: their sizes follow from the shapes it states"
        if case.representation.memory_source is not None:
            yield (
                f"usable memory: {case.representation.memory_source}, less 1 % by which devices of"
                " a class may differ"
            )
        if requirement.replicas * requirement.partitions > 1:
            yield "memory: each device is taken to hold all that the file states"


def _make_variant(
    requirement: IRRequirement,
    runtime: str,
    changes: tuple[str, ...] = (),
    element_type: str | None = None,
) -> _Variant:
    demand, profile = make_demand(requirement), make_profile(requirement.work, runtime)
    return _Variant(requirement, demand, profile, changes, element_type)


def _refuse_split(
    requirement: IRRequirement, representation: ResourceRepresentation, search: PathSearch
) -> str | None:
    """Why the model cannot be divided among several devices of the class, or None."""
    if requirement.replicas * requirement.partitions > 1:
        return "the file divides the model already"
    if search.path is None or not search.path.multi_device:
        return "no toolchain here divides a model among several devices"
    if representation.interconnect is None and representation.host_link is None:
        return NO_LINK
    return None


def _names_device(representation: ResourceRepresentation) -> bool:
    """Whether refusals of its toolchains say the name of the class."""
    overlays = any(toolchain.overlays for toolchain in representation.toolchains)
    return overlays or representation.architecture is None


def _worst(outcomes: list[Outcome]) -> Outcome:
    return max(outcomes, key=RANK.index, default="fits")


def _may_help(verdict: Verdict) -> bool:
    """Whether a conversion could remove what stands against the device."""
    return any(refusal.code in HELPED_BY_CONVERSION for refusal in verdict.refusals)


def _preference(verdict: Verdict) -> tuple[int, float, int, tuple[str, ...]]:
    """The better outcome first, then fewer devices, then fewer changes."""
    devices = LAST if verdict.devices_needed is None else verdict.devices_needed
    return RANK.index(verdict.verdict), devices, len(verdict.changes), verdict.changes
