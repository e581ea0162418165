"""Types of values as a translation goes on, for files that state none: the domain's own rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Node, TensorType
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.operations.registry import find_operation
from cyborg_rr.domain.graph.shapes import UNKNOWN, Contradiction, check_type


def track(
    node: Node,
    stated: Mapping[str, TensorType],
    types: MutableMapping[str, TensorType],
    find_value: Callable[[str], Value | None],
    describe: Callable[[], str],
) -> None:
    """Note the types of what a node yields; what its step states itself holds before the rules.

    ``describe`` says where it stands. Raises ``UnreadableModel`` for operands that no execution
    could have.
    """
    operation = find_operation(node.operation)
    operands = [types.get(name, UNKNOWN) if name else None for name in node.inputs]
    try:
        found = operation.shape(TypedNode(operation.declared, node, operands, find_value))
        for index, name in enumerate(node.outputs):
            if name:
                known = found[index] if index < len(found) else UNKNOWN
                types[name] = check_type(_state(known, stated.get(name)))
    except Contradiction as contradiction:
        raise UnreadableModel(f"{describe()}: {contradiction}") from contradiction


def _state(found: TensorType, stated: TensorType | None) -> TensorType:
    if stated is None:
        return found
    shape = found.shape if stated.shape is None else stated.shape
    return TensorType(stated.element_type or found.element_type, shape)
