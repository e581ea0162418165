"""Recurrent layers over a whole sequence, after ONNX's RNN, LSTM and GRU, and scans of a state.

Work follows ONNX's equations with the functions that they have by default, without peepholes. Per
unit and step each gate adds up two products and, where there is one, a bias: both its vectors are
known before and make one, as the vectors of a batch normalisation at inference do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import (
    Cost,
    CostRule,
    Operation,
    ShapeRule,
)
from cyborg_rr.domain.graph.operations.declaring.results import same_as_first, tensor
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


def _complete_rule(name: str) -> Callable[[TypedNode], Mapping[int, TensorType]]:
    gates = _CELLS[name].gates

    def rule(node: TypedNode) -> Mapping[int, TensorType]:
        """Weights that the file leaves open follow from the width of the data and of the state."""
        shape, hidden, element_type = (
            node.shape(),
            node.find_integer("hidden_size"),
            node.element_type(),
        )
        if shape is None or len(shape) != 3 or not hidden:
            return {}
        directions, rows = _directions(node), gates * hidden
        return {
            1: tensor(element_type, (directions, rows, shape[2])),
            2: tensor(element_type, (directions, rows, hidden)),
            3: tensor(element_type, (directions, 2 * rows)),
        }

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
        complete=_complete_rule(name),
    )


_SCAN_FLOPS = 6
"""Per number of the state and token, as Mamba (arXiv 2312.00752, algorithm 2) spells it: step times
decay, step times input side; state times decay, add; state times output side, add up."""

_FORMS = ("channels", "selective", "duality", "delta", "keyed_delta", "lightning", "matrix")


class _Chunks(NamedTuple):
    """A sequence cut into chunks: the last one is padded, or ``rest`` tokens stand behind them."""

    whole: int
    rest: int
    length: int
    heads: int
    width: int
    state: int


def _scan_cost(node: TypedNode) -> Cost:
    """Each channel goes through all numbers of its state, token by token; a decay is an exp.

    A chunk of tokens at once is products of matrices instead.
    """
    state, form = max(node.integer("state"), 0), node.text("form")
    if form not in _FORMS:
        raise Contradiction(f"a scan of the form {form} is not known")
    chunk, heads = node.integer("chunk"), node.integer("heads")
    numbers = node.elements() * state
    if form == "channels":
        return Cost(0, _SCAN_FLOPS * numbers, numbers)
    if form == "selective" or chunk < 1 or heads < 1:
        return Cost(numbers, (_SCAN_FLOPS - 2) * numbers, numbers)
    sizes = [int(size) for size in node.shape() or (0, 0)]
    length = sizes[-2] if len(sizes) > 1 else 1
    batch = node.elements() // max(length * sizes[-1], 1)
    cut = _Chunks(length // chunk, length % chunk, chunk, heads, sizes[-1] // heads, state)
    padded = cut.whole + (cut.rest > 0)
    scores = batch * padded * chunk * chunk * heads
    each = 3 * scores + 4 * batch * padded * chunk * heads * (cut.width + state)
    return Cost(batch * heads * _count_products(form, cut), each, scores)


def _count_products(form: str, cut: _Chunks) -> int:
    """Multiply-adds of a head and sequence, as the torch code of transformers 5.24 has them.

    ``duality``: ``mamba2_chunk_scan``: scores and their sums, the states of chunks, those of all
    chunks before each, and reading them. ``delta``: ``torch_chunk_gated_delta_rule``, without its
    two triangular systems. ``keyed_delta``: ``chunk_kimi_delta_attention``. ``lightning``:
    ``MiniMaxLightningAttention``. ``matrix``: the kernels of xLSTM.
    """
    whole, rest, length, _, width, state = cut
    square, cell = length * length, width * state
    padded = whole + (rest > 0)
    match form:
        case "duality":
            each = square * (state + width) + 2 * length * cell
            return padded * each + (padded + 1) ** 2 * cell
        case "lightning":
            squares = whole * square + rest * rest
            return squares * (state + width) + 2 * (whole * length + rest) * cell
        case "matrix":
            each = square * (state + width) + length * (2 * cell + state)
            return whole * each + rest * (2 * cell + state)
        case "keyed_delta":
            return padded * (square * (state + 2 * width) + 3 * length * cell)
        case _:
            return padded * (square * (2 * state + width) + 3 * length * cell)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "state_scan",
        kind="recurrence",
        summary="Channels whose states decay, are added to and are read, token by token.",
        operands=(
            Operand("data", "what is put in, a channel in the last dimension"),
            Operand("steps", "how each token decays, enters and reads the state", variadic=True),
        ),
        attributes=(
            Attribute(
                "state",
                "integer",
                "numbers that each channel keeps",
                required=True,
                source="Mamba `state_size`, gated delta nets `linear_key_head_dim`",
            ),
            Attribute(
                "form",
                "text",
                "what is multiplied: channels by themselves, selective (the state is read by a "
                "product), or by chunks duality (Mamba 2), delta, keyed_delta, lightning or matrix",
                default="channels",
                source="Mamba 2 and kin, their classes in transformers",
            ),
            Attribute(
                "chunk",
                "integer",
                "tokens that are taken together; 0: one by one",
                default=0,
                source="Mamba 2 `chunk_size`",
            ),
            Attribute(
                "heads",
                "integer",
                "heads that the channels are of; 0 where tokens are taken one by one",
                default=0,
                source="Mamba 2 `num_heads`",
            ),
        ),
        shape=same_as_first,
        cost=_scan_cost,
    ),
    _layer("rnn", 1, "A recurrent layer with one gate."),
    _layer("gru", 1, "A recurrent layer with three gates."),
    _layer("lstm", 2, "A recurrent layer with four gates and a second state."),
)
