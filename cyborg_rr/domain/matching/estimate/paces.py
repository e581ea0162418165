"""How fast kernels of one kind run on a device, from what was measured there or the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from cyborg_rr.domain.matching.estimate.occupancy import find_depth, find_tail
from cyborg_rr.domain.matching.estimate.rates import Rate, find_rate, find_vector_rate
from cyborg_rr.domain.matching.estimate.seen import Seen, find_margin, find_seen
from cyborg_rr.domain.representation.measured.table import MeasuredRuntime
from cyborg_rr.domain.representation.representation import Constants, ResourceRepresentation
from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.words import MATRIX_KINDS, find_bits

TRAFFIC: Final[Mapping[str, float]] = {"reduction": 1.8, "movement": 1.2}
"""By what kernels take longer than plain elementwise ones, whose bytes lie in a row: reductions
and normalisations read rows in turns and wait between them, copies of turned values jump."""

VECTOR_CONVOLUTION: Final = 0.75
"""What convolutions on vector units reach of products there."""

WHOLE_BITS: Final = 32
"""Of elements whose type is not known."""

_RAMPED: Final = MATRIX_KINDS | {"reduction"}
"""Kinds of kernels that take a time to fill the device."""


class Pace(NamedTuple):
    """Seconds for an operation or a byte, and between kernels, by what binds them.

    ``launch`` is what a kernel takes at least, where that was measured. ``is_bound`` says that the
    device may be faster than its known rate. A tile of a product is begun and ended in the time of
    ``depth`` terms (None: that is in what was measured, as are tiles that do not fill the device),
    ``tail`` says how badly few tiles fill it. ``misfits``: odd numbers of columns are slow.
    """

    per_matrix: float
    per_vector: float
    per_byte: float
    compute_gap: float
    bandwidth_gap: float
    compute_spread: float
    bandwidth_spread: float
    launch: float | None
    is_bound: bool
    depth: float | None
    tail: float
    misfits: bool


def find_pace(
    representation: ResourceRepresentation,
    constants: Constants,
    runtime: Runtime,
    measured: MeasuredRuntime | None,
    kind: str,
    element_type: str,
    matrix: Rate | None,
) -> Pace:
    """What kernels of a kind take; measurements come before the catalogue."""
    bandwidth = representation.bandwidth_bytes_per_second or 1.0
    vector = find_vector_rate(representation, element_type)
    name = find_rate(element_type).name if matrix is None else matrix.name
    seen = find_seen(measured, kind, name)
    traffic = TRAFFIC.get(kind, 1.0)
    reached = constants.memory_efficiency * runtime.traffic_share
    bits = find_bits(element_type) or WHOLE_BITS
    gap = _find_gap(constants, runtime)
    if kind in _RAMPED:
        gap += constants.ramp_seconds
    pace = Pace(
        per_matrix=0.0 if matrix is None else _find_matrix_pace(constants, kind, matrix, runtime),
        per_vector=0.0 if vector is None else 1 / (vector * constants.vector_efficiency),
        per_byte=traffic / (bandwidth * reached),
        compute_gap=gap,
        bandwidth_gap=gap,
        compute_spread=runtime.spread,
        bandwidth_spread=runtime.spread,
        launch=None,
        is_bound=matrix is not None and matrix.is_bound,
        depth=_find_depth(representation, bits, matrix),
        tail=find_tail(
            representation.compute_units,
            bits,
            on_vector_units=matrix is not None and matrix.on_vector_units,
        ),
        misfits=matrix is not None and not matrix.on_vector_units,
    )
    return pace if measured is None else _take_seen(pace, seen)


def _take_seen(pace: Pace, seen: Seen) -> Pace:
    """The pace with what was measured of such kernels, whose times hold their launches."""
    found = pace._replace(launch=seen.launch_seconds)
    if seen.compute is not None:
        found = found._replace(
            per_matrix=1 / seen.compute.per_second,
            compute_gap=seen.compute.start_seconds,
            compute_spread=find_margin(seen.compute),
            is_bound=False,
            depth=None,
            misfits=False,
        )
    if seen.bandwidth is not None:
        found = found._replace(
            per_byte=1 / seen.bandwidth.per_second,
            bandwidth_gap=seen.bandwidth.start_seconds,
            bandwidth_spread=find_margin(seen.bandwidth),
        )
    return found


def _find_depth(representation: ResourceRepresentation, bits: int, matrix: Rate | None) -> float:
    usual = representation.peak_rates.get("f16") or representation.peak_rates.get("bf16")
    return find_depth(usual or 1.0 if matrix is None else matrix.per_second, usual, bits)


def _find_gap(constants: Constants, runtime: Runtime) -> float:
    """Between two kernels: as the runtime has it, else by what its kind takes on the family."""
    if runtime.gap_seconds is not None:
        return runtime.gap_seconds
    launches = constants.launch_seconds
    return launches.get(runtime.kind, launches.get("compiled", max(launches.values())))


def _find_matrix_pace(constants: Constants, kind: str, rate: Rate, runtime: Runtime) -> float:
    """Seconds for an operation of a large product; the vector units are easier to fill."""
    share = constants.matrix_efficiency
    if kind == "convolution" and rate.on_vector_units:
        share *= VECTOR_CONVOLUTION * runtime.convolution_share
    elif kind == "convolution":
        share = constants.convolution_efficiency * runtime.convolution_share
    elif kind in ("attention", "recurrence"):
        share = constants.attention_efficiency
    else:
        share *= runtime.matrix_share
    if rate.on_vector_units:
        share *= constants.simd_matrix_efficiency / constants.matrix_efficiency
    return 1 / (rate.per_second * min(share, 1.0))
