"""How much reckoning of small values one inference may do, and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.operations.declaring.folding import count_of
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.shapes import Contradiction

MALFORMED = (
    ArithmeticError,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
)
"""What a rule raises on attributes or operands that are not of the agreed form."""

_FREE_FOLD_ELEMENTS: Final = 64
_FOLD_BUDGET_ELEMENTS: Final = 2_000_000
"""Values above the free size are folded only until so many elements have been reckoned."""


def may_follow(scope: TypedBlock, operation: Operation, node: Node) -> bool:
    """Whether a value can follow at all: an elementwise one does where the first operand is known.

    It is asked of every node, and most are elementwise on what no file knows.
    """
    if operation.kind != "elementwise" or not node.inputs or not node.inputs[0]:
        return True
    return scope.value_of(node.inputs[0]) is not None


class FoldingBudget:
    """Folds values as long as the elements looked at stay within bounds."""

    def __init__(self) -> None:
        self._folded = 0

    def fold(self, scope: TypedBlock, operation: Operation, typed: TypedNode) -> None:
        """Reckon the elements of a small result, if they follow from known ones."""
        name = typed.node.outputs[0] if typed.node.outputs else ""
        if not name or operation.fold is None:
            return
        count = count_of(scope.types[name].shape)
        if count is None or not self._may_fold(count, scope, typed.node):
            return
        try:
            value = operation.fold(typed)
        except (*MALFORMED, Contradiction):
            return  # an unknown value is always safe
        if value is None:
            return
        if len(value) == count:
            scope.values[name] = value
        else:
            self._share_out(scope, typed.node.outputs, value)

    def _share_out(self, scope: TypedBlock, names: Sequence[str], value: Value) -> None:
        """Elements of several results that came as one value: those of each in turn."""
        counts = [count_of(scope.types[name].shape) if name else None for name in names]
        sizes = [count for count in counts if count is not None]
        if len(sizes) != len(names) or sum(sizes) != len(value):
            return
        start = 0
        for name, size in zip(names, sizes, strict=True):
            scope.values[name] = value[start : start + size]
            start += size

    def _may_fold(self, count: int, scope: TypedBlock, node: Node) -> bool:
        """Whether the budget allows for looking at all known elements and those of the result."""
        effort = count
        for name in node.inputs:
            value = scope.value_of(name) if name else None
            if value is not None and len(value) > effort:
                effort = len(value)
        if effort <= _FREE_FOLD_ELEMENTS:
            return True
        self._folded += effort
        return self._folded <= _FOLD_BUDGET_ELEMENTS
