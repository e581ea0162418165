"""Rules for lstm, gru and rnn of aten, which run all layers and directions in one operation."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import AttributeValue, Shape, TensorType
from cyborg_rr.readers.dialects.aten.native import NativeTorchNode, Rule
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step

MAX_LAYERS = 64


def recurrent(operation: str) -> Rule:
    """lstm(input, hx, params, has_biases, num_layers, ...): a canonical step for each layer.

    Each layer has its weights for one direction or both, then its biases, which are left out of the
    canonical step, since they are but added. Sequences that are packed are unknown, as are layers
    with projections, whose weights do not come in twos or fours.
    """

    def rule(node: NativeTorchNode) -> list[Step]:
        layers, both = node.integer("num_layers", default=1), node.flag("bidirectional")
        each = 4 if node.flag("has_biases", default=True) else 2
        parameters = node.tensors("params")
        count = 2 if both else 1
        data = node.type_of(node.tensor("input"))
        if not 0 < layers <= MAX_LAYERS or len(parameters) != layers * count * each:
            return unknown(node)
        if data.shape is None or len(data.shape) != 3:
            return unknown(node)
        chosen = [parameters[i : i + 2] for i in range(0, len(parameters), each)]
        made = _Layers(node, operation, data, node.flag("batch_first"))
        for layer in range(layers):
            if not made.add(layer, chosen[layer * count : (layer + 1) * count]):
                return unknown(node)
        return made.finish()

    return rule


class _Layers:
    """The steps of the layers so far, and the value that the next one reads, time first."""

    def __init__(
        self, node: NativeTorchNode, operation: str, data: TensorType, batch_first: bool
    ) -> None:
        self._node = node
        self._operation = operation
        self._batch_first = batch_first
        self._element = data.element_type
        self._steps: list[Step] = []
        self._states: list[tuple[str, ...]] = []
        self._value = node.tensor("input")
        shape = data.shape or ()
        if batch_first:
            shape = (shape[1], shape[0], *shape[2:])
            self._step("transpose", "first", (self._value,), shape, permutation=(1, 0, 2))
        self._time, self._batch = shape[0], shape[1]

    def _step(
        self,
        operation: str,
        word: str,
        inputs: tuple[str, ...],
        shape: Shape,
        **attributes: AttributeValue,
    ) -> str:
        """A step with one result of that shape, which is what is read next."""
        self._value = self._node.fresh(word)
        known = {self._value: TensorType(self._element, shape)}
        self._steps.append(self._node.step(operation, inputs, (self._value,), known, **attributes))
        return self._value

    def add(self, layer: int, weights: list[tuple[str, ...]]) -> bool:
        """One layer; False where its weights are none."""
        data, count = self._value, len(weights)
        recurrent_shape = self._node.type_of(weights[0][1]).shape
        if recurrent_shape is None or len(recurrent_shape) != 2:
            return False
        hidden = recurrent_shape[1]
        if not isinstance(hidden, int):
            return False
        kernels = tuple(self._join(layer, place, weights) for place in (0, 1))
        words = ("all", "state", "cell")[: 3 if self._operation == "lstm" else 2]
        names = tuple(self._node.fresh(f"{word}{layer}") for word in words)
        state = TensorType(self._element, (count, self._batch, hidden))
        known = dict.fromkeys(names[1:], state)
        known[names[0]] = TensorType(self._element, (self._time, count, self._batch, hidden))
        self._steps.append(
            self._node.step(
                self._operation,
                (data, *kernels),
                names,
                known,
                hidden_size=hidden,
                direction="bidirectional" if count == 2 else "forward",
            )
        )
        self._states.append(names[1:])
        turned = (self._time, self._batch, count, hidden)
        whole = (self._time, self._batch, count * hidden)
        self._step("transpose", f"turned{layer}", names[:1], turned, permutation=(0, 2, 1, 3))
        self._step("reshape", f"layer{layer}", (self._value,), whole)
        return True

    def _join(self, layer: int, place: int, weights: list[tuple[str, ...]]) -> str:
        """The weights of a layer's directions as one tensor."""
        parts = []
        for number, pair in enumerate(weights):
            shape = self._node.type_of(pair[place]).shape or ()
            word = f"weight{layer}.{place}.{number}"
            parts.append(self._step("unsqueeze", word, (pair[place],), (1, *shape), axes=(0,)))
        if len(parts) == 1:
            return parts[0]
        shape = self._node.type_of(weights[0][place]).shape or ()
        joined = (len(parts), *shape)
        return self._step("concatenate", f"weight{layer}.{place}", tuple(parts), joined, axis=0)

    def finish(self) -> list[Step]:
        """The results: all states of the last layer, then the last ones of each."""
        value = self._value
        for place, output in enumerate(self._node.outputs[1:]):
            parts = tuple(states[place] for states in self._states if place < len(states))
            if output and parts:
                self._steps.append(self._node.step("concatenate", parts, (output,), axis=0))
        order = (1, 0, 2) if self._batch_first else (0, 1, 2)
        last = self._node.step("transpose", (value,), self._node.outputs[:1], permutation=order)
        return [*self._steps, last]
