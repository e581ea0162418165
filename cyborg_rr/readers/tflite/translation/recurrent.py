"""Rules for layers that keep a state: LSTM, RNN and SVDF, over a sequence or for one step.

Places of operands: tensorflow/lite/kernels, in the file named after each operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tflite.translation.native import NativeTfliteNode


class _Layer(NamedTuple):
    """One direction of a layer: its operation, its operands after the data, and its width."""

    operation: str
    operands: tuple[str, ...]
    hidden: int


_WEIGHTS: Final = 8
_EXTRAS: Final = (8, 9, 10, 15, 16)
"""Behind the first weight of an LSTM: peepholes and projection, which ONNX's has not."""

_NORMALISATION: Final = (20, 21, 22, 23)


def sequence_lstm(node: NativeTfliteNode) -> list[Step]:
    """UNIDIRECTIONAL_SEQUENCE_LSTM with four gates and nothing beside them."""
    layer = _find_lstm(node, 1, 18)
    if layer is None or any(node.input(index) for index in _NORMALISATION):
        return unknown(node)
    return _over_sequence(node, layer, node.outputs[:1])


def lstm(node: NativeTfliteNode) -> list[Step]:
    """LSTM, one step: the whole kernel, as of a sequence of one, or the basic one."""
    if node.integer("kernel", default=0) == 1:
        return _basic_lstm(node)
    layer = _find_lstm(node, 1, 18)
    if layer is None or any(node.input(index) for index in _NORMALISATION):
        return unknown(node)
    return _one_step(node, layer)


def both_lstm(node: NativeTfliteNode) -> list[Step]:
    """BIDIRECTIONAL_SEQUENCE_LSTM without a second input."""
    forward, backward = _find_lstm(node, 1, 35), _find_lstm(node, 18, 37)
    if forward is None or backward is None or node.input(39):
        return unknown(node)
    return _both(node, forward, backward)


def sequence_rnn(node: NativeTfliteNode) -> list[Step]:
    """UNIDIRECTIONAL_SEQUENCE_RNN: of data, two weights, a bias and a state."""
    layer = _find_rnn(node, 1)
    return unknown(node) if layer is None else _over_sequence(node, layer, node.outputs[:1])


def rnn(node: NativeTfliteNode) -> list[Step]:
    """RNN, one step."""
    layer = _find_rnn(node, 1)
    return unknown(node) if layer is None else _one_step(node, layer)


def both_rnn(node: NativeTfliteNode) -> list[Step]:
    """BIDIRECTIONAL_SEQUENCE_RNN without a second input."""
    forward, backward = _find_rnn(node, 1), _find_rnn(node, 5)
    if forward is None or backward is None or node.input(9):
        return unknown(node)
    return _both(node, forward, backward)


def _find_lstm(node: NativeTfliteNode, first: int, states: int) -> _Layer | None:
    """Four weights of the data, four of the state, then peepholes, biases and a projection."""
    weights = [node.input(first + place) for place in range(_WEIGHTS)]
    hidden = _find_width(node, first + 4)
    if not all(weights) or hidden is None:
        return None
    if any(node.input(first + place) for place in _EXTRAS):
        return None
    biases = [node.input(first + 11 + place) for place in range(4)]
    others = (*weights[1:4], *weights[5:], *biases[1:], node.input(states), node.input(states + 1))
    return _Layer("lstm", (weights[0], weights[4], biases[0], "", *others), hidden)


def _find_rnn(node: NativeTfliteNode, first: int) -> _Layer | None:
    weight, recurrent, bias, state = (node.input(first + place) for place in range(4))
    hidden = _find_width(node, first + 1)
    if not weight or not recurrent or hidden is None:
        return None
    return _Layer("rnn", (weight, recurrent, bias, "", state), hidden)


def _find_width(node: NativeTfliteNode, recurrent: int) -> int | None:
    shape = node.shape(recurrent)
    return shape[0] if shape and isinstance(shape[0], int) and shape[0] > 0 else None


def _over_sequence(
    node: NativeTfliteNode, layer: _Layer, outputs: tuple[str, ...], direction: str | None = None
) -> list[Step]:
    """A layer over a sequence; its results have no dimension for directions."""
    if node.rank(0) != 3:
        return unknown(node)
    layout = 0 if node.flag("time_major") else 1
    sequence = node.fresh(direction or "sequence")
    operands = (node.input(0), *layer.operands)
    return [
        node.step(layer.operation, operands, (sequence,), _open(node, sequence),
                  hidden_size=layer.hidden, layout=layout, direction=direction),
        node.step("squeeze", (sequence,), outputs, _open(node, *outputs),
                  axes=(1 if layout == 0 else 2,)),
    ]  # fmt: skip


def _one_step(node: NativeTfliteNode, layer: _Layer) -> list[Step]:
    """A layer over a sequence of one, whose dimension is put in before and taken out behind."""
    if node.rank(0) != 2:
        return unknown(node)
    data, sequence = node.fresh("data"), node.fresh("sequence")
    return [
        node.step("unsqueeze", node.inputs[:1], (data,), _open(node, data), axes=(0,)),
        node.step(layer.operation, (data, *layer.operands), (sequence,), _open(node, sequence),
                  hidden_size=layer.hidden, layout=0),
        node.step("squeeze", (sequence,), node.outputs[:1], axes=(0, 1)),
    ]  # fmt: skip


