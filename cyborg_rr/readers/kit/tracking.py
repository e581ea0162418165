"""Types of values as a translation goes on, for files that state none: the domain's own rules."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Node, TensorType
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.operations.registry import find_operation
from cyborg_rr.domain.graph.shapes import UNKNOWN, Contradiction, check_type
from cyborg_rr.readers.kit.steps import Step


def track(
    step: Step,
    types: MutableMapping[str, TensorType],
    find_value: Callable[[str], Value | None],
    place: str,
) -> None:
    """Note the types of what a step yields; what it states itself holds before the rules.

    Raises ``UnreadableModel`` for operands that no execution could have.
    """
    operation = find_operation(step.operation)
    operands = [types.get(name, UNKNOWN) if name else None for name in step.inputs]
    node = Node(step.operation, step.operation, step.inputs, step.outputs, step.attributes)
    try:
        found = operation.shape(TypedNode(operation.declared, node, operands, find_value))
        for index, name in enumerate(step.outputs):
            if name:
                known = found[index] if index < len(found) else UNKNOWN
                types[name] = check_type(_state(known, step.stated.get(name)))
    except Contradiction as contradiction:
        raise UnreadableModel(f"{place}: {contradiction}") from contradiction


def _state(found: TensorType, stated: TensorType | None) -> TensorType:
    if stated is None:
        return found
    shape = found.shape if stated.shape is None else stated.shape
    return TensorType(stated.element_type or found.element_type, shape)
