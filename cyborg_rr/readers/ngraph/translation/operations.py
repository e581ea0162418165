"""Operations of nGraph by name and version: which rule translates each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.opset.elementwise import COMPARED, UNARY, compared, paired
from cyborg_rr.readers.kit.opset.native import Rule, first, needing, unknown
from cyborg_rr.readers.kit.opset.operations import RULES as OPSET
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.ngraph.translation import moving, summing, windows
from cyborg_rr.readers.ngraph.translation.native import NativeOperation


def convert(node: NativeOperation) -> list[Step]:
    """Convert."""
    wanted = node.typed("target_type", "element_type", "destination_type")
    if wanted is None:
        return unknown(node)
    stated = {node.output(0): TensorType(wanted, None)}
    return [node.step("convert", node.inputs[:1], None, stated, element_type=wanted)]


def bounded_relu(node: NativeOperation) -> list[Step]:
    """BoundedRelu."""
    most = node.number("alpha", default=6.0)
    return [node.step("clamp", node.inputs[:1], minimum=0.0, maximum=most)]


def leaky_relu(node: NativeOperation) -> list[Step]:
    """LeakyRelu, CPULeakyRelu."""
    return [node.step("leaky_relu", node.inputs[:1], alpha=node.number("alpha", default=0.01))]


_NAMES: Final[Mapping[str, str]] = {"Not": "not"}

_PAIRS: Final[Mapping[str, str]] = {
    "And": "and", "Or": "or", "Xor": "xor", "Atan2": "atan2", "Remainder": "remainder",
    "PRelu": "prelu",
}  # fmt: skip

_DIRECTIONS: Final[Mapping[str, str]] = {"GreaterEq": "GE", "LessEq": "LE"}

_EARLY: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **{name: rule for name, rule in OPSET.items() if name in UNARY or name in COMPARED},
        **{name: first(operation) for name, operation in _NAMES.items()},
        **{name: paired(operation) for name, operation in _PAIRS.items()},
        **{name: compared(direction) for name, direction in _DIRECTIONS.items()},
        **windows.RULES,
        **moving.RULES,
        **summing.RULES,
        "Convert": needing(1, windows.own(convert)),
        "BoundedRelu": needing(1, windows.own(bounded_relu)),
        "LeakyRelu": needing(1, windows.own(leaky_relu)),
        "CPULeakyRelu": needing(1, windows.own(leaky_relu)),
    }
)

_LATE: Final[Mapping[str, Rule]] = {
    **OPSET,
    "Convert": needing(1, windows.own(convert)),
    "GroupConvolutionBackpropData": OPSET["GroupConvolutionBackpropData"],
}


def find_rule(kind: str, version: int) -> Rule:
    """The rule of an operation: version 0 has its own, and the opsets what it lacks."""
    if version == 0 and kind in _EARLY:
        return _EARLY[kind]
    return _LATE.get(kind) or _EARLY.get(kind) or unknown
