"""The scores of attention that a file has as one operation."""

from __future__ import annotations

from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.operations.computing.attention import Scores, find_scores
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import Contradiction
from cyborg_rr.domain.words import find_bits


def find_stored_scores(typed: TypedBlock, index: int) -> tuple[Scores, int] | None:
    """The scores of the node at a place, and their bytes in the type of the query.

    None while sizes are unknown or make no sense.
    """
    node, operation = typed.block.nodes[index], typed.operations[index]
    operands = [typed.type_of(name) if name else None for name in node.inputs]
    try:
        scores = find_scores(TypedNode(operation.declared, node, operands, typed.value_of))
    except (Contradiction, TypeError, ValueError):
        return None
    if scores is None:
        return None
    bits = find_bits(typed.type_of(node.inputs[0]).element_type)
    return scores, scores.heads * scores.queries * scores.keys * bits // 8
