"""Control flow, calls out of the IR and what no rule covers.

Blocks are entered by ``inference``; the entries here only say that the operations exist.
"""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.operation import (
    Call,
    Cost,
    Operation,
    as_stated,
    no_cost,
    tensor,
)
from cyborg_rr.domain.graph.shapes import broadcast

CONTROL_FLOW = frozenset({"while", "if", "case", "loop", "scan", "call"})
"""Operations whose blocks are entered."""


def _map(call: Call) -> Sequence[TensorType]:
    """One result of the operands' shape; its element type is that of the block, as stated."""
    shapes = [operand.shape for operand in call.operands if operand is not None]
    return (tensor(None, broadcast(shapes)),)


def _map_cost(call: Call) -> Cost:
    """The block runs once per element; each of its nodes counts as one flop."""
    steps = sum(len(block.nodes) for block in call.node.blocks)
    return Cost(0, steps * call.result_elements())


def _tuple(call: Call) -> Sequence[TensorType]:
    return (tensor("token", ()),)


OPERATIONS: tuple[Operation, ...] = (
    *(Operation(name, "other", as_stated, no_cost) for name in sorted(CONTROL_FLOW)),
    Operation("map", "elementwise", _map, _map_cost),
    Operation("tuple", "movement", _tuple, no_cost, repeats=True),
    Operation("get_tuple_element", "movement", as_stated, no_cost, view="first"),
    Operation("custom_call", "other", as_stated, no_cost),
    Operation("unknown", "other", as_stated, no_cost),
)
