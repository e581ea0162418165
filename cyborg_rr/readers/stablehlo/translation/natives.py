"""What compilers ask of an operation that its canonical form does not say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.dialects.mlir.native import NativeModuleNode
from cyborg_rr.readers.formats.mlir.values import DialectAttribute
from cyborg_rr.readers.stablehlo.targets import find_target

_FIELD: Final = re.compile(r"([a-z_]{1,64})\s*+=\s*+([A-Za-z0-9]{1,64})")
_TYPES: Final = ("lhs_precision_type", "rhs_precision_type", "accumulation_type")


def list_native_attributes(node: NativeModuleNode) -> dict[str, AttributeValue]:
    """The target of a custom call, and how a product is reckoned; nothing for other operations."""
    find = _FOUND.get(node.operation)
    return {} if find is None else find(node)


def _find_target(node: NativeModuleNode) -> dict[str, AttributeValue]:
    return {"target": find_target(node.written)}


def _find_algorithm(node: NativeModuleNode) -> dict[str, AttributeValue]:
    """``bf16_bf16_f32_x3``: types of operands and sum, and how many products make one."""
    stated = node.attribute("algorithm")
    if not isinstance(stated, DialectAttribute):
        return {}
    fields = dict(_FIELD.findall(stated.body))
    name = "_".join(fields.get(field, "?") for field in _TYPES)
    products = fields.get("num_primitive_operations", "1")
    if products != "1":
        name += f"_x{products}"
    if fields.get("allow_imprecise_accumulation") == "true":
        name += "_fast_accumulation"
    return {"algorithm": name}


_FOUND: Final[Mapping[str, Callable[[NativeModuleNode], dict[str, AttributeValue]]]] = {
    "custom_call": _find_target,
    "dot_general": _find_algorithm,
}
