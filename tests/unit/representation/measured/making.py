"""Measurements of devices that do exactly what they are said to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cyborg_rr.domain.representation.measured.measurement import Measurement, OperatorTime
from cyborg_rr.domain.representation.measured.operators import Operator
from cyborg_rr.domain.representation.measured.plan import list_operators
from cyborg_rr.domain.words import MATRIX_KINDS

H100 = "nvidia-h100-sxm-80"

RATES = {"f64": 50e12, "f32": 45e12, "tf32": 350e12, "bf16": 700e12, "f16": 690e12}
NARROW = {"f8": 1300e12, "i8": 1250e12}
BANDWIDTH = 2.8e12
LAUNCH = 4e-6
START = 3e-6


def time_operator(operator: Operator) -> float:
    """What it takes on such a device: its start, and its work at the rate that holds it."""
    if operator.name == "launch":
        return LAUNCH
    moving = operator.bytes_moved / BANDWIDTH
    rate = {**RATES, **NARROW}[operator.rate]
    computing = operator.operations / rate if operator.kind in MATRIX_KINDS else 0.0
    return START + max(moving, computing)


def make_measurement(
    timed: Iterable[Operator] | None = None, slower: float = 1.0, **changes: object
) -> Measurement:
    """A measurement of all operators that are timed, or of some, on a device so much slower."""
    chosen = list_operators("eager") if timed is None else timed
    times = tuple(OperatorTime(each, time_operator(each) * slower, 0.01, 7) for each in chosen)
    made = Measurement(
        device_class=H100,
        runtime="eager",
        software="torch 2.11.0+cu130",
        device_name="NVIDIA H100 80GB HBM3",
        measured_on="2026-11-27",
        operators=times,
    )
    return replace(made, **changes)  # type: ignore[arg-type]
