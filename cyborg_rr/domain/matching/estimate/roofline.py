"""Time of one execution: a roofline for each kernel, summed, with an interval.

A kernel takes what arithmetic and memory traffic take, of which one hides behind the other, and the
gap before the next one; the host launches beside that. ``doc/source/estimation.rst`` gives the
method, the constants' sources and the measured errors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

from cyborg_rr.domain.matching.estimate.kernels import Kernel, Profile
from cyborg_rr.domain.matching.estimate.occupancy import find_waves
from cyborg_rr.domain.matching.estimate.paces import Pace, find_pace
from cyborg_rr.domain.matching.estimate.rates import find_matrix_rate
from cyborg_rr.domain.matching.estimate.sharing import UNSHARED, Sharing, find_sharing
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.domain.words import MATRIX_KINDS, Term


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
    """Seconds added up over the kernels; ``low`` and ``high`` are the ends of arithmetic and
    traffic, ``launches`` what the host takes."""

    low: float = 0.0
    high: float = 0.0
    compute: float = 0.0
    bandwidth: float = 0.0
    gaps: float = 0.0
    sure_gaps: float = 0.0
    launches: float = 0.0

    def finish(self, sharing: Sharing, runtime: Runtime) -> TimeEstimate:
        """The interval, and the term that takes the largest part of the expected time.

        Partitions share the work and not the launches: each runs every kernel. The longest time is
        that of a device which does all of it.
        """
        compute, bandwidth = self.compute * sharing.expected, self.bandwidth * sharing.expected
        start = runtime.start_seconds
        expected = start + _hide(compute + bandwidth + self.gaps, self.launches)
        terms: dict[Term, float] = {
            "compute": compute,
            "bandwidth": bandwidth,
            "launch": expected - compute - bandwidth,
        }
        binding = max(terms, key=lambda term: terms[term])
        spread = runtime.spread
        low = _hide(self.low * sharing.least + self.sure_gaps / spread, self.launches / spread)
        high = spread * start + _hide(self.high + self.gaps * spread, self.launches * spread)
        return TimeEstimate(min(low, expected), expected, max(high, expected), binding)


def _hide(one: float, other: float) -> float:
    """The time of two things of which the shorter mostly hides behind the longer."""
    return sqrt(sqrt(one**4 + other**4))


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
    if notes:
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
    missing = _list_missing(representation)
    if constants is None or missing:
        return Estimate(None, missing)
    sums = _Sums()
    measured = representation.find_measured(runtime)
    notes: dict[str, None] = {} if measured is None else {measured.render_source(): None}
    for (kind, element_type, at_most), kernels in profile.groups.items():
        matrix = None
        if kind in MATRIX_KINDS and any(kernel.matrix for kernel in kernels):
            matrix = find_matrix_rate(representation, kind, element_type, runtime)
            if matrix is None:
                return Estimate(None, (f"time unknown: no rate for {kind} in {element_type}",))
            if matrix.note:
                notes[matrix.note] = None
        pace = find_pace(representation, constants, runtime, measured, kind, element_type, matrix)
        _add_kernels(sums, kernels, pace, is_sure=not at_most)
    if measured is None and runtime.kind != "graph":
        sums.launches = profile.calls * (runtime.dispatch_seconds or 0.0)
    notes["inputs are on the device already"] = None
    return Estimate(sums.finish(sharing, runtime), (), tuple(notes))


def _list_missing(representation: ResourceRepresentation) -> tuple[str, ...]:
    return tuple(
        f"time unknown: the {what} of the device {verb} not known"
        for what, verb, known in (
            ("memory bandwidth", "is", representation.bandwidth_bytes_per_second is not None),
            ("rates", "are", bool(representation.peak_rates)),
            ("constants", "are", representation.constants is not None),
        )
        if not known
    )


def _add_kernels(sums: _Sums, kernels: tuple[Kernel, ...], pace: Pace, *, is_sure: bool) -> None:
    """Add one group of kernels of the same kind and element type."""
    per_matrix, per_vector, per_byte = pace.per_matrix, pace.per_vector, pace.per_byte
    depth, tail, launch = pace.depth, pace.tail, pace.launch
    for count, operations, others, moved, tiles, terms, misfit in kernels:
        compute = others * per_vector
        if operations:
            filled = 1.0
            if depth is not None:
                filled = (1 + depth / terms) * find_waves(tiles, tail)
            compute += operations * per_matrix * filled * (misfit if pace.misfits else 1.0)
        memory = moved * per_byte
        squared, other = compute * compute, memory * memory
        both = count * sqrt(sqrt(squared * squared + other * other))
        if compute >= memory:
            sums.compute += both
            slack, gap = pace.compute_spread, pace.compute_gap
        else:
            sums.bandwidth += both
            slack, gap = pace.bandwidth_spread, pace.bandwidth_gap
        if launch is not None:  # measured: launches hide in what was timed
            gap = max(gap, launch - both / count)
        sums.gaps += count * gap
        sums.high += both * slack
        if is_sure:
            sums.low += count * memory / slack if pace.is_bound else both / slack
            sums.sure_gaps += count * gap


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
