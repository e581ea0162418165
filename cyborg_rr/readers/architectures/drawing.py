"""Drawing a graph node by node, with the weights that its nodes name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import (
    AttributeValue,
    Block,
    Node,
    StoredKind,
    StoredTensor,
    TensorType,
)
from cyborg_rr.domain.graph.naming import shorten
from cyborg_rr.readers.architectures.plans import Linear, Normalisation

MAX_WEIGHTS: Final = 300_000
"""DeepSeek-V3 has 45 000 tensors, the largest models that are known four times as many."""

MAX_ELEMENTS: Final = 10**15


class Drawing:
    """The nodes and weights of a graph so far; values are named by their number."""

    def __init__(self, element_type: str) -> None:
        self.element_type = element_type
        self.stored: dict[str, StoredTensor] = {}
        self.inputs: dict[str, TensorType] = {}
        self._nodes: list[Node] = []
        self._outputs: list[str] = []
        self._values = 0
        self._elements = 0

    def input(self, name: str, tensor: TensorType) -> str:
        """An input of the model."""
        self.inputs[name] = tensor
        return name

    def weight(self, name: str, *shape: int, element_type: str | None = None) -> str:
        """A parameter; one that was drawn before is the same."""
        return self._store(name, TensorType(element_type or self.element_type, shape), "parameter")

    def buffer(self, name: str, *shape: int, element_type: str | None = None) -> str:
        """What a model keeps beside what it learns by descent: scales, corrections.

        They are parameters as everywhere: exporters to ONNX and TensorFlow keep them among the
        weights.
        """
        return self._store(name, TensorType(element_type or self.element_type, shape), "parameter")

    def statistic(self, name: str, *shape: int, element_type: str | None = None) -> str:
        """What a normalisation saw while it learnt, which PyTorch counts as no parameter."""
        return self._store(name, TensorType(element_type or self.element_type, shape), "constant")

    def _store(self, name: str, tensor: TensorType, kind: StoredKind) -> str:
        if name not in self.stored:
            if any(isinstance(size, int) and size < 0 for size in tensor.shape or ()):
                raise UnreadableModel(f"the weight {shorten(name)} would have a negative size")
            self._elements += tensor.elements or 0
            if len(self.stored) == MAX_WEIGHTS or self._elements > MAX_ELEMENTS:
                raise UnreadableModel("the model has more weights than any that there is")
        self.stored.setdefault(name, StoredTensor(tensor, kind, "absent"))
        return name

    def list_weights(self, draw: Callable[[Drawing], object]) -> None:
        """Store what a part needs whose nodes are not part of the graph."""
        nodes, inputs, outputs = list(self._nodes), dict(self.inputs), list(self._outputs)
        draw(self)
        self._nodes, self.inputs, self._outputs = nodes, inputs, outputs

    def apply(self, operation: str, *inputs: str, **attributes: AttributeValue) -> str:
        """The result of an operation."""
        return self.apply_many(operation, inputs, 1, **attributes)[0]

    def apply_many(
        self, operation: str, inputs: Sequence[str], results: int, **attributes: AttributeValue
    ) -> tuple[str, ...]:
        """The results of an operation."""
        first = self._values
        self._values += results
        outputs = tuple(f"%{number}" for number in range(first, self._values))
        node = Node(operation, operation, tuple(inputs), outputs, attributes)
        self._nodes.append(node)
        return outputs

    def linear(
        self, value: str, weight: Linear, inner: int, outer: int, transposed: bool = False
    ) -> str:
        """A product with a weight that is stored outputs first, or ``transposed``."""
        shape = (inner, outer) if transposed else (outer, inner)
        stored = self.weight(f"{weight.name}.weight", *shape)
        result = self.apply("matmul", value, stored, trans_b=not transposed)
        if weight.bias:
            result = self.apply("add", result, self.weight(f"{weight.name}.bias", outer))
        return result

    def norm(self, value: str, name: str, width: int, kind: Normalisation) -> str:
        """A normalisation over the last dimension."""
        if kind == "bare":
            return self.apply("layer_normalization", value)
        scale = self.weight(f"{name}.weight", width)
        if kind == "rms":
            return self.apply("rms_normalization", value, scale)
        if kind == "layer_without_bias":
            return self.apply("layer_normalization", value, scale)
        return self.apply("layer_normalization", value, scale, self.weight(f"{name}.bias", width))

    def split(self, value: str, *sizes: int) -> tuple[str, ...]:
        """Parts along the last dimension."""
        return self.apply_many("split", (value,), len(sizes), axis=-1, split=sizes)

    def put_out(self, value: str) -> None:
        """Let a value be an output too, beside that of the last node."""
        self._outputs.append(value)

    def finish(self, name: str) -> Block:
        """The whole graph, its output the first result of the last node under that name."""
        last = self._nodes[-1]
        self._nodes[-1] = replace(last, outputs=(name, *last.outputs[1:]))
        return Block(self.inputs, (name, *self._outputs), tuple(self._nodes), self.stored)