def _both(node: NativeTfliteNode, forward: _Layer, backward: _Layer) -> list[Step]:
    """A layer in either direction, with a result for each or one of both."""
    if node.rank(0) != 3:
        return unknown(node)
    merged = node.flag("merge_outputs") or not node.output(1)
    ends = (node.fresh("there"), node.fresh("back")) if merged else node.outputs[:2]
    steps = [
        *_over_sequence(node, forward, ends[:1], "forward"),
        *_over_sequence(node, backward, ends[1:], "reverse"),
    ]
    if merged:
        steps.append(node.step("concatenate", ends, node.outputs[:1], axis=2))
    return steps


def _basic_lstm(node: NativeTfliteNode) -> list[Step]:
    """The basic kernel: of data, last result, one weight for all gates, bias and last state.

    Results: result, state, and two that only it works with.
    """
    if len(node.inputs) < 5 or not all(node.inputs[:5]):
        raise node.refuse("its basic kernel needs 5 operands")
    data, last, weight, bias, state = node.inputs[:5]
    names = [name or node.fresh(f"part{place}") for place, name in enumerate(node.outputs)]
    names += [node.fresh(f"part{place}") for place in range(len(names), 4)]
    result, after, both, gates = names[:4]
    parts = tuple(node.fresh(word) for word in ("i", "n", "f", "o"))
    opened, new, forget, out, taken, kept, bent = (
        node.fresh(word) for word in ("opened", "new", "forget", "out", "taken", "kept", "bent")
    )
    steps: list[tuple[str, Sequence[str], Sequence[str], dict[str, AttributeValue]]] = [
        ("concatenate", (data, last), (both,), {"axis": 1}),
        ("gemm", (both, weight, bias), (gates,), {"trans_b": True}),
        ("split", (gates,), parts, {"axis": 1, "num_outputs": 4}),
        ("sigmoid", parts[:1], (opened,), {}),
        ("tanh", parts[1:2], (new,), {}),
        ("sigmoid", parts[2:3], (forget,), {}),
        ("sigmoid", parts[3:], (out,), {}),
        ("multiply", (opened, new), (taken,), {}),
        ("multiply", (forget, state), (kept,), {}),
        ("add", (taken, kept), (after,), {}),
        ("tanh", (after,), (bent,), {}),
        ("multiply", (out, bent), (result,), {}),
    ]
    return [
        node.step(name, tuple(sources), tuple(targets), _open(node, *targets), **attributes)
        for name, sources, targets, attributes in steps
    ]


def svdf(node: NativeTfliteNode) -> list[Step]:
    """SVDF(data, weights of features, weights of time, bias, state): a memory of features.

    Each filter keeps what its feature was in the last steps and sums it with its weights of time;
    ``rank`` filters make a unit. The state is shifted by a step and read as a whole.
    """
    features, times, rank = node.shape(1), node.shape(2), node.integer("rank", default=0)
    sizes = [size for size in (*(features or ()), *(times or ())) if isinstance(size, int)]
    if len(sizes) != 4 or min(sizes) < 1 or not node.input(4):
        return unknown(node)
    filters, _, also, length = sizes
    if rank < 1 or filters % rank or also != filters:
        raise node.refuse(f"{filters} and {also} filters do not make units of {rank}")
    words = ("feature", "newest", "state", "older", "memory", "turned", "filtered", "ranks", "sums")
    feature, newest, state, older, memory, turned, filtered, ranks, sums = map(node.fresh, words)
    bias = node.input(3)
    steps: list[tuple[str, tuple[str, ...], str, dict[str, AttributeValue]]] = [
        ("gemm", node.inputs[:2], feature, {"trans_b": True}),
        ("reshape", (feature,), newest, {"shape": (-1, filters, 1)}),
        ("reshape", (node.input(4),), state, {"shape": (-1, filters, length)}),
        ("slice", (state,), older, {"starts": (1,), "ends": (length,), "axes": (2,)}),
        ("concatenate", (older, newest), memory, {"axis": 2}),
        ("dot_general", (memory, node.input(2)), turned,
         {"lhs_batching": (1,), "rhs_batching": (0,), "lhs_contracting": (2,),
          "rhs_contracting": (1,)}),
        ("transpose", (turned,), filtered, {"permutation": (1, 0)}),
        ("reshape", (filtered,), ranks, {"shape": (-1, filters // rank, rank)}),
        ("reduce", (ranks,), sums if bias else node.output(0),
         {"function": "sum", "axes": (2,), "keep_dimensions": False}),
    ]  # fmt: skip
    if bias:
        steps.append(("add", (sums, bias), node.output(0), {}))
    return [
        node.step(name, sources, (target,), _open(node, target), **attributes)
        for name, sources, target, attributes in steps
    ]


def _open(node: NativeTfliteNode, *names: str) -> dict[str, TensorType]:
    """Values of the result's element type, whose shapes follow."""
    known = TensorType(node.result().element_type, None)
    return {name: known for name in names if name and name not in node.outputs}
