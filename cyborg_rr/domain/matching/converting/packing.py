"""What a model asks for after its weights alone were quantised.

That is what people mean by the int8, int4 or fp8 of a checkpoint: bitsandbytes, GPTQ, AWQ, torchao,
llm-compressor and ModelOpt pack the weights of linear layers, with scales beside them; embeddings,
norms, biases and the last layer, activations and arithmetic stay in the type that they have.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Final

from cyborg_rr.domain.matching.converting.quantising import quantises_activations
from cyborg_rr.domain.requirement.requirement import (
    DeviceRequirement,
    IRRequirement,
    LinearWeights,
    MemoryRequirement,
    WorkItem,
)
from cyborg_rr.domain.words import ELEMENT_TYPES

_SCALE_BITS_OF_ELEMENT: Final[Mapping[int, Fraction]] = {
    4: Fraction(16 + 4, 128), 6: Fraction(8, 32), 8: Fraction(0),
}  # fmt: skip
"""What stands beside an element of so many bits. Of 4: an f16 scale and a zero point for each 128
(AutoAWQ and AutoGPTQ, ``group_size`` 128), of 6 an E8M0 scale for each 32 (MX 1.0)."""

_FLOAT_OF_4_BITS: Final = Fraction(8, 16)
"""An E4M3 scale for each 16 elements (NVFP4), twice what MXFP4 has."""

_SCALE_BITS_OF_ROW: Final = 32
"""Of 8 bits: an f32 scale for each output (bitsandbytes, W8A8 of compressed-tensors, fp8)."""

_HAS_WEIGHTS: Final = frozenset({"contraction", "convolution"})


def packs_weights(requirement: IRRequirement, element_type: str) -> bool:
    """Whether a conversion to ``element_type`` packs weights alone."""
    is_plain = ELEMENT_TYPES[element_type].is_plain
    return not is_plain and not quantises_activations(requirement, element_type)


def explain_conversion(requirement: IRRequirement, element_type: str) -> str:
    """What a conversion is taken to mean, for people."""
    if not packs_weights(requirement, element_type):
        return f"floating-point values converted to {element_type}"
    if requirement.memory.linear is None:
        return (
            f"no weights of linear layers are known that become {element_type}: all stays as it is"
        )
    entry = ELEMENT_TYPES[element_type]
    beside = "a scale for each row" if entry.bits == 8 else "scales for each group"
    return (
        f"weights of linear layers quantised to {element_type} with {beside}; embeddings, norms,"
        " the last layer and activations stay as they are"
    )


def pack_weights(requirement: IRRequirement, element_type: str) -> IRRequirement:
    """The requirement with weights of linear layers in ``element_type``, and all else as it is."""
    memory = requirement.memory
    if memory.linear is None:
        return requirement
    share = requirement.per_device
    last = _find_last(requirement.work, memory.linear)
    work = (
        item if item is last else _pack_item(item, memory.linear, element_type)
        for item in requirement.work
    )
    return replace(
        requirement,
        element_types=tuple(sorted({*requirement.element_types, element_type})),
        memory=_pack_memory(memory, memory.linear, element_type),
        work=tuple(work),
        per_device=None if share is None else _pack_share(share, memory.linear, element_type),
    )


def _pack_memory(
    memory: MemoryRequirement, linear: LinearWeights, target: str
) -> MemoryRequirement:
    """The memory with each weight packed, and its scales in the type that the weight had."""
    sizes = dict(memory.parameter_bytes_by_element_type)
    rows = linear.rows * _SCALE_BITS_OF_ROW // 8 if ELEMENT_TYPES[target].bits == 8 else 0
    for source, size in linear.bytes_by_element_type.items():
        elements = Fraction(8 * size, ELEMENT_TYPES[source].bits)
        sizes[source] += math.ceil(elements * _find_scale_bits(target) / 8) + rows - size
        packed = math.ceil(elements * ELEMENT_TYPES[target].bits / 8)
        sizes[target] = sizes.get(target, 0) + packed
        rows = 0
    change = sum(sizes.values()) - sum(memory.parameter_bytes_by_element_type.values())
    return replace(
        memory,
        parameter_bytes=memory.parameter_bytes + change,
        parameter_bytes_by_element_type=sizes,
        linear=None,
    )


def _find_scale_bits(target: str) -> Fraction:
    """Bits of scales and zero points beside each packed element."""
    entry = ELEMENT_TYPES[target]
    is_float = entry.is_float and entry.bits == 4
    return _FLOAT_OF_4_BITS if is_float else _SCALE_BITS_OF_ELEMENT[entry.bits]


def _find_last(work: Iterable[WorkItem], linear: LinearWeights) -> WorkItem | None:
    """The kernel of the last layer: the one that reads little more than the weights of that."""
    once = (item for item in work if item.count == 1 and item.kind in _HAS_WEIGHTS)
    found = (item for item in once if item.parameter_bytes >= linear.last_bytes > 0)
    return min(found, key=lambda item: item.parameter_bytes, default=None)


def _pack_item(item: WorkItem, linear: LinearWeights, target: str) -> WorkItem:
    """A kernel that reads packed weights and multiplies as before."""
    source = item.element_type
    if item.kind not in _HAS_WEIGHTS or source not in linear.bytes_by_element_type:
        return item
    packed = math.ceil(item.parameter_bytes * _find_share(source, target))
    read = item.bytes_read - item.parameter_bytes + packed
    return replace(item, parameter_bytes=packed, bytes_read=read)


def _find_share(source: str, target: str) -> Fraction:
    """What is left of a weight that is packed."""
    width = ELEMENT_TYPES[target].bits + _find_scale_bits(target)
    return Fraction(width, ELEMENT_TYPES[source].bits)


def _pack_share(share: DeviceRequirement, linear: LinearWeights, target: str) -> DeviceRequirement:
    """The part of one device, of which nobody knows how much of it is packed."""
    span = share.parameter_bytes
    if span is None:
        return share
    left = min(_find_share(source, target) for source in linear.bytes_by_element_type)
    return replace(share, parameter_bytes=replace(span, least=math.floor(span.least * left)))
