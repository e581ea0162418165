"""Rules for lstm, gru and rnn of aten, which run all layers and directions in one operation."""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.torchscript.translation.call import Call, NoRule, Rule
from cyborg_rr.readers.torchscript.values import Ref, Sequence, Value

MAX_LAYERS: Final = 64


def recurrent(operation: str) -> Rule:
    """lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first).

    A canonical step for each layer; biases are but added and left out of it. Sequences that are
    packed are unknown, as are layers with projections.
    """

    def rule(call: Call) -> Value:
        if isinstance(call.get(2, "params"), bool) or not isinstance(call.get(3, "b"), bool):
            raise NoRule
        layers, both = call.integer(4, "num_layers"), call.flag(7, "bidirectional")
        weights = [call.name_of(part) for part in call.parts(2, "params")]
        each, count = 4 if call.flag(3, "has_biases") else 2, 2 if both else 1
        if not 0 < layers <= MAX_LAYERS or len(weights) != layers * count * each:
            raise NoRule
        states = call.parts(1, "hx") if operation == "lstm" else [call.get(1, "hx")]
        ranks = {call.drawing.rank(value) for value in (call.get(0, "input"), *states)}
        if not ranks <= {None, 3} or ranks == {None}:
            raise NoRule
        pairs = [(weights[i], weights[i + 1]) for i in range(0, len(weights), each)]
        groups = [pairs[i * count : (i + 1) * count] for i in range(layers)]
        return _run(call, operation, groups, call.flag(8, "batch_first"))

    return rule


def _run(
    call: Call, operation: str, layers: list[list[tuple[str, str]]], batch_first: bool
) -> Value:
    """Layer behind layer; each reads what the one before gives, time first."""
    value, finals = call.tensor(0, "input"), []
    if batch_first:
        value = call.step("transpose", (value,), 3, permutation=(1, 0, 2)).name
    for weights in layers:
        stored = call.drawing.stored.get(weights[0][1])
        shape = stored.type.shape if stored is not None else None
        if shape is None or len(shape) != 2 or not isinstance(shape[1], int):
            raise NoRule
        both, hidden = len(weights) == 2, shape[1]
        kernels = [_join(call, [pair[place] for pair in weights]) for place in (0, 1)]
        results = call.steps_of(
            operation, (value, *kernels), 3 if operation == "lstm" else 2, None,
            hidden_size=hidden, direction="bidirectional" if both else "forward",
        )  # fmt: skip
        finals.append(results[1:])
        turned = call.step("transpose", (results[0].name,), 4, permutation=(0, 2, 1, 3))
        value = call.step(
            "reshape", (turned.name,), 3, shape=(0, 0, len(weights) * hidden), allow_zero=False
        ).name
    parts: list[Value] = []
    if batch_first:
        value = call.step("transpose", (value,), 3, permutation=(1, 0, 2)).name
    for place in range(len(finals[0])):
        names = tuple(final[place].name for final in finals)
        parts.append(call.step("concatenate", names, 3, axis=0))
    return Sequence([Ref(value), *parts], True)


def _join(call: Call, names: list[str]) -> str:
    """The weights of a layer's directions as one tensor."""
    parts = tuple(call.step("unsqueeze", (name,), 3, axes=(0,)).name for name in names)
    return parts[0] if len(parts) == 1 else call.step("concatenate", parts, 3, axis=0).name
