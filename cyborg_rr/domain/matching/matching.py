"""Hold an IR requirement against resource representations and rank the verdicts.

Matching is done once for each device class. The same requirement, representations and options give
the same verdicts, whatever the order of the representations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cyborg_rr.domain.matching.judging import Judge, Judgement
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.representation.coverage.table import FindCoverage, find_no_coverage
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requirement.requirement import IRRequirement


def match(
    requirement: IRRequirement,
    representations: Iterable[ResourceRepresentation],
    options: MatchOptions | None = None,
    counts: Mapping[str, int] | None = None,
    coverage: FindCoverage = find_no_coverage,
) -> tuple[Verdict, ...]:
    """The verdicts, best first: by outcome, then devices, expected time and name.

    ``counts`` says how many devices of each class are there; a class without a count has none.
    ``coverage`` finds the tables that toolchains name; without it they say nothing.
    """
    ranked = rank(requirement, representations, options, counts, coverage)
    return tuple(judgement.verdict for judgement in ranked)


def rank(
    requirement: IRRequirement,
    representations: Iterable[ResourceRepresentation],
    options: MatchOptions | None = None,
    counts: Mapping[str, int] | None = None,
    coverage: FindCoverage = find_no_coverage,
) -> list[Judgement]:
    """As ``match``, with the causes and the exact times that the verdicts rest on."""
    judge = Judge(requirement, options or MatchOptions(), coverage)
    classes = {entry.device_class: entry for entry in representations}
    found = [
        judge.judge(entry, None if counts is None else counts.get(name, 0))
        for name, entry in classes.items()
    ]
    return sorted(found, key=lambda judgement: judgement.rank)
