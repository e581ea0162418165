"""How a model is written once it was quantised, where its format has a way.

ONNX keeps operations of floats between ``DequantizeLinear`` and ``QuantizeLinear``, as every tool
that quantises such files writes them (onnxruntime.quantization, QuantFormat.QDQ; from operator set
10 on). So a file that is to be converted is judged as the one that comes out of it. Other formats
have operations of whole numbers themselves, whose operands change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.requirement.requirement import IRRequirement, OperationUse
from cyborg_rr.domain.words import ELEMENT_TYPES

_FAMILY: Final = "onnx"
_PAIR: Final = {"QuantizeLinear": "quantize", "DequantizeLinear": "dequantize"}
"""The native operations, and what each means."""


_WITH_ACTIVATIONS: Final = frozenset({"tflite", "openvino", "mxnet", "nnvm", "relay"})
"""Formats whose own tool quantises activations to 8-bit integers too: full integer quantisation of
TFLite, ``nncf.quantize``, ``mxnet.contrib.quantization``, ``relay.quantize``."""

_INTEGER_BITS: Final = 8
"""The least that tools quantise activations to."""


def quantises_activations(requirement: IRRequirement, element_type: str) -> bool:
    """Whether what makes ``element_type`` of a model of this format narrows activations as well."""
    entry = ELEMENT_TYPES[element_type]
    is_integer = entry.is_quantised and entry.bits == _INTEGER_BITS
    by_tool = is_integer and requirement.ir.family in _WITH_ACTIVATIONS
    return by_tool or is_written_in_pairs(requirement, element_type)


def is_written_in_pairs(requirement: IRRequirement, element_type: str) -> bool:
    """Whether a conversion to ``element_type`` leaves the operations of the file as they are.

    Of types below 8 bits there are weights alone (``MatMulNBits`` of onnxruntime.quantization).
    """
    entry = ELEMENT_TYPES[element_type]
    is_narrow = not entry.is_plain and entry.bits >= _INTEGER_BITS
    return requirement.ir.family == _FAMILY and is_narrow


def write_in_pairs(requirement: IRRequirement, element_type: str) -> IRRequirement:
    """The requirement with a pair for each node that does matrix work, if it has none yet."""
    if _PAIR.keys() & requirement.operations.keys():
        return requirement
    count = sum(use.count for use in requirement.uses if use.macs) or 1
    return replace(
        requirement,
        operations=_add(requirement.operations, _PAIR, count),
        canonical_operations=_add(requirement.canonical_operations, _PAIR.values(), count),
        uses=(*requirement.uses, *_list_pair(element_type, count)) if requirement.uses else (),
    )


def _add(counts: Mapping[str, int], names: Iterable[str], count: int) -> Mapping[str, int]:
    return {**counts, **{name: counts.get(name, 0) + count for name in names}}


def _list_pair(element_type: str, count: int) -> tuple[OperationUse, OperationUse]:
    """A scale and a zero point for a whole tensor."""
    numbers = f"const {element_type}[0]"
    return (
        OperationUse("QuantizeLinear", count, ("f32[4]", "const f32[0]", numbers),
                     (f"{element_type}[4]",), {}),
        OperationUse("DequantizeLinear", count, (f"{element_type}[4]", "const f32[0]", numbers),
                     ("f32[4]",), {}),
    )  # fmt: skip
