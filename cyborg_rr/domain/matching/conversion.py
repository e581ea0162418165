"""What a model asks for after its floating-point values are converted to another element type."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from cyborg_rr.domain.graph.caches import CachedLayers
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
    WorkItem,
)
from cyborg_rr.domain.words import ELEMENT_TYPES

_Item = TypeVar("_Item", WorkItem, AttentionItem)

_CHANGED = frozenset(entry.name for entry in ELEMENT_TYPES.values() if entry.is_converted)
"""Types that a conversion changes; narrower ones are quantised already and stay."""


def convert(requirement: IRRequirement, element_type: str) -> IRRequirement:
    """The requirement with weights, activations and arithmetic in ``element_type``.

    Inputs and outputs keep their types: callers go on sending what they sent.
    """
    in_pairs = is_written_in_pairs(requirement, element_type)
    types = _convert_types(requirement.element_types, element_type)
    if in_pairs:
        types = tuple(sorted({*types, *requirement.element_types}))
        requirement = write_in_pairs(requirement, element_type)
    return replace(
        requirement,
        element_types=types,
        memory=_convert_memory(requirement, element_type),
        compute=replace(
            requirement.compute,
            flops_by_element_type=_rename(requirement.compute.flops_by_element_type, element_type),
        ),
        work=tuple(_convert_item(item, element_type) for item in requirement.work),
        attention=tuple(_convert_item(item, element_type) for item in requirement.attention),
        per_device=_convert_share(requirement, element_type),
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


def _convert_memory(requirement: IRRequirement, target: str) -> MemoryRequirement:
    """The memory of the converted model.

    Aliases stay: an output in the memory of an input keeps its type as that does, and one in that
    of a parameter (a state) is stored as the parameter is, whatever that becomes.
    """
    memory = requirement.memory
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
        runtime_peaks=tuple(_convert_peak(each, target, growth) for each in memory.runtime_peaks),
        fused_peak_bytes=None
        if memory.fused_peak_bytes is None
        else _scale_least(memory, memory.fused_peak_bytes, target),
    )


def _convert_peak(peak: RuntimePeak, target: str, growth: Fraction) -> RuntimePeak:
    sizes = peak.bytes_by_element_type
    return replace(
        peak,
        bytes=_convert_bytes(peak.bytes, sizes, target, growth),
        bytes_by_element_type=_convert_map(sizes, target),
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


def _convert_share(requirement: IRRequirement, target: str) -> DeviceRequirement | None:
    """The part of one device: which of its bytes change is known where all of a kind do."""
    share, memory = requirement.per_device, requirement.memory
    if share is None:
        return None
    parameters = memory.parameter_bytes, memory.parameter_bytes_by_element_type
    peak = memory.activation_peak_bytes or 0, memory.activation_peak_by_element_type
    growth = _find_growth(requirement.element_types, target)
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
