"""Refuses measurements that cannot be: absurd times, wrong units, twins and outliers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from cyborg_rr.domain.errors import Conflict, InvalidInput
from cyborg_rr.domain.representation.measured.measurement import (
    RUNTIMES_MEASURED,
    Measurement,
    OperatorTime,
)
from cyborg_rr.domain.representation.measured.table import MeasuredRuntime
from cyborg_rr.domain.words import MATRIX_KINDS, PEAK_RATES, find_meant, offer

OVER_PEAK: Final = 1.05
"""By how much clocks and counted work may carry a time over what the device can do at most."""

OVER_VECTOR_PEAK: Final = 4.2
"""The same of rates whose stated peak is that of vector units: matrix units of some devices do two
(f64 of A100 and H100) or four times of it (f32 of MI300X): NVIDIA's and AMD's data sheets."""

MAX_SPREAD: Final = 0.25
"""Of samples whose median still says something."""

UNDER_PEAK: Final = 0.002
"""Less of the roofline is no slow kernel but another unit; the slowest seen reach 0.01 (f64
products that are emulated, depthwise convolutions)."""

LONG_SECONDS: Final = 1e-4
"""Work that takes so long at the least is not made of launches."""

CACHED_BYTES: Final = 256 << 20
"""Less may be moved within caches, faster than memory is."""

FASTEST: Final = {"operations": 1e17, "bytes": 1e15}
"""What no device reaches in a second."""

LAUNCH_SECONDS: Final = (1e-8, 1e-2)

OUTLIER: Final = 2.0
"""By which factor constants of one class and runtime may differ from earlier ones."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """What a device can do at most, as far as that is known."""

    rates: Mapping[str, float] = field(default_factory=dict)
    bytes_per_second: float | None = None
    memory_bytes: int | None = None


NO_PEAKS = Peaks()


def check_measurement(measurement: Measurement, peaks: Peaks = NO_PEAKS) -> None:
    """``InvalidInput`` names the first operator or fact that cannot be, and why."""
    if measurement.runtime not in RUNTIMES_MEASURED:
        near = offer(find_meant(measurement.runtime, RUNTIMES_MEASURED))
        raise InvalidInput(f"runtime {measurement.runtime!r} is not known{near}")
    if not measurement.operators and not measurement.models:
        raise InvalidInput("nothing was measured: there are neither operators nor models")
    _check_day(measurement.measured_on)
    _check_memory(measurement, peaks)
    seen = set()
    for time in measurement.operators:
        time.operator.check()
        if time.operator in seen:
            raise InvalidInput(f"{time.operator.render()} stands twice")
        seen.add(time.operator)
        _check_time(time, peaks)
    for run in measurement.models:
        _check_spread(f"model {run.name}", run.spread)


def _check_day(day: str) -> None:
    try:
        date.fromisoformat(day)
    except ValueError:
        raise InvalidInput(f"measured_on {day!r} is no day") from None


def _check_memory(measurement: Measurement, peaks: Peaks) -> None:
    facts = measurement.memory
    held = [facts.context_bytes, facts.loaded_bytes]
    for run in measurement.models:
        held += [run.allocated_bytes, run.reserved_bytes, run.device_bytes]
    most = max((each for each in held if each is not None), default=0)
    if peaks.memory_bytes is not None and most > peaks.memory_bytes * OVER_PEAK:
        raise InvalidInput(
            f"{most} bytes of memory were held of a device that has {peaks.memory_bytes}"
        )


def _check_spread(what: str, spread: float) -> None:
    if spread > MAX_SPREAD:
        raise InvalidInput(
            f"{what}: its samples spread by {spread:.0%} of their median, at most"
            f" {MAX_SPREAD:.0%} is taken; measure it again on a device that is idle"
        )


def _check_time(time: OperatorTime, peaks: Peaks) -> None:
    operator, seconds = time.operator, time.seconds
    what = operator.render()
    _check_spread(what, time.spread)
    if operator.name == "launch":
        low, high = LAUNCH_SECONDS
        if not low <= seconds <= high:
            raise InvalidInput(f"{what}: {seconds:g} s is no time of a launch; are seconds meant?")
        return
    peak = peaks.rates.get(operator.rate) if operator.kind in MATRIX_KINDS else None
    margin = OVER_VECTOR_PEAK if PEAK_RATES[operator.rate].on_vector_units else OVER_PEAK
    _refuse_faster(what, operator.operations / seconds, peak, margin, "operations")
    bandwidth = peaks.bytes_per_second if operator.bytes_moved >= CACHED_BYTES else None
    _refuse_faster(what, operator.bytes_moved / seconds, bandwidth, OVER_PEAK, "bytes")
    least = max(
        operator.operations / peak if peak else 0.0,
        operator.bytes_moved / bandwidth if bandwidth else 0.0,
    )
    if least >= LONG_SECONDS and seconds * UNDER_PEAK > least:
        raise InvalidInput(
            f"{what}: {seconds:g} s is {seconds / least:.0f} times what the device needs at the"
            " least; are seconds meant?"
        )


def _refuse_faster(
    what: str, per_second: float, most: float | None, margin: float, unit: str
) -> None:
    if most is not None and per_second > most * margin:
        raise InvalidInput(
            f"{what}: {per_second:.3g} {unit} per second are {per_second / most:.2f} times the"
            f" device's {most:.3g}; are seconds meant, and is it this device?"
        )
    if per_second > FASTEST[unit]:
        raise InvalidInput(
            f"{what}: no device does {per_second:.3g} {unit} per second; are seconds meant?"
        )


def refuse_outliers(new: MeasuredRuntime, known: MeasuredRuntime) -> None:
    """``Conflict`` when constants are far from those of earlier measurements."""
    for what, mine, theirs in _pair(new, known):
        if mine > theirs * OUTLIER or theirs > mine * OUTLIER:
            raise Conflict(
                f"outlier: {what} is {mine:.3g} where earlier measurements of this class and"
                f" runtime give {theirs:.3g}; delete those if they are wrong"
            )


def list_drifts(new: MeasuredRuntime, known: MeasuredRuntime) -> list[str]:
    """Constants that left the spread of earlier measurements, in words."""
    spreads = {(each.kind, each.rate, each.term): each.spread for each in known.rates}
    margin = max(spreads.values(), default=0.0)
    return [
        f"{what}: {mine:.3g}, earlier {theirs:.3g} ({mine / theirs - 1:+.0%})"
        for what, mine, theirs in _pair(new, known)
        if abs(mine / theirs - 1) > max(margin, 0.05)
    ]


def _pair(new: MeasuredRuntime, known: MeasuredRuntime) -> Iterable[tuple[str, float, float]]:
    """What both say, in words: ``contraction bf16 operations per second``."""
    for mine in new.rates:
        theirs = known.find_rate(mine.kind, mine.rate, mine.term, channels_last=mine.channels_last)
        if theirs is not None and theirs.channels_last == mine.channels_last:
            unit = "operations" if mine.term == "compute" else "bytes"
            layout = " channels last" if mine.channels_last else ""
            what = f"{mine.kind}{layout} {mine.rate} {unit} per second"
            yield what, mine.per_second, theirs.per_second
    if new.launch_seconds and known.launch_seconds:
        yield "launch seconds", new.launch_seconds, known.launch_seconds
