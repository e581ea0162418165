"""From measurements of one device class to constants: least squares of relative errors.

The time of a kernel is taken to be ``start + work / rate``. Each kind of work in each rate is
fitted by itself; of products, those that the bandwidth holds apart from those that it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Final

from cyborg_rr.domain.representation.measured.measurement import (
    RUNTIMES_MEASURED,
    Measurement,
    OperatorTime,
)
from cyborg_rr.domain.representation.measured.operators import Term
from cyborg_rr.domain.representation.measured.table import Measured, MeasuredRate, MeasuredRuntime
from cyborg_rr.domain.words import MATRIX_KINDS

FAR: Final = 2.0
"""A time so many times the fitted one, or less by that, fits to no others."""

ENOUGH: Final = 4
"""So many times tell which of them fits to no others."""

WITHIN: Final = 0.8
"""The share of operators that stay within the spread."""

LEAST_SPREAD: Final = 0.02
"""Two runs of one operator differ by so much."""

FEW_SPREAD: Final = 0.15
"""What fewer than enough operators leave open, however close they are."""

UNLIKE: Final = 1.0
"""A rate that its own operators miss by so much says nothing of others, and is not taken."""

Pairs = Sequence[tuple[float, float]]
"""Work, and seconds that it took."""

_Key = tuple[str, str, Term, bool]


def fit_class(measurements: Sequence[Measurement], version: str) -> Measured:
    """What measurements of one device class say, by runtime and by kind of runtime.

    ``version`` names them.
    """
    by_runtime: dict[str, list[Measurement]] = {}
    for each in measurements:
        if each.operators:
            by_runtime.setdefault(each.runtime, []).append(each)
    fitted: dict[str, MeasuredRuntime] = {}
    for name, kind in RUNTIMES_MEASURED.items():
        if name in by_runtime:
            found = fit_runtime(by_runtime[name])
            fitted[name] = found
            fitted.setdefault(kind, found)
    return Measured(version, fitted)


def fit_runtime(measurements: Sequence[Measurement]) -> MeasuredRuntime:
    """The constants of one runtime on one class; there is at least one measurement with times."""
    times = [time for each in measurements for time in each.operators]
    groups = _group(times)
    rates = []
    left_out = 0
    for key, pairs in sorted(groups.items()):
        rate, dropped = _fit_group(key, sorted(pairs))
        if rate.spread > UNLIKE:
            left_out += rate.operators
        else:
            rates.append(rate)
        left_out += dropped
    launches = [time.seconds for time in times if time.operator.name == "launch"]
    contexts = [found for each in measurements if (found := _find_context(each)) is not None]
    return MeasuredRuntime(
        runtime=measurements[0].runtime,
        software=tuple(sorted({each.software for each in measurements})),
        measured_on=max(each.measured_on for each in measurements),
        operators=len(times),
        left_out=left_out,
        spread=_take_median([rate.spread for rate in rates] or [LEAST_SPREAD]),
        rates=tuple(rates),
        launch_seconds=_take_median(launches) if launches else None,
        context_bytes=max(contexts, default=None),
    )


def _take_median(values: Iterable[float]) -> float:
    """The middle one (``statistics`` takes longer to load than all the rest of a match)."""
    found = sorted(values)
    return (found[(len(found) - 1) // 2] + found[len(found) // 2]) / 2


def _find_context(measurement: Measurement) -> int | None:
    """What the runtime holds once its libraries are there, which a model makes it load."""
    held = (measurement.memory.context_bytes, measurement.memory.loaded_bytes)
    return max((each for each in held if each is not None), default=None)


def _group(times: Iterable[OperatorTime]) -> dict[_Key, list[tuple[float, float]]]:
    known = [time for time in times if time.operator.name != "launch"]
    bandwidth = _find_bandwidth(known)
    best: dict[tuple[str, str], float] = {}
    for time in known:
        operator = time.operator
        place = (operator.kind, operator.rate)
        best[place] = max(best.get(place, 0.0), operator.operations / time.seconds)
    groups: dict[_Key, list[tuple[float, float]]] = {}
    for time in known:
        operator = time.operator
        term: Term = "bandwidth"
        work = operator.bytes_moved
        if operator.kind in MATRIX_KINDS:
            computing = operator.operations / best[operator.kind, operator.rate]
            if computing > operator.bytes_moved / bandwidth:
                term, work = "compute", operator.operations
        key = (operator.kind, operator.rate, term, operator.channels_last)
        groups.setdefault(key, []).append((float(work), time.seconds))
    return groups


def _find_bandwidth(times: Sequence[OperatorTime]) -> float:
    """The most bytes per second that were moved by what does nothing else.

    Without any such operator nothing is taken to be held by the bandwidth.
    """
    moved = [
        time.operator.bytes_moved / time.seconds
        for time in times
        if time.operator.kind not in MATRIX_KINDS
    ]
    return max(moved, default=inf)


def _fit_group(key: _Key, pairs: Pairs) -> tuple[MeasuredRate, int]:
    """The rate of a group, and how many of its times fit to no others."""
    per_work, start = _fit(pairs)
    kept = pairs
    if len(pairs) >= ENOUGH:
        near = [
            (work, seconds)
            for work, seconds in pairs
            if 1 / FAR <= seconds / (start + work * per_work) <= FAR
        ]
        if near and len(near) < len(pairs):
            kept = near
            per_work, start = _fit(kept)
    errors = sorted(abs(seconds / (start + work * per_work) - 1) for work, seconds in kept)
    spread = errors[min(len(errors) - 1, int(WITHIN * len(errors)))]
    least = LEAST_SPREAD if len(kept) >= ENOUGH else FEW_SPREAD
    kind, rate, term, channels_last = key
    found = MeasuredRate(
        kind, rate, term, 1 / per_work, start, max(spread, least), len(kept), channels_last
    )
    return found, len(pairs) - len(kept)


def _fit(pairs: Pairs) -> tuple[float, float]:
    """Seconds for a unit of work, and those to start: the least squared relative errors."""
    shares = [(work / seconds, 1 / seconds) for work, seconds in pairs]
    uu, uv, vv = (
        sum(u * u for u, _ in shares),
        sum(u * v for u, v in shares),
        sum(v * v for _, v in shares),
    )
    u, v = sum(u for u, _ in shares), sum(v for _, v in shares)
    determinant = uu * vv - uv * uv
    if determinant > 1e-9 * uu * vv:
        per_work = (u * vv - v * uv) / determinant
        start = (v * uu - u * uv) / determinant
        if per_work > 0 and start >= 0:
            return per_work, start
    return u / uu, 0.0
