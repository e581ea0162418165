"""Hold an IR requirement against resource representations and rank the verdicts.

Matching is done once for each device class. The same requirement, representations and options give
the same verdicts, whatever the order of the representations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cyborg_rr.domain.matching.advice.advising import (
    Adviser,
    FindSmaller,
    find_nothing_smaller,
)
from cyborg_rr.domain.matching.advice.nearest import Nearest
from cyborg_rr.domain.matching.judging import Judge, Judgement
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.running.choosing import Runners
from cyborg_rr.domain.matching.running.refusing import check_runtime
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.representation.coverage.table import FindCoverage, find_no_coverage
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.runtimes import NO_RUNTIMES, Runtimes
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import FITTING

ListOthers = Callable[[], Iterable[ResourceRepresentation]]
"""Gives device classes that were not asked about, among which the nearest may be."""


def list_no_others() -> tuple[ResourceRepresentation, ...]:
    """For whoever asks about all that there are."""
    return ()


def match(
    requirement: IRRequirement,
    representations: Iterable[ResourceRepresentation],
    options: MatchOptions | None = None,
    counts: Mapping[str, int] | None = None,
    coverage: FindCoverage = find_no_coverage,
    list_others: ListOthers = list_no_others,
    find_smaller: FindSmaller = find_nothing_smaller,
    runtimes: Runtimes = NO_RUNTIMES,
) -> tuple[Verdict, ...]:
    """The verdicts, best first: by outcome, then devices, expected time and name.

    ``counts`` says how many devices of each class are there; a class without a count has none.
    ``coverage`` finds the tables that toolchains name, and ``runtimes`` what executes what they
    compile; without these nothing is known of either. ``list_others`` and ``find_smaller`` are
    asked only where a device is refused.
    """
    chosen = options or MatchOptions()
    classes = {entry.device_class: entry for entry in representations}
    ranked = rank(requirement, classes.values(), chosen, counts, coverage, runtimes)
    if all(judgement.verdict.verdict in FITTING for judgement in ranked):
        return tuple(judgement.verdict for judgement in ranked)
    judged = {judgement.verdict.device_class: judgement for judgement in ranked}
    known = {entry.device_class: entry for entry in list_others()} | classes
    adviser = Adviser(requirement, chosen, coverage, find_smaller, runtimes)
    nearest = Nearest(known[name] for name in adviser.list_running(judged, known))
    return tuple(
        adviser.advise(
            judgement, classes[name], nearest, None if counts is None else counts.get(name, 0)
        ).verdict
        for name, judgement in judged.items()
    )


def rank(
    requirement: IRRequirement,
    representations: Iterable[ResourceRepresentation],
    options: MatchOptions | None = None,
    counts: Mapping[str, int] | None = None,
    coverage: FindCoverage = find_no_coverage,
    runtimes: Runtimes = NO_RUNTIMES,
) -> list[Judgement]:
    """As ``match``, with the causes and the exact times that the verdicts rest on."""
    chosen = options or MatchOptions()
    classes = {entry.device_class: entry for entry in representations}
    check_runtime(Runners(chosen, runtimes), requirement.ir.family, classes.values())
    judge = Judge(requirement, chosen, coverage, runtimes)
    found = [
        judge.judge(entry, None if counts is None else counts.get(name, 0))
        for name, entry in classes.items()
    ]
    return sorted(found, key=lambda judgement: judgement.rank)
