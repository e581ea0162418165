"""What a model asks for after its floating-point values are converted to another element type."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from cyborg_rr.domain.graph.caches import CachedLayers
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operands import change_type, parse_operand
from cyborg_rr.domain.matching.quantising import is_written_in_pairs, write_in_pairs
from cyborg_rr.domain.requirement.requirement import (
    AttentionItem,
    DeviceRequirement,
    IRRequirement,
    MemoryRequirement,
    OperationUse,
    RuntimePeak,
    Span,
    TensorRequirement,
    WorkItem,
)
from cyborg_rr.domain.words import ELEMENT_TYPES

_Item = TypeVar("_Item", WorkItem, AttentionItem)

_CHANGED = frozenset(entry.name for entry in ELEMENT_TYPES.values() if entry.is_converted)
"""Types that a conversion changes; narrower ones are quantised already and stay."""


def convert(
    requirement: IRRequirement, element_type: str, *, keeps_io: bool = False
) -> IRRequirement:
    """The requirement with weights, activations and arithmetic in ``element_type``.

    Inputs and outputs are converted too, caches of a decoder among them, unless the caller
    ``keeps_io`` or the type is for weights alone.
    """
    keeps_io = keeps_io or not ELEMENT_TYPES[element_type].is_plain
    in_pairs = is_written_in_pairs(requirement, element_type)
    types = _convert_types(requirement.element_types, element_type)
    if in_pairs:
        types = tuple(sorted({*types, *requirement.element_types}))
        requirement = write_in_pairs(requirement, element_type)
    return replace(
        requirement,
        element_types=types,
        inputs=requirement.inputs
        if keeps_io
        else _convert_tensors(requirement.inputs, element_type),
        outputs=requirement.outputs
        if keeps_io
        else _convert_tensors(requirement.outputs, element_type),
        memory=_convert_memory(requirement, element_type, keeps_io=keeps_io),
        compute=replace(
            requirement.compute,
            flops_by_element_type=_rename(requirement.compute.flops_by_element_type, element_type),
        ),
        work=tuple(_convert_item(item, element_type) for item in requirement.work),
        attention=tuple(_convert_item(item, element_type) for item in requirement.attention),
        per_device=_convert_share(requirement, element_type, keeps_io=keeps_io),
        uses=requirement.uses
        if in_pairs
        else tuple(_convert_use(use, element_type) for use in requirement.uses),
        cache=tuple(_convert_cache(layers, element_type) for layers in requirement.cache),
    )


def _convert_cache(layers: CachedLayers, target: str) -> CachedLayers:
    """A cache is in the type that is computed in, which weights of few bits do not change.

    States become no smaller: scans are computed in a wide type of their own.
    """
    if layers.element_type not in _CHANGED or not ELEMENT_TYPES[target].is_plain:
        return layers
    states = _scale(layers.state_bytes, layers.element_type, target)
    return replace(
        layers,
        element_type=target,
        bytes_per_token=_scale(layers.bytes_per_token, layers.element_type, target),
        state_bytes=max(states, layers.state_bytes),
    )


def _convert_tensors(
    tensors: Iterable[TensorRequirement], target: str
) -> tuple[TensorRequirement, ...]:
    return tuple(
        replace(each, element_type=target) if each.element_type in _CHANGED else each
        for each in tensors
    )


def _measure(tensors: Iterable[TensorRequirement]) -> dict[str, int]:
    """Bytes by element type of the tensors of known sizes."""
    found: dict[str, int] = {}
    for each in tensors:
        size = TensorType(each.element_type, each.shape).byte_size
        if size and each.element_type is not None:
            found[each.element_type] = found.get(each.element_type, 0) + size
    return found


def _convert_memory(
    requirement: IRRequirement, target: str, *, keeps_io: bool
) -> MemoryRequirement:
    """The memory of the converted model.

    Where inputs and outputs keep their types so do aliases: an output in the memory of an input
    keeps its type as that does, and one in that of a parameter (a state) is stored as the
    parameter is, whatever that becomes.
    """
    memory = requirement.memory
    if not keeps_io:
        memory = _convert_io(requirement, target)
    growth = _find_growth(requirement.element_types, target)
    peak, by_type = memory.activation_peak_bytes, memory.activation_peak_by_element_type
    return replace(
        memory,
        parameter_bytes=_convert_bytes(
            memory.parameter_bytes, memory.parameter_bytes_by_element_type, target, growth
        ),
        parameter_bytes_by_element_type=_convert_map(
            memory.parameter_bytes_by_element_type, target
        ),
        constant_bytes=_grow(memory.constant_bytes, growth),
        derived_bytes=_grow(memory.derived_bytes, growth),
        activation_peak_bytes=None
        if peak is None
        else _convert_bytes(peak, by_type, target, growth),
        activation_peak_by_element_type=_convert_map(by_type, target),
        at_most=_convert_least(memory, target),
        runtime_peaks=tuple(
            _convert_peak(each, requirement, target, growth, keeps_io=keeps_io)
            for each in memory.runtime_peaks
        ),
        fused_peak_bytes=None
        if memory.fused_peak_bytes is None
        else _scale_least(memory, memory.fused_peak_bytes, target),
    )


def _convert_io(requirement: IRRequirement, target: str) -> MemoryRequirement:
    """The memory with inputs and outputs converted, of which others may lie in those."""
    memory = requirement.memory
    growth = _find_growth(requirement.element_types, target)
    totals: dict[str, int | None] = {}
    for name, tensors in (
        ("input_bytes", requirement.inputs),
        ("output_bytes", requirement.outputs),
    ):
        total = getattr(memory, name)
        sizes = _measure(tensors)
        most = max(sum(sizes.values()), total or 0)
        converted = _convert_bytes(most, sizes, target, growth)
        totals[name] = None if total is None else _scale_part(total, most or 1, converted)
    least = {
        name: _scale_part(size, getattr(memory, name), totals.get(name))
        for name, size in memory.at_most.items()
        if name in totals
    }
    return replace(
        memory,
        input_bytes=totals["input_bytes"],
        output_bytes=totals["output_bytes"],
        aliased_bytes=_scale_part(
            memory.aliased_bytes, memory.output_bytes, totals["output_bytes"]
        ),
        at_most={**memory.at_most, **least},
    )


def _scale_part(part: int, before: int | None, after: int | None) -> int:
    """A part of a total that became another; no more than there is."""
    return min(part * after // before, after) if before and after is not None else part


def _convert_peak(
    peak: RuntimePeak, requirement: IRRequirement, target: str, growth: Fraction, *, keeps_io: bool
) -> RuntimePeak:
    """A peak with its temporaries converted, and with its outputs unless they keep their types."""
    sizes = dict(peak.bytes_by_element_type)
    kept = _measure(requirement.outputs) if keeps_io else {}
    fixed = {name: min(size, sizes.get(name, 0)) for name, size in kept.items() if name in _CHANGED}
    for name, size in fixed.items():
        sizes[name] -= size
    whole = sum(fixed.values())
    converted = _convert_map(sizes, target)
    for name, size in fixed.items():
        converted[name] = converted.get(name, 0) + size
    return replace(
        peak,
        bytes=whole + _convert_bytes(peak.bytes - whole, sizes, target, growth),
        bytes_by_element_type=converted,
    )


def _find_growth(types: Iterable[str], target: str) -> Fraction:
    """By how much the narrowest value that is converted becomes larger, 1 where none does.

    What no element type is stated for (a compiler's plan, constants) may be of that type.
    """
    bits = [ELEMENT_TYPES[name].bits for name in types if name in _CHANGED]
    return max(Fraction(1), Fraction(ELEMENT_TYPES[target].bits, min(bits, default=1 << 16)))


def _grow(size: int, growth: Fraction) -> int:
    return math.ceil(size * growth)


def _convert_use(use: OperationUse, target: str) -> OperationUse:
    """The same call with operands of the other type."""
    return replace(
        use,
        inputs=_convert_operands(use.inputs, target),
        outputs=_convert_operands(use.outputs, target),
    )


def _convert_operands(operands: tuple[str, ...] | None, target: str) -> tuple[str, ...] | None:
    if operands is None:
        return None
    return tuple(_convert_operand(text, target) for text in operands)


def _convert_operand(text: str, target: str) -> str:
    is_changed = parse_operand(text).element_type in _CHANGED
    return change_type(text, target) if is_changed else text


def _convert_share(
    requirement: IRRequirement, target: str, *, keeps_io: bool
) -> DeviceRequirement | None:
    """The part of one device: which of its bytes change is known where all of a kind do."""
    share, memory = requirement.per_device, requirement.memory
    if share is None:
        return None
    parameters = memory.parameter_bytes, memory.parameter_bytes_by_element_type
    peak = memory.activation_peak_bytes or 0, memory.activation_peak_by_element_type
    growth = _find_growth(requirement.element_types, target)
    if not keeps_io:
        inputs = memory.input_bytes or 0, _measure(requirement.inputs)
        outputs = memory.output_bytes or 0, _measure(requirement.outputs)
        share = replace(
            share,
            input_bytes=_convert_span(share.input_bytes, *inputs, target, growth),
            output_bytes=_convert_span(share.output_bytes, *outputs, target, growth),
            aliased_bytes=_convert_span(share.aliased_bytes, *outputs, target, growth),
        )
    return replace(
        share,
        parameter_bytes=_convert_span(share.parameter_bytes, *parameters, target, growth),
        constant_bytes=_grow_span(share.constant_bytes, growth),
        activation_peak_bytes=_convert_span(share.activation_peak_bytes, *peak, target, growth),
    )


def _convert_span(
    span: Span | None, total: int, sizes: Mapping[str, int], target: str, growth: Fraction
) -> Span | None:
    """Between the least and the most that any of the element types becomes."""
    if span is None:
        return None
    present = [name for name, size in sizes.items() if size]
    least = [_scale(span.least, name, target) for name in present]
    most = [_scale(span.most, name, target) for name in present]
    if sum(sizes.values()) < total:
        least, most = [*least, span.least], [*most, _grow(span.most, growth)]
    return Span(min(least, default=span.least), max(most, default=span.most))


def _grow_span(span: Span | None, growth: Fraction) -> Span | None:
    return None if span is None else replace(span, most=_grow(span.most, growth))


def _convert_least(memory: MemoryRequirement, target: str) -> Mapping[str, int]:
    """What is sure of the figures."""
    at_most = dict(memory.at_most)
    if "activation_peak_bytes" in at_most:
        sure = at_most["activation_peak_bytes"]
        at_most["activation_peak_bytes"] = _scale_least(memory, sure, target)
    return at_most


def _scale_least(memory: MemoryRequirement, size: int, target: str) -> int:
    """A part of the peak, less where any of its elements become narrower."""
    whole = 1 << 16
    shares = (_scale(whole, source, target) for source in memory.activation_peak_by_element_type)
    return size * min([whole, *shares]) // whole


def widest_float(requirement: IRRequirement) -> str | None:
    """The widest floating-point type that the model uses, None when it uses none."""
    used = [
        name for name in ELEMENT_TYPES if name in requirement.element_types and name in _CHANGED
    ]
    return max(used, key=lambda name: ELEMENT_TYPES[name].bits, default=None)


def _scale(size: int, source: str, target: str) -> int:
    if source not in _CHANGED:
        return size
    return -(-size * ELEMENT_TYPES[target].bits // ELEMENT_TYPES[source].bits)


def _convert_types(types: tuple[str, ...], target: str) -> tuple[str, ...]:
    return tuple(sorted({target if name in _CHANGED else name for name in types}))


def _convert_map(sizes: Mapping[str, int], target: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for source, size in sizes.items():
        name = target if source in _CHANGED else source
        found[name] = found.get(name, 0) + _scale(size, source, target)
    return found


def _convert_bytes(total: int, sizes: Mapping[str, int], target: str, growth: Fraction) -> int:
    """The total with the known parts converted; bytes of no stated type become no smaller."""
    rest = _grow(max(total - sum(sizes.values()), 0), growth)
    return rest + sum(_scale(size, source, target) for source, size in sizes.items())


def _rename(sizes: Mapping[str, int], target: str) -> dict[str, int]:
    """The same figures, of which those of converted types stand together."""
    found: Counter[str] = Counter()
    for source, size in sizes.items():
        found[target if source in _CHANGED else source] += size
    return dict(found)


def _convert_item(item: _Item, target: str) -> _Item:
    if item.element_type not in _CHANGED:
        return item
    converted = replace(
        item,
        element_type=target,
        bytes_read=_scale(item.bytes_read, item.element_type, target),
        bytes_written=_scale(item.bytes_written, item.element_type, target),
        parameter_bytes=_scale(item.parameter_bytes, item.element_type, target),
    )
    if isinstance(converted, AttentionItem):
        scores = _scale(converted.score_bytes, item.element_type, target)
        return replace(converted, score_bytes=scores)
    inner = _scale(converted.inner_bytes, item.element_type, target)
    return replace(converted, inner_bytes=inner)
