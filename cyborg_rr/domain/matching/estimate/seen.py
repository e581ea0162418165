"""What was measured of kernels of one kind on devices of a class: it comes before the catalogue.

This is the one place where the estimate asks for measurements.
"""

from __future__ import annotations

from dataclasses import dataclass

from cyborg_rr.domain.representation.measured.operators import TIMED_KINDS
from cyborg_rr.domain.representation.measured.table import MeasuredRate, MeasuredRuntime
from cyborg_rr.domain.words import MATRIX_KINDS, PROLOGUE_KINDS

LEAST_MARGIN = 0.05
"""Kernels of a model differ from those that were timed by so much, however close these were."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The rates that kernels of a kind were seen to reach; None where none was timed."""

    compute: MeasuredRate | None = None
    bandwidth: MeasuredRate | None = None
    launch_seconds: float | None = None


NOTHING = Seen()


def find_seen(measured: MeasuredRuntime | None, kind: str, rate: str) -> Seen:
    """What was measured of kernels of a kind in a peak rate."""
    if measured is None:
        return NOTHING
    if kind not in TIMED_KINDS:  # its kernels are of another kind, which is timed
        kind = "contraction" if kind in MATRIX_KINDS else "elementwise"
    return Seen(
        measured.find_rate(kind, rate, "compute"),
        _find_bandwidth(measured, kind, rate),
        measured.launch_seconds,
    )


def _find_bandwidth(measured: MeasuredRuntime, kind: str, rate: str) -> MeasuredRate | None:
    """Of the kind and the rate, else of the kind alone, else of kinds that move bytes too."""
    found = measured.find_rate(kind, rate, "bandwidth")
    kinds = (kind, *(sorted(PROLOGUE_KINDS) if kind not in MATRIX_KINDS else ()))
    others = (
        each
        for alike in kinds
        for each in measured.rates
        if each.kind == alike and each.term == "bandwidth"
    )
    return found or next(others, None)


def find_margin(rate: MeasuredRate) -> float:
    """By which factor a kernel may be slower or faster than what the measured ones say."""
    return 1 + max(rate.spread, LEAST_MARGIN)
