"""From a typed graph to the IR requirement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from cyborg_rr.domain.documents import MAX_ENTRIES, MAX_NUMBER, MAX_TEXT_LENGTH
from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import MemoryPlan, TensorType
from cyborg_rr.domain.graph.inference.bindings import list_input_symbols
from cyborg_rr.domain.graph.inference.derived import find_derived_bytes
from cyborg_rr.domain.graph.inference.typed import TypedBlock, TypedGraph
from cyborg_rr.domain.graph.memory.liveness import Peak, find_least_peak, find_peak
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.work.workload import Workload, find_workload
from cyborg_rr.domain.requirement.explanation import explain_bounds, explain_gaps
from cyborg_rr.domain.requirement.linear import find_linear_weights
from cyborg_rr.domain.requirement.peaks import find_fused_peak, list_runtime_peaks
from cyborg_rr.domain.requirement.requirement import (
    ComputeRequirement,
    DeviceRequirement,
    IRRequirement,
    MemoryRequirement,
    ReaderIdentity,
    TensorRequirement,
)
from cyborg_rr.domain.requirement.stored import Stored
from cyborg_rr.domain.requirement.uses import list_uses
from cyborg_rr.domain.requirement.work import list_attention, list_work
from cyborg_rr.domain.words import ELEMENT_TYPES

_NOT_DATA: Final = frozenset(e.name for e in ELEMENT_TYPES.values() if e.family == "other")
_SHOWN_WARNINGS: Final = 100
_WARNING_LENGTH: Final = 1000


def extract(
    typed: TypedGraph,
    *,
    name: str,
    sha256: str | None,
    size_bytes: int,
    reader_name: str,
    bindings: Mapping[str, Any],
    example: Sequence[str] = (),
) -> IRRequirement:
    """The requirement of a graph at the shapes that inference found.

    Figures that need a missing shape are None, and a warning names what is missing and how to
    supply it, as in ``example``. Operations without a rule make the compute figures a lower bound,
    with a warning.
    """
    graph = typed.graph
    workload = find_workload(typed)
    warnings = list(dict.fromkeys((*graph.warnings, *typed.warnings, *workload.warnings)))
    parameters = Stored.collect(typed.body)
    memory = _memory(typed, parameters, (*typed.found, *workload.choices))
    compute = _compute(typed, workload)
    warnings += explain_gaps(typed, workload, memory, compute, example)
    warnings += explain_bounds((*typed.found, *workload.choices), memory, compute)
    warnings += parameters.explain_open()
    uses, told = list_uses(workload, graph.calls)
    warnings += told
    return IRRequirement(
        name=name,
        sha256=sha256,
        size_bytes=size_bytes,
        ir=graph.ir,
        reader=ReaderIdentity(reader_name, graph.completeness),
        inputs=_tensors(typed, typed.input_names),
        outputs=_tensors(typed, typed.body.block.outputs),
        operations=_ordered(workload.operations),
        canonical_operations=_ordered(workload.canonical),
        unknown_operations=_ordered(workload.unknown),
        element_types=tuple(sorted(_element_types(typed.body) - _NOT_DATA)),
        dynamic=_is_dynamic(typed),
        symbols=tuple(list_input_symbols(graph)),
        bindings=bindings,
        memory=memory,
        compute=compute,
        work=list_work(workload) if compute.macs is not None else (),
        replicas=graph.replicas,
        partitions=graph.partitions,
        collectives=_ordered(workload.collectives),
        control_flow=_ordered(workload.control_flow),
        targets=graph.targets,
        warnings=_cut(warnings),
        cache=graph.cache,
        per_device=_find_device_requirement(typed, parameters),
        example_inputs=tuple(example),
        uses=uses,
        attention=list_attention(workload) if compute.macs is not None else (),
    )


def _cut(warnings: list[str]) -> tuple[str, ...]:
    """The warnings, bounded in number and length whatever the file provokes."""
    shown = [warning[:_WARNING_LENGTH] for warning in warnings[:_SHOWN_WARNINGS]]
    if len(warnings) > _SHOWN_WARNINGS:
        shown.append(f"{len(warnings) - _SHOWN_WARNINGS} more warnings are left out")
    return tuple(shown)


def _find_device_requirement(typed: TypedGraph, stored: Stored) -> DeviceRequirement | None:
    """What one device is asked for; what reckons it is loaded for a graph that is divided."""
    if not typed.graph.is_sharded:
        return None
    from cyborg_rr.domain.requirement.per_device import find_device_requirement

    return find_device_requirement(typed, stored)


def _ordered(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts by name, most frequent first, so that equal graphs give equal documents.

    What a document cannot hold is refused here, where the file can still be blamed.
    """
    if len(counts) > MAX_ENTRIES:
        raise UnreadableModel(f"the file uses more than {MAX_ENTRIES} different operations")
    for name, count in counts.items():
        if len(name) > MAX_TEXT_LENGTH or count > MAX_NUMBER:
            raise UnreadableModel(f"the name or the count of {quote(name)} is too large")
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _tensors(typed: TypedGraph, names: Iterable[str]) -> tuple[TensorRequirement, ...]:
    found: list[TensorRequirement] = []
    for name in names:
        tensor = typed.body.bounded.get(name) or typed.body.type_of(name)
        if len(name) > MAX_TEXT_LENGTH or len(found) >= MAX_ENTRIES:
            raise UnreadableModel("the model has too many inputs or outputs, or too long names")
        found.append(TensorRequirement(name, tensor.element_type, _show(tensor)))
    return tuple(found)


def _show(tensor: TensorType) -> tuple[int | str, ...] | None:
    """A shape as documents have it."""
    if tensor.shape is None:
        return None
    return tuple(str(size) if isinstance(size, str) else size for size in tensor.shape)


