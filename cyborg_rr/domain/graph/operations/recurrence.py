"""Recurrent layers over a whole sequence, after ONNX's RNN, LSTM and GRU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.operation import (
    Call,
    Cost,
    CostRule,
    Operation,
    ShapeRule,
    tensor,
)
from cyborg_rr.domain.graph.shapes import ANY, Contradiction

_GATES: Mapping[str, int] = {"rnn": 1, "gru": 3, "lstm": 4}


def _directions(call: Call) -> int:
    return 2 if call.text("direction", "forward") == "bidirectional" else 1


def _hidden(call: Call) -> Dimension:
    """Width of the state: stated, or the last dimension of the recurrent weights."""
    stated = call.integer("hidden_size", 0)
    recurrent = call.shape(2)
    return stated or (recurrent[-1] if recurrent else ANY)


def _shape_rule(states: int) -> ShapeRule:
    def rule(call: Call) -> Sequence[TensorType]:
        element_type, shape = call.element_type(), call.shape()
        if shape is None:
            return [tensor(element_type, None)] * (states + 1)
        if len(shape) != 3:
            raise Contradiction(f"a recurrent layer needs rank 3, not {len(shape)}")
        directions, hidden = _directions(call), _hidden(call)
        if call.integer("layout", 0):
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
    gates = _GATES[name]

    def rule(call: Call) -> Cost:
        """Per step, direction and gate: input and state times their matrices, then activations."""
        shape = call.shape() or (0, 0, 0)
        steps = int(shape[0]) * int(shape[1]) * _directions(call)
        hidden = int(_hidden(call))
        units = steps * gates * hidden
        return Cost(units * (int(shape[2]) + hidden), 3 * units, units + steps * hidden)

    return rule


def _layer(name: str, states: int) -> Operation:
    return Operation(name, "recurrence", _shape_rule(states), _cost_rule(name))


OPERATIONS: tuple[Operation, ...] = (_layer("rnn", 1), _layer("gru", 1), _layer("lstm", 2))
