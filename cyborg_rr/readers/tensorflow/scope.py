"""What is known of the values of a block while it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from cyborg_rr.domain.graph.graph import Block, Dimension, Node, StoredTensor, TensorType
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.tensorflow.references import Key, Values

_WEIGHTS: Final[Mapping[str, tuple[int, ...]]] = {
    "convolution": (1, 2), "matmul": (0, 1), "gemm": (1, 2), "batch_normalization": (1, 2, 3, 4),
    "batch_norm_training": (1, 2), "gather": (0,),
}  # fmt: skip
"""Operands that are weights where they are stored, by canonical operation."""

_BIASED: Final = frozenset({"BiasAdd", "BiasAddV1"})


@dataclass(slots=True)
class Scope:
    """A block in the making. ``values`` has None for a value that never comes to be.

    ``origins`` names the stored tensor that a value only passes on, ``sizes`` what is known of
    packed sizes, ``channels`` how many channels images have, where something said so. ``hints`` are
    types that a function's arguments have where it is called, ``weight_inputs`` those arguments
    that stand where weights stand. ``guards`` are the conditions of version 1 that values hang on.
    """

    keys: Values
    inputs: dict[str, TensorType] = field(default_factory=dict)
    stored: dict[str, StoredTensor] = field(default_factory=dict)
    types: dict[str, TensorType] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    values: dict[Key, str | None] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, tuple[int | None, ...]] = field(default_factory=dict)
    channels: dict[str, Dimension] = field(default_factory=dict)
    hints: dict[str, TensorType] = field(default_factory=dict)
    weight_inputs: set[str] = field(default_factory=set)
    guards: dict[str, str] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def define(self, key: Key, wanted: str = "") -> str:
        """A name for a value, one of its own in the block."""
        node, place = key
        name = wanted or (f"{node}:{place}" if place else node)
        number = 1
        whole = name
        while name in self._names:
            name = f"{whole}~{number}"
            number += 1
        self._names.add(name)
        self.values[key] = name
        return name

    def find_type(self, name: str) -> TensorType | None:
        """The type of a value, where something said it."""
        stored = self.stored.get(name)
        if stored is not None:
            return stored.type
        known = self.types.get(name) or self.hints.get(name)
        return self.inputs.get(name) if known is None else known

    def find_stored(self, name: str) -> StoredTensor | None:
        """The stored tensor that a value is, or passes on."""
        return self.stored.get(self.origins.get(name, name))

    def pass_on(self, name: str, source: str) -> None:
        """Note that a value is another one."""
        self.origins[name] = self.origins.get(source, source)
        known = self.find_type(source)
        if known is not None and name not in self.types:
            self.types[name] = known

    def hold(self, name: str, tensor: StoredTensor) -> None:
        """Store a tensor that a rule needs."""
        self.stored[name] = tensor

    def mark(self, name: str) -> None:
        """Call a stored tensor of real numbers a parameter; of an argument, note it."""
        name = self.origins.get(name, name)
        if name in self.inputs:
            self.weight_inputs.add(name)
        tensor = self.stored.get(name)
        if tensor is not None and tensor.kind == "constant" and is_learnable(tensor):
            self.stored[name] = replace(tensor, kind="parameter")

    def constant(self, values: tuple[int, ...], element_type: str, name: str) -> str:
        """Store a row of numbers under a name that begins so."""
        name = self.define((name, 0))
        known = TensorType(element_type, (len(values),))
        self.hold(name, StoredTensor(known, "constant", values=values))
        return name

    def find_fixed(self, name: str) -> TensorType | None:
        """The type of a value whose sizes are all known."""
        known = self.find_type(name)
        return known if known is not None and known.is_static else None

    def guard(self, node: str, sources: Iterable[str]) -> None:
        """Note that what a node yields hangs on the condition that its sources hang on."""
        found = next((self.guards[each] for each in sources if each in self.guards), None)
        for place in self.keys.used.get(node, ()) if found is not None else ():
            value = self.values.get((node, place))
            if value is not None and found is not None:
                self.guards.setdefault(value, found)

    def finish(self, outputs: tuple[str, ...]) -> Block:
        """The whole block, with its weights found."""
        for node in self.nodes:
            biased = node.operation == "add" and node.native_name in _BIASED
            for index in (1,) if biased else _WEIGHTS.get(node.operation, ()):
                if index < len(node.inputs):
                    name = self.origins.get(node.inputs[index], node.inputs[index])
                    tensor = self.stored.get(name)
                    if tensor is None or (tensor.type.elements or 0) > 1:
                        self.mark(name)
        return Block(self.inputs, outputs, tuple(self.nodes), self.stored, self.types)


def is_learnable(tensor: StoredTensor) -> bool:
    """Whether a tensor's type is one that weights have."""
    element = find_element_type(tensor.type.element_type)
    return element is not None and element.may_be_weights
