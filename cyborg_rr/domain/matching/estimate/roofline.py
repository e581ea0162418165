"""Time of one execution: a roofline for each kernel, summed, with an interval.

A kernel takes what the slowest of arithmetic and memory traffic takes, and the launch of a kernel.
``doc/source/estimation.rst`` gives the method, the constants' sources and the measured errors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cyborg_rr.domain.matching.estimate.kernels import Profile
from cyborg_rr.domain.matching.estimate.rates import (
    Rate,
    find_matrix_rate,
    find_rate,
    find_vector_rate,
)
from cyborg_rr.domain.matching.estimate.seen import Seen, find_margin, find_seen
from cyborg_rr.domain.matching.estimate.sharing import UNSHARED, Sharing, find_sharing
from cyborg_rr.domain.representation.representation import Constants, ResourceRepresentation
from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import Term

REDUCTION_TRAFFIC = 1.7
"""Reductions and normalisations read rows in turns and wait between them: they reach 0.35 to 0.6 of
the bandwidth where plain elementwise kernels reach 0.8 to 0.9 (Vidur's norms on three GPUs)."""

EAGER_CONVOLUTION = 0.6
"""Eager frameworks keep the layout of the model, which is not that of the matrix units."""

HIGH_COMPUTE, HIGH_TRAFFIC, HIGH_LAUNCH = 1.45, 1.5, 2.5
"""How much slower than expected a kernel may be, by what binds it."""

LOW_COMPUTE = 1.1
"""How far above the best matrix product of one public search others have been measured."""

LOW_LAUNCH = 0.3
"""Share of the launch time that is left when launches overlap or are recorded."""


@dataclass(frozen=True, slots=True)
class TimeEstimate:
    """Seconds for one execution: an interval, the expected value and what binds it."""

    low: float
    expected: float
    high: float
    binding_term: Term


@dataclass(frozen=True, slots=True)
class Estimate:
    """The time (None: cannot be said, ``reasons`` tell why) and what was assumed."""

    time: TimeEstimate | None
    reasons: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()


@dataclass(slots=True)
class _Sums:
    """Seconds added up over the kernels."""

    low: float = 0.0
    low_launch: float = 0.0
    high: float = 0.0
    compute: float = 0.0
    bandwidth: float = 0.0
    launch: float = 0.0

    def finish(self, sharing: Sharing) -> TimeEstimate:
        """The interval, and the term that takes the largest part of the expected time.

        Partitions share the work and not the launches: each runs every kernel. The longest time is
        that of a device which does all of it.
        """
        terms: dict[Term, float] = {
            "compute": self.compute * sharing.expected,
            "bandwidth": self.bandwidth * sharing.expected,
            "launch": self.launch,
        }
        expected = sum(terms.values())
        binding = max(terms, key=lambda term: terms[term])
        low = self.low * sharing.least + self.low_launch
        return TimeEstimate(min(low, expected), expected, max(self.high, expected), binding)


def estimate_time(
    requirement: IRRequirement,
    profile: Profile,
    representation: ResourceRepresentation,
    runtime: Runtime,
    devices: int = 1,
) -> Estimate:
    """The time of one execution on one device, or on a set that holds the model together."""
    if requirement.compute.macs is None:
        return Estimate(None, ("time unknown: the work of the model is not known",))
    if requirement.unknown_operations:
        return Estimate(None, ("time unknown: the work of unknown operations is not known",))
    sharing, notes = find_sharing(requirement)
    estimate = estimate_kernels(profile, representation, runtime, sharing)
    estimate = replace(estimate, assumptions=(*notes, *estimate.assumptions))
    if estimate.time is None or devices == 1:
        return estimate
    return _add_transfers(requirement, representation, estimate, estimate.time, devices)


def estimate_kernels(
    profile: Profile,
    representation: ResourceRepresentation,
    runtime: Runtime,
    sharing: Sharing = UNSHARED,
) -> Estimate:
    """The time of some kernels on one device, which does them all or its share of them."""
    constants = representation.constants
    bandwidth = representation.bandwidth_bytes_per_second
    missing = [
        f"time unknown: the {what} of the device {verb} not known"
        for what, verb, known in (
            ("memory bandwidth", "is", bandwidth is not None),
            ("rates", "are", bool(representation.peak_rates)),
            ("constants", "are", constants is not None),
        )
        if not known
    ]
    if constants is None or bandwidth is None or missing:
        return Estimate(None, tuple(missing))
    sums = _Sums()
    measured = representation.find_measured(runtime)
    notes: dict[str, None] = {} if measured is None else {measured.render_source(): None}
    for (kind, element_type, at_most), kernels in profile.items():
        matrix = find_matrix_rate(representation, kind, element_type, runtime)
        vector = find_vector_rate(representation, element_type)
        if any(kernel[1] for kernel in kernels):
            if matrix is None:
                return Estimate(None, (f"time unknown: no rate for {kind} in {element_type}",))
            if matrix.note:
                notes[matrix.note] = None
        before = sums.low, sums.low_launch
        name = find_rate(element_type).name if matrix is None else matrix.name
        seen = find_seen(measured, kind, name)
        _add_kernels(sums, kernels, kind, matrix, vector, bandwidth, constants, runtime, seen)
        if at_most:  # nothing of it need be done
            sums.low, sums.low_launch = before
    notes["inputs are on the device already"] = None
    return Estimate(sums.finish(sharing), (), tuple(notes))


def _efficiency(constants: Constants, kind: str, rate: Rate, runtime: Runtime) -> float:
    """Share of the peak that usual kernels of a kind reach; the vector units are easier to fill."""
    share = constants.matrix_efficiency
    if kind == "convolution":
        share = constants.convolution_efficiency
        if not runtime.channels_last and not rate.on_vector_units:
            share *= EAGER_CONVOLUTION
    elif kind in ("attention", "recurrence"):
        share = constants.attention_efficiency
    if rate.on_vector_units:
        share *= constants.simd_matrix_efficiency / constants.matrix_efficiency
    return min(share, 1.0)


def _add_kernels(
    sums: _Sums,
    kernels: tuple[tuple[int, float, float, float], ...],
    kind: str,
    matrix: Rate | None,
    vector: float | None,
    bandwidth: float,
    constants: Constants,
    runtime: Runtime,
    seen: Seen,
) -> None:
    """Add one group of kernels of the same kind and element type."""
    per_matrix = best_matrix = 0.0
    if matrix is not None:
        share = _efficiency(constants, kind, matrix, runtime)
        per_matrix = 1 / (matrix.per_second * share)
    if matrix is not None and not matrix.is_bound:
        best = max(constants.best_matrix_efficiency, constants.simd_matrix_efficiency)
        best_matrix = 1 / (matrix.per_second * min(1.0, best * LOW_COMPUTE))
    per_vector = 0.0 if vector is None else 1 / (vector * constants.vector_efficiency)
    traffic = REDUCTION_TRAFFIC if kind == "reduction" else 1.0
    per_byte = traffic / (bandwidth * constants.memory_efficiency)
    best_byte = 1 / (bandwidth * constants.best_memory_efficiency)
    launch = constants.launch_seconds.get(runtime.kind, max(constants.launch_seconds.values()))
    ramp = constants.ramp_seconds
    high_compute, high_traffic = HIGH_COMPUTE, HIGH_TRAFFIC
    if seen.launch_seconds is not None:
        launch = seen.launch_seconds
    if seen.compute is not None:
        per_matrix = 1 / seen.compute.per_second
        high_compute = find_margin(seen.compute)
        best_matrix = per_matrix / high_compute
    if seen.bandwidth is not None:
        per_byte = 1 / seen.bandwidth.per_second
        high_traffic = find_margin(seen.bandwidth)
        best_byte = per_byte / high_traffic
    for count, operations, others, moved in kernels:
        compute = operations * per_matrix + others * per_vector
        memory = moved * per_byte
        start = launch + ramp if operations or kind == "reduction" else launch
        seen_rate = seen.compute if compute >= memory else seen.bandwidth
        if seen_rate is not None:
            start = max(launch - max(compute, memory), seen_rate.start_seconds)
        if compute >= memory:
            sums.compute += count * compute
            slow = compute * high_compute
        else:
            sums.bandwidth += count * memory
            slow = memory * high_traffic
        sums.launch += count * start
        sums.high += count * (slow + start * HIGH_LAUNCH)
        sums.low += count * max(operations * best_matrix, moved * best_byte)
        sums.low_launch += count * launch * LOW_LAUNCH


def _add_transfers(
    requirement: IRRequirement,
    representation: ResourceRepresentation,
    estimate: Estimate,
    alone: TimeEstimate,
    devices: int,
) -> Estimate:
    """The time on a set of devices: its stages run in turn and hand their values on."""
    link = _find_link(representation)
    if link is None:
        return Estimate(None, ("time unknown: the rate of the link is not known",))
    transfer = (devices - 1) * (requirement.memory.activation_peak_bytes or 0) / link
    time = TimeEstimate(
        low=alone.low / devices,
        expected=alone.expected + transfer,
        high=alone.high + 2 * transfer,
        binding_term="link" if transfer > alone.expected else alone.binding_term,
    )
    note = "the stages of a split model run one after another"
    return Estimate(time, (), (*estimate.assumptions, note))


def _find_link(representation: ResourceRepresentation) -> float | None:
    for link in (representation.interconnect, representation.host_link):
        if link is not None and link.bytes_per_second is not None:
            return link.bytes_per_second
    return None
