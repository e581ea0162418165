"""The work of one node at known types."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Node, TensorType
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import Contradiction

_UNUSABLE = (ArithmeticError, Contradiction, IndexError, KeyError, TypeError, ValueError)


def find_cost(operation: Operation, node: Node, scope: TypedBlock) -> Cost | None:
    """What the node does, or None when a type is not static or its attributes do not allow it."""
    types, sizes = scope.types, scope.sizes
    operands: list[TensorType | None] = []
    for name in node.inputs:
        if not name:
            operands.append(None)
        elif (sizes[name] if name in sizes else scope.size_of(name)) is None:
            return None
        else:
            operands.append(types.get(name) or scope.type_of(name))
    results: list[TensorType] = []
    for name in node.outputs:
        if name:
            if sizes[name] is None:
                return None
            results.append(types[name])
    try:
        return operation.cost(
            TypedNode(operation.declared, node, operands, scope.value_of, results)
        )
    except _UNUSABLE:
        return None
