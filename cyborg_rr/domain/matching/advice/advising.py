"""Adds to each refusal what helps: the change that works, and the device that needs none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from typing import Final

from cyborg_rr.domain.matching.advice.changes import Change, Given, Smaller, list_changes
from cyborg_rr.domain.matching.advice.nearest import Nearest
from cyborg_rr.domain.matching.judging import Judge, Judgement, Trial
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.verdict import Constraint, Fix, FixKind, MemoryNeed
from cyborg_rr.domain.representation.coverage.table import FindCoverage
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.runtimes import NO_RUNTIMES, Runtimes
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import FITTING

INHERENT: Final[Mapping[FixKind, int]] = {"devices_limit": 1, "allow_fallback": 1}
"""Kinds of change that are told as a change of the verdict, too."""

FindSmaller = Callable[[], Iterable[Smaller]]
"""Gives the model at smaller sizes, the largest first; it costs a reading each."""


def find_nothing_smaller() -> tuple[Smaller, ...]:
    """For whoever has no file to read again."""
    return ()


class Adviser:
    """Advises on one requirement; what devices share is made once."""

    def __init__(
        self,
        requirement: IRRequirement,
        options: MatchOptions,
        coverage: FindCoverage,
        find_smaller: FindSmaller = find_nothing_smaller,
        runtimes: Runtimes = NO_RUNTIMES,
    ) -> None:
        self._requirement = replace(requirement, work=())  # no trial asks how long it takes
        self._options = options
        self._coverage = coverage
        self._find_smaller = find_smaller
        self._runtimes = runtimes
        self._unread: Iterator[Smaller] | None = None
        self._smaller: list[Smaller] = []
        self._judges: dict[tuple[str, ...], Judge] = {}

    def advise(
        self,
        judgement: Judgement,
        representation: ResourceRepresentation,
        nearest: Nearest,
        available: int | None,
    ) -> Judgement:
        """The judgement with what decided and what helps, where the model is not sure to run."""
        verdict = judgement.verdict
        if verdict.verdict in FITTING:
            return judgement
        deciding = judgement.deciding
        advised = replace(
            verdict,
            binding_constraint=Constraint(deciding[0].code, deciding[0].text),
            nearest_fix=self._find_fix(judgement, representation, available),
            nearest_device=nearest.find(representation),
        )
        return replace(judgement, verdict=advised)

    def _find_fix(
        self, judgement: Judgement, representation: ResourceRepresentation, available: int | None
    ) -> Fix | None:
        """The first kind of change with which the model runs, and of it what needs least beside."""
        given = Given(
            self._requirement,
            self._options,
            representation,
            judgement.deciding,
            _holds_weights(judgement.verdict.memory_bytes),
        )
        for _, alike in groupby(list_changes(given, self._list_smaller()), _find_kind):
            best: Fix | None = None
            for change in alike:
                then = self._judge(change).try_out(change.representation, available)
                if then.outcome in FITTING and (
                    best is None or len(then.changes) < len(best.changes)
                ):
                    best = _make_fix(change, then)
                if best is not None and len(best.changes) <= INHERENT.get(change.kind, 0):
                    break
            if best is not None:
                return best
        return None

    def _judge(self, change: Change) -> Judge:
        if change.kind == "function":
            return self._unchanged
        key = change.kind, *change.values
        if key not in self._judges:
            self._judges[key] = (
                self._unchanged.limit(change.options.devices_limit)
                if change.kind == "devices_limit"
                else self._make_judge(change.requirement, change.options)
            )
        return self._judges[key]

    @cached_property
    def _unchanged(self) -> Judge:
        """Judges what was given, on whatever device."""
        return self._make_judge(self._requirement, self._options)

    def _make_judge(self, requirement: IRRequirement, options: MatchOptions) -> Judge:
        return Judge(requirement, options, self._coverage, self._runtimes, explains=False)

    def _list_smaller(self) -> Iterator[Smaller]:
        """Each is read once, when it is first asked for."""
        if self._unread is None:
            self._unread = iter(self._find_smaller())
        yield from self._smaller
        for each in self._unread:
            self._smaller.append(each)
            yield each

    def list_running(
        self,
        judged: Mapping[str, Judgement],
        others: Mapping[str, ResourceRepresentation],
    ) -> Iterator[str]:
        """The classes that run the model as it is: of those judged, and of others."""
        for name, judgement in judged.items():
            if judgement.verdict.verdict == "fits":
                yield name
        unseen = {name: entry for name, entry in others.items() if name not in judged}
        if not unseen:
            return
        for name, representation in unseen.items():
            if self._unchanged.runs_as_it_is(representation):
                yield name


def _make_fix(change: Change, then: Trial) -> Fix:
    return Fix(
        change.kind, change.values, change.text, then.outcome, then.changes, then.probability
    )


def _find_kind(change: Change) -> FixKind:
    return change.kind


def _holds_weights(need: MemoryNeed) -> bool:
    """Whether the weights have room where nothing else is counted."""
    weights = (need.parameters or 0) + (need.constants or 0) + need.runtime_context
    return need.usable_per_device is not None and weights < need.usable_per_device
