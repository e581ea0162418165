"""How much memory one execution takes on a device, and how many devices hold the model."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from cyborg_rr.domain.graph.memory.habits import Attending
from cyborg_rr.domain.matching.certainty import LOW_MARGINS
from cyborg_rr.domain.matching.verdict import MemoryNeed
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.requirement.kept import find_kept
from cyborg_rr.domain.requirement.requirement import (
    DeviceRequirement,
    IRRequirement,
    MemoryRequirement,
    Span,
)

MIB = 1 << 20
DEFAULT_CONTEXT_BYTES = 1024 * MIB

MARGIN_BYTES = 64 * MIB
"""Of what 9 of 10 executions need no more beyond what is live: for the blocks of the allocator."""

ACTIVATION_MARGIN, OUTPUT_MARGIN = 0.6, 0.05
"""Shares of it where memory is asked for as a program runs: for blocks that nothing else fits into,
and for values that the program holds longer than its graph reads them. Learned from half of the
models on an H100 (``tools/calibrate_estimates.py memory``)."""

PLANNED_MARGIN = 0.1
"""Share of the activations where all buffers are placed before anything runs: six plans of XLA
needed less than is said here."""

DEFAULT_WORKSPACE_BYTES = 192 * MIB
"""For libraries of runtimes whose workspace nobody measured."""

CLASS_MARGIN = 0.01
"""Devices of one class differ by up to this share of their memory: it is never counted on."""

SPLIT_IMBALANCE = 0.05
"""The largest part of a split model is larger than the mean by this share."""

SPLIT_BUFFER_BYTES = 256 * MIB
"""Send and receive buffers on each device of a set."""


def find_memory_need(
    requirement: IRRequirement, representation: ResourceRepresentation, runtime: Runtime
) -> MemoryNeed:
    """The items for the whole model on one device, or for the part that falls to one by the file.

    Weights that the file lacks are counted as long as their shapes are known.
    """
    share = requirement.per_device
    if share is None:
        scores = _find_stored_scores(requirement, representation, runtime)
        need = _find_need(_add_scores(requirement.memory, scores), representation, runtime)
        return _add_cache(need, requirement)
    most = _find_need(_take_part(requirement.memory, share, "most"), representation, runtime)
    least = _find_need(_take_part(requirement.memory, share, "least"), representation, runtime)
    low = None if most.low is None else min(most.low, least.low or most.low)
    return replace(most, least=least.known if least.known < most.known else None, low=low)


def _find_stored_scores(
    requirement: IRRequirement, representation: ResourceRepresentation, runtime: Runtime
) -> int:
    """What the largest attention stores that the file has as one operation: scores and
    probabilities, where the runtime has no kernel that spares them. What is spelled out is among
    the temporaries that were planned.
    """
    own = representation.architecture
    return max(
        (
            2 * each.score_bytes
            for each in requirement.attention
            if each.is_one_operation and not runtime.has_attention(each.element_type, own)
        ),
        default=0,
    )


def _add_scores(memory: MemoryRequirement, scores: int) -> MemoryRequirement:
    """The memory with scores in the peaks that were planned as if nobody stored any."""
    if not scores:
        return memory

    def add(size: int | None) -> int | None:
        return None if size is None else size + scores

    return replace(
        memory,
        activation_peak_bytes=add(memory.activation_peak_bytes),
        fused_peak_bytes=add(memory.fused_peak_bytes),
    )


def _add_cache(need: MemoryNeed, requirement: IRRequirement) -> MemoryNeed:
    """The need with what the sequences keep, which every sum and bound of it has then."""
    kept = find_kept(requirement.cache, requirement.inputs)
    if kept is None:
        return need
    sums = {
        name: size + kept.size_bytes
        for name in ("total", "least", "low", "high")
        if (size := getattr(need, name)) is not None
    }
    return replace(need, cache=kept.size_bytes, **sums)


def _take_part(
    memory: MemoryRequirement, share: DeviceRequirement, end: Literal["least", "most"]
) -> MemoryRequirement:
    """The memory of one of several devices, by one end of what the file leaves open."""

    def take(span: Span | None) -> int | None:
        if span is None:
            return None
        return span.least if end == "least" else span.most

    parameters, constants = take(share.parameter_bytes), take(share.constant_bytes)
    return replace(
        memory,
        parameter_bytes=memory.parameter_bytes if parameters is None else parameters,
        constant_bytes=memory.constant_bytes if constants is None else constants,
        input_bytes=take(share.input_bytes),
        output_bytes=take(share.output_bytes),
        activation_peak_bytes=take(share.activation_peak_bytes),
        at_most={},
        fused_peak_bytes=None,
        derived_bytes=memory.derived_bytes if end == "most" else 0,
        aliased_bytes=take(share.aliased_bytes) or 0,
        runtime_peaks=(),
    )


def _find_need(
    memory: MemoryRequirement, representation: ResourceRepresentation, runtime: Runtime
) -> MemoryNeed:
    peak = find_activations(memory, representation, runtime)
    sized = memory.parameters != "absent" or memory.parameter_bytes > 0
    need = MemoryNeed(
        parameters=memory.parameter_bytes if sized else None,
        constants=memory.constant_bytes + memory.derived_bytes,
        inputs=memory.input_bytes,
        outputs=memory.output_bytes,
        activations=peak,
        runtime_context=find_context(representation, runtime),
        margin=None if peak is None else _find_margin(peak, memory.output_bytes, runtime),
        aliased=-min(memory.aliased_bytes, memory.output_bytes or 0),
        total=None,
        usable_per_device=find_usable(representation),
        workspace=DEFAULT_WORKSPACE_BYTES
        if runtime.workspace_bytes is None
        else runtime.workspace_bytes,
    )
    items = (need.parameters, need.constants, need.inputs, need.outputs, need.activations)
    spared = _find_least(need, memory, runtime)
    if spared.known < need.known:
        need = replace(need, least=spared.known)
    if None in items:
        return need
    low = min(_find_low(need), _find_low(spared))
    return replace(need, total=need.known, low=low, high=need.known)


def find_context(representation: ResourceRepresentation, runtime: Runtime) -> int:
    """What a process of the runtime holds on the device before any model is loaded."""
    constants = representation.constants
    context = runtime.context_bytes
    if context is None and constants is not None:
        context = constants.context_bytes.get(runtime.kind)
    measured = representation.find_measured(runtime)
    if measured is not None and measured.context_bytes is not None:
        context = measured.context_bytes
    return DEFAULT_CONTEXT_BYTES if context is None else context


def find_usable(representation: ResourceRepresentation) -> int | None:
    """What every device of the class has; None where its memory is not known."""
    usable = representation.memory_bytes
    return None if usable is None else usable - math.ceil(usable * CLASS_MARGIN)


def find_activations(
    memory: MemoryRequirement, representation: ResourceRepresentation, runtime: Runtime
) -> int | None:
    """What a runtime needs beside stored tensors, inputs and outputs; None: it is not known."""
    if not runtime.reads_strides or not memory.runtime_peaks:
        return memory.activation_peak_bytes
    plans = runtime.plans_memory and runtime.fuses == "elementwise"
    peaks = {peak.attending: peak for peak in memory.runtime_peaks if peak.fuses == plans}
    ways = _list_ways(memory, representation, runtime)
    outputs = (memory.output_bytes or 0) - memory.aliased_bytes
    return max(min(peaks[way].bytes for way in ways if way in peaks) - max(outputs, 0), 0)


def _list_ways(
    memory: MemoryRequirement, representation: ResourceRepresentation, runtime: Runtime
) -> tuple[Attending, ...]:
    """How a runtime may run attention on a device, the type of its activations considered."""
    sizes = memory.activation_peak_by_element_type
    element_type = max(sizes, key=lambda name: sizes[name], default="")
    if not runtime.has_attention(element_type, representation.architecture):
        return ("none",)
    return ("none", "called", "all") if runtime.joins_attention else ("none", "called")


def _find_low(need: MemoryNeed) -> int:
    """The low end of the interval whose high end is all that is counted."""
    return need.known - int(LOW_MARGINS * (need.margin or 0))


def fuses(memory: MemoryRequirement, runtime: Runtime) -> bool:
    """Whether fewer activations are needed where elementwise operations are fused."""
    return runtime.fuses == "elementwise" and memory.fused_peak_bytes is not None


def _find_least(need: MemoryNeed, memory: MemoryRequirement, runtime: Runtime) -> MemoryNeed:
    """What is needed when data makes all as small as can be, and the runtime spares what it can.

    It need not keep what follows from weights alone.
    """
    at_most = memory.at_most
    outputs = at_most.get("output_bytes", need.outputs)
    peak = at_most.get("activation_peak_bytes", need.activations)
    if fuses(memory, runtime) and memory.fused_peak_bytes is not None:
        peak = min(memory.fused_peak_bytes, memory.fused_peak_bytes if peak is None else peak)
    return replace(
        need,
        constants=memory.constant_bytes,
        inputs=at_most.get("input_bytes", need.inputs),
        outputs=outputs,
        activations=peak,
        margin=None if peak is None else _find_margin(peak, outputs, runtime),
        aliased=max(need.aliased, -(outputs or 0)),
    )


def _find_margin(activations: int, outputs: int | None, runtime: Runtime) -> int:
    """What is counted beyond what is live, such that the sum is the 90 % quantile of the need."""
    if runtime.plans_memory:
        return MARGIN_BYTES + int(PLANNED_MARGIN * activations)
    return MARGIN_BYTES + int(ACTIVATION_MARGIN * activations + OUTPUT_MARGIN * (outputs or 0))


def split_need_bytes(need: MemoryNeed, devices: int) -> int:
    """What each of several devices needs when the weights are divided among them.

    What is kept from one execution to the next (a cache, also one in donated inputs) goes with the
    layers that read it. Activations and all other inputs and outputs are counted whole on each: a
    stage of a pipeline may hold them.
    """
    kept = need.cache + min(-need.aliased, need.inputs or 0)
    divided = (need.parameters or 0) + (need.constants or 0) + kept
    if devices == 1:
        return need.known
    part = -(-divided // devices)
    return need.known - divided + int(part * (1 + SPLIT_IMBALANCE)) + SPLIT_BUFFER_BYTES


def may_fit(need: MemoryNeed, limit: int) -> bool:
    """Whether so many devices may hold what is needed only at most, or only likely."""
    return find_device_count(_take_least(need), limit) is not None


def find_probability(need: MemoryNeed, devices: int) -> float | None:
    """How likely it is that so many devices hold the model; None where memory is not known."""
    usable = need.usable_per_device
    if usable is None or need.total is None:
        return None
    spare = usable - split_need_bytes(need, devices)
    return need.spread.find_probability(need.known + spare)


def _take_least(need: MemoryNeed) -> MemoryNeed:
    """The need at its low end; what is spared is never divided among devices."""
    ends = [end for end in (need.least, need.low) if end is not None]
    surplus = need.known - min([need.known, *ends])
    return replace(need, runtime_context=need.runtime_context - surplus)


def find_fewest_devices(need: MemoryNeed, limit: int, *, guessed: bool) -> int | None:
    """As ``find_device_count``, of which a smaller count is sure to be too few.

    Where weights are ``guessed`` all inputs may be such, so that all are divided.
    """
    least = _take_least(need)
    return find_device_count(count_inputs_as_weights(least) if guessed else least, limit)


def find_device_count(need: MemoryNeed, limit: int) -> int | None:
    """The least count of devices (1, 2, 4, ...; what hosts have) that holds the model.

    None when not even ``limit`` devices do, or when their memory is not known.
    """
    usable = need.usable_per_device
    if usable is None:
        return None
    count = 1
    while count <= limit:
        if split_need_bytes(need, count) <= usable:
            return count
        count *= 2
    return None


MANY_INPUTS = 8


def may_hold_weights(requirement: IRRequirement) -> bool:
    """Whether some inputs may be weights, since the file names none and has many inputs."""
    memory = requirement.memory
    return memory.parameter_bytes == 0 and len(requirement.inputs) >= MANY_INPUTS


def count_inputs_as_weights(need: MemoryNeed) -> MemoryNeed:
    """The need if all inputs were weights."""
    return replace(need, parameters=(need.parameters or 0) + (need.inputs or 0), inputs=0)
