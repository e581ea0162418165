"""A model's own time and memory beside what was estimated: a drift is said."""

from __future__ import annotations

from collections.abc import Iterator

from cyborg_rr import offline
from cyborg_rr.cli.measuring.device import Subject
from cyborg_rr.cli.rendering.figures import render_range, render_seconds, render_size
from cyborg_rr.domain.representation.measured.measurement import RUNTIMES_MEASURED, ModelRun
from cyborg_rr.domain.words import RUNTIMES


def find_verdict(
    requirement: offline.IRRequirement,
    subject: Subject,
    runtime: str,
    catalogue: offline.Catalogue,
) -> offline.Verdict | None:
    """What is estimated for the model there; None where nothing is known of the device."""
    if subject.representation is None:
        return None
    named = (*catalogue.runtimes.names, *RUNTIMES)
    known = runtime if runtime in named else RUNTIMES_MEASURED[runtime]
    found = offline.match(requirement, [subject.representation], runtime=known, catalogue=catalogue)
    return found[0]


def compare(run: ModelRun, verdict: offline.Verdict | None) -> Iterator[tuple[str, bool]]:
    """Sentences, and whether each says that the estimate does not hold."""
    time = None if verdict is None else verdict.time_seconds
    took = f"{run.name} takes {render_seconds(run.seconds)} (samples spread by {run.spread:.0%})"
    if time is None:
        yield f"{took}; there is no estimate to hold it against", False
    else:
        holds = time.low <= run.seconds <= time.high
        estimate = f"{render_range(time.low, time.high)}, {render_seconds(time.expected)} expected"
        verb = "within" if holds else "a drift from"
        yield f"{took}, {verb} the estimate of {estimate}", not holds
    held = run.device_bytes
    if held is None:
        return
    total = None if verdict is None else verdict.memory_bytes.total
    if total is None:
        yield f"it holds {render_size(held)} of memory", False
    else:
        share = held / total - 1
        text = f"it holds {render_size(held)} of memory, {share:+.0%} of the estimated"
        drifts = held > total
        yield f"{text} {render_size(total)}{': a drift' if drifts else ''}", drifts
