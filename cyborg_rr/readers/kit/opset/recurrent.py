"""Rules for recurrent layers: whole sequences, and cells as sequences of one step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.readers.kit.opset.native import OpsetNode, Rule, needing
from cyborg_rr.readers.kit.steps import Step

_STATES: Final = {"lstm": 2, "gru": 1, "rnn": 1}


def sequence(operation: str) -> Rule:
    """LSTMSequence and its kin (data, states, lengths, weights, recurrent weights, bias).

    Directions stand before the steps in the result, and behind them in the canonical one.
    """
    states = _STATES[operation]

    def rule(node: OpsetNode) -> list[Step]:
        lengths, weights = node.input(1 + states), node.inputs[2 + states : 5 + states]
        hidden = node.integer("hidden_size", default=0) or None
        direction = node.text("direction", default="forward").lower()
        inputs = (node.input(0), *weights[:3], lengths, *node.inputs[1 : 1 + states])
        whole = node.fresh("sequence")
        outputs = (whole, *(node.output(1 + each) for each in range(states)))
        layer = node.step(
            operation, inputs, outputs, hidden_size=hidden, direction=direction, layout=1
        )
        if direction == "bidirectional":
            turn = Step("transpose", (whole,), node.outputs[:1], {"permutation": (0, 2, 1, 3)})
            return [layer, turn]
        flat = node.fresh("steps")
        return [
            layer,
            Step("squeeze", (whole,), (flat,), {"axes": (2,)}),
            Step("unsqueeze", (flat,), node.outputs[:1], {"axes": (1,)}),
        ]

    return needing(4 + states, rule)


def cell(operation: str, order: tuple[int, ...] | None = None) -> Rule:
    """LSTMCell and its kin (data, states, weights, recurrent weights, bias): one step.

    ``order`` says where each of these stands, where it is elsewhere.
    """
    states = _STATES[operation]
    places = order or tuple(range(4 + states))

    def rule(node: OpsetNode) -> list[Step]:
        given = [node.input(place) for place in places]
        names = [node.fresh(f"operand{place}") for place in range(len(given))]
        steps = []
        for place, (name, new) in enumerate(zip(given, names, strict=True)):
            if name:
                axis = 1 if place <= states else 0
                steps.append(Step("unsqueeze", (name,), (new,), {"axes": (axis,)}))
            else:
                names[place] = ""
        made = [node.fresh(f"state{each}") for each in range(states)]
        data, held, weights = names[0], names[1 : 1 + states], names[1 + states :]
        hidden = node.integer("hidden_size", default=0) or None
        inputs = (data, *weights, "", *held)
        outputs = (node.fresh("sequence"), *made)
        steps.append(node.step(operation, inputs, outputs, hidden_size=hidden, layout=1))
        wanted = [(each, node.output(each)) for each in range(states) if node.output(each)]
        for each, output in wanted:
            steps.append(Step("squeeze", (made[each],), (output,), {"axes": (1,)}))
        return steps

    return needing(3 + states, rule)


RULES: Final[Mapping[str, Rule]] = {
    "LSTMSequence": sequence("lstm"),
    "GRUSequence": sequence("gru"),
    "RNNSequence": sequence("rnn"),
    "LSTMCell": cell("lstm"),
    "GRUCell": cell("gru"),
    "RNNCell": cell("rnn"),
    "AUGRUSequence": sequence("gru"),
    "AUGRUCell": cell("gru"),
}
