"""What operations do that take a function: a reduction by the one operation of its body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.readers.kit.opset.native import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.ngraph.document import Function
from cyborg_rr.readers.ngraph.translation.native import NativeOperation

_FUNCTIONS: Final[Mapping[str, str]] = {
    "Add": "sum", "Multiply": "prod", "Maximum": "max", "Minimum": "min", "And": "and", "Or": "or",
}  # fmt: skip
_QUIET: Final = frozenset({"Parameter", "Constant", "Result"})


def find_function(function: Function) -> str | None:
    """The reduction that a function of two numbers is; None where it does more."""
    kinds = [each.kind for each in function.operations if each.kind not in _QUIET]
    return _FUNCTIONS.get(kinds[0]) if len(kinds) == 1 else None


def reduce_by(node: NativeOperation, function: Function) -> list[Step]:
    """Reduce(data, first value)."""
    name, axes = find_function(function), node.demand("reduction_axes")
    if name is None:
        return unknown(node)
    inputs = node.inputs[:1]
    return [node.step("reduce", inputs, function=name, axes=axes, keep_dimensions=False)]


def window_by(node: NativeOperation, function: Function) -> list[Step]:
    """ReduceWindow(data, first value), SelectAndScatter(data, source, first value)."""
    window, strides = node.demand("window_shape"), node.demand("window_movement_strides")
    if node.operation == "SelectAndScatter":
        return [
            node.step("select_and_scatter", node.inputs[:3], window_dimensions=window,
                      window_strides=strides)
        ]  # fmt: skip
    name = find_function(function)
    if name is None:
        return unknown(node)
    return [
        node.step("reduce_window", node.inputs[:1], function=name, window_dimensions=window,
                  window_strides=strides, operands=1)
    ]  # fmt: skip
