"""Recurrent layers over a whole sequence, after ONNX's RNN, LSTM and GRU.

Work follows ONNX's equations with the functions that they have by default, without peepholes. Per
unit and step each gate adds up two products and, where there is one, a bias: both its vectors are
known before and make one, as the vectors of a batch normalisation at inference do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import (
    Cost,
    CostRule,
    Operation,
    ShapeRule,
)
from cyborg_rr.domain.graph.operations.declaring.results import tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import ANY, Contradiction


class _Cell(NamedTuple):
    """What a unit does in a step: gates, steps after them, and functions."""

    gates: int
    flops: int
    functions: int


_CELLS: Mapping[str, _Cell] = {
    "rnn": _Cell(1, 0, 1),
    # r * H; (1 - z) * h + z * H
    "gru": _Cell(3, 1 + 4, 3),
    # f * C + i * c; o * h(C), whose function is the fifth
    "lstm": _Cell(4, 3 + 1, 5),
}


def _directions(node: TypedNode) -> int:
    return 2 if node.text("direction") == "bidirectional" else 1


def _hidden(node: TypedNode) -> Dimension:
    """Width of the state: stated, or the last dimension of the recurrent weights."""
    stated = node.find_integer("hidden_size")
    recurrent = node.shape(2)
    return stated or (recurrent[-1] if recurrent else ANY)


def _shape_rule(states: int) -> ShapeRule:
    def rule(node: TypedNode) -> Sequence[TensorType]:
        element_type, shape = node.element_type(), node.shape()
        if shape is None:
            return [tensor(element_type, None)] * (states + 1)
        if len(shape) != 3:
            raise Contradiction(f"a recurrent layer needs rank 3, not {len(shape)}")
        directions, hidden = _directions(node), _hidden(node)
        if node.integer("layout"):
            batch, length, _ = shape
            sequence: tuple[Dimension, ...] = (batch, length, directions, hidden)
            state: tuple[Dimension, ...] = (batch, directions, hidden)
        else:
            length, batch, _ = shape
            sequence = (length, directions, batch, hidden)
            state = (directions, batch, hidden)
        return [tensor(element_type, sequence), *[tensor(element_type, state)] * states]

    return rule


def _cost_rule(name: str) -> CostRule:
    cell = _CELLS[name]

    def rule(node: TypedNode) -> Cost:
        """Per step and direction: input and state times their matrices, then the cell."""
        shape = node.shape() or (0, 0, 0)
        hidden = int(_hidden(node))
        units = int(shape[0]) * int(shape[1]) * _directions(node) * hidden
        macs = units * cell.gates * (int(shape[2]) + hidden)
        sums = cell.gates * (2 if node.has(3) else 1)
        return Cost(macs, units * (sums + cell.flops), units * cell.functions)

    return rule


def _layer(name: str, states: int, summary: str) -> Operation:
    return Operation(
        name,
        kind="recurrence",
        summary=summary,
        operands=(
            Operand("data", "the sequence (length, batch, width)"),
            Operand("weight", "matrices of the input, gate by gate"),
            Operand("recurrent_weight", "matrices of the state, gate by gate"),
            Operand("bias", "what is added, gate by gate", optional=True),
            Operand("lengths", "length of each sequence of the batch", optional=True),
            Operand("states", "first states, and weights of peepholes", variadic=True),
        ),
        attributes=(
            Attribute(
                "hidden_size",
                "integer",
                "width of the state; absent: that of the recurrent weights",
                source=f"ONNX {name.upper()}",
            ),
            Attribute(
                "direction",
                "text",
                "forward, reverse or bidirectional",
                default="forward",
                source=f"ONNX {name.upper()}",
            ),
            Attribute(
                "layout",
                "integer",
                "0: the length stands first, 1: the batch",
                default=0,
                source=f"ONNX {name.upper()}",
            ),
        ),
        shape=_shape_rule(states),
        cost=_cost_rule(name),
    )


OPERATIONS: tuple[Operation, ...] = (
    _layer("rnn", 1, "A recurrent layer with one gate."),
    _layer("gru", 1, "A recurrent layer with three gates."),
    _layer("lstm", 2, "A recurrent layer with four gates and a second state."),
)