def _total_bytes(tensors: Iterable[TensorType]) -> int | None:
    sizes = [tensor.byte_size for tensor in tensors]
    known = [size for size in sizes if size is not None]
    if sum(known) > MAX_NUMBER:
        raise UnreadableModel("the model's inputs or outputs exceed 2**65 bytes")
    return sum(known) if len(known) == len(sizes) else None


def _find_plan(typed: TypedGraph) -> MemoryPlan | None:
    """What the compiler planned, which holds for the shapes in the file only."""
    stated = typed.graph.body.inputs
    unchanged = all(typed.body.types[name] == stated[name] for name in typed.input_names)
    return typed.graph.memory_plan if unchanged else None


def _count_aliased(body: TypedBlock, outputs: Sequence[TensorType]) -> int:
    """Bytes of inputs that outputs take over: of a buffer that grows meanwhile, the smaller.

    What has no known size counts as nothing, so that no memory is left out.
    """
    total = 0
    for place, argument in body.block.aliased_outputs.items():
        before, after = body.type_of(argument).byte_size, outputs[place].byte_size
        if before is not None and after is not None:
            total += min(before, after)
    return total


def _memory(typed: TypedGraph, stored: Stored, unsure: Sequence[str]) -> MemoryRequirement:
    types = typed.body.types
    is_known = typed.graph.completeness != "header"
    input_types = [types[name] for name in typed.input_names]
    output_types = [typed.body.type_of(name) for name in typed.body.block.outputs]
    plan = _find_plan(typed)
    if plan is not None:
        peak: Peak | None = Peak(plan.temporary_bytes)
    else:
        peak = find_peak(typed) if is_known else None
    reckoned = peak if plan is None else None
    at_most = _find_bounded(typed, reckoned) if is_known and unsure else {}
    return MemoryRequirement(
        parameter_bytes=stored.parameters.total(),
        constant_bytes=stored.constant_bytes,
        input_bytes=_total_bytes(input_types) if is_known else None,
        output_bytes=_total_bytes(output_types) if is_known else None,
        activation_peak_bytes=None if peak is None else peak.total_bytes,
        parameter_bytes_by_element_type=_ordered(stored.parameters),
        activation_peak_by_element_type={} if peak is None else _ordered(peak.by_element_type),
        parameters=stored.location if is_known or typed.body.block.stored else "absent",
        aliased_bytes=_count_aliased(typed.body, output_types),
        activation_peak_method=None if plan is None else plan.source,
        parameters_guessed=typed.graph.weights_guessed,
        derived_bytes=find_derived_bytes(typed.body) if is_known else 0,
        at_most=at_most,
        fused_peak_bytes=find_fused_peak(typed, reckoned, at_most),
        runtime_peaks=list_runtime_peaks(typed, reckoned, at_most),
        parameter_count=min(stored.parameter_count, MAX_NUMBER),
        linear=find_linear_weights(typed) if is_known else None,
    )


def _find_bounded(typed: TypedGraph, peak: Peak | None) -> dict[str, int]:
    """The figures of memory that are upper bounds, with what is needed whatever the data says."""
    found: dict[str, int] = {}
    body = typed.body
    for figure, names in (
        ("input_bytes", typed.input_names),
        ("output_bytes", list(body.block.outputs)),
    ):
        if any(body.is_bounded(name) for name in names):
            sure = [body.type_of(name) for name in names if not body.is_bounded(name)]
            if (total := _total_bytes(sure)) is not None:
                found[figure] = total
    least = find_least_peak(typed) if peak is not None else None
    if peak is not None and least is not None and least.total_bytes < peak.total_bytes:
        found["activation_peak_bytes"] = least.total_bytes
    return found


def _compute(typed: TypedGraph, workload: Workload) -> ComputeRequirement:
    if workload.first_uncosted is not None or typed.graph.completeness == "header":
        return ComputeRequirement(None, None, None, None)
    flops: Counter[str] = Counter()
    other = transcendentals = 0
    unsure: Counter[str] = Counter()
    for kernel, count in workload.kernels.items():
        other += kernel.flops_other * count
        transcendentals += kernel.transcendentals * count
        if kernel.macs:
            flops[kernel.element_type] += 2 * kernel.macs * count
        if kernel.at_most:
            unsure["macs"] += kernel.macs * count
            unsure["flops"] += 2 * kernel.macs * count
            unsure["flops_other"] += kernel.flops_other * count
            unsure["transcendentals"] += kernel.transcendentals * count
    macs = workload.macs
    totals = {
        "macs": macs,
        "flops": 2 * macs,
        "flops_other": other,
        "transcendentals": transcendentals,
    }
    at_most = {name: totals[name] - part for name, part in unsure.items() if part}
    return ComputeRequirement(
        **totals,
        flops_by_element_type=_ordered(flops),
        at_most=at_most,
        at_least=bool(workload.unknown) or typed.graph.completeness == "partial",
    )


def _element_types(body: TypedBlock) -> set[str]:
    found: set[str] = set()
    seen: set[int] = set()
    waiting = [body]
    while waiting:
        typed = waiting.pop()
        if id(typed) in seen:
            continue
        seen.add(id(typed))
        found.update(t.element_type for t in typed.types.values() if t.element_type)
        for inner in typed.inner.values():
            waiting.extend(inner.blocks)
    return found


def _is_dynamic(typed: TypedGraph) -> bool:
    """Whether the file itself leaves sizes of its inputs, or of anything else, open."""
    stated = typed.graph.body.inputs.values()
    open_inputs = any(t.shape is None or any(isinstance(d, str) for d in t.shape) for t in stated)
    return open_inputs or bool(typed.unresolved) or typed.has_bounded
