"""One node of an ONNX graph as a rule sees it, and the steps that a rule makes of it.

Attributes come from an untrusted file: the accessors here give a value of the asked kind or refuse
with the node's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Attribute, Scalar, StoredTensor, TensorType
from cyborg_rr.readers.onnx.schema import OnnxNode


@dataclass(frozen=True, slots=True)
class Step:
    """One canonical operation. ``stated`` are result types that follow from the ONNX node alone.

    ``restated`` are stored tensors whose real type the node gives away, such as packed weights.
    """

    operation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    stated: Mapping[str, TensorType] = field(default_factory=dict)
    restated: Mapping[str, TensorType] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A node, the version of its operator set, and what is known of its inputs."""

    node: OnnxNode
    version: int
    type_of: Callable[[str], TensorType | None]
    stored_of: Callable[[str], StoredTensor | None]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return self.node.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self.node.outputs

    def input(self, index: int) -> str:
        """Name of an input, empty where it is left out."""
        return self.node.inputs[index] if index < len(self.node.inputs) else ""

    def output(self, index: int) -> str:
        """Name of an output, empty where it is left out."""
        return self.node.outputs[index] if index < len(self.node.outputs) else ""

    def fresh(self, word: str) -> str:
        """A name for a value between the steps of this node."""
        first = next((name for name in self.node.outputs if name), self.node.name)
        return f"{first}/{word}"

    def values(self, index: int) -> tuple[Scalar, ...] | None:
        """Values of an input that the file stores."""
        stored = self.stored_of(self.input(index)) if self.input(index) else None
        return None if stored is None else stored.values

    def element_type(self, index: int) -> str | None:
        """Element type of an input, where the file states it."""
        known = self.type_of(self.input(index)) if self.input(index) else None
        return None if known is None else known.element_type

    def has(self, name: str) -> bool:
        """Whether the node carries an attribute."""
        return name in self.node.attributes

    def integer(self, name: str, default: int) -> int:
        """An integer attribute."""
        value = self.node.attributes.get(name, default)
        if isinstance(value, int):
            return value
        raise self._wrong(name, "an integer")

    def number(self, name: str, default: float) -> float:
        """A number attribute."""
        value = self.node.attributes.get(name, default)
        if isinstance(value, int | float):
            return value
        raise self._wrong(name, "a number")

    def flag(self, name: str, default: bool = False) -> bool:
        """An integer attribute that means yes or no."""
        return self.integer(name, int(default)) != 0

    def text(self, name: str, default: str = "") -> str:
        """A string attribute."""
        value = self.node.attributes.get(name, default)
        if isinstance(value, str):
            return value
        raise self._wrong(name, "a string")

    def integers(self, name: str) -> tuple[int, ...] | None:
        """An attribute that lists integers; None where it is left out."""
        value = self.node.attributes.get(name)
        if value is None:
            return None
        if isinstance(value, tuple):
            numbers = tuple(number for number in value if isinstance(number, int))
            if len(numbers) == len(value):
                return numbers
        raise self._wrong(name, "a list of integers")

    def floats(self, name: str) -> tuple[float, ...] | None:
        """An attribute that lists numbers; None where it is left out."""
        value = self.node.attributes.get(name)
        if value is None:
            return None
        if isinstance(value, tuple):
            numbers = tuple(number for number in value if isinstance(number, int | float))
            if len(numbers) == len(value):
                return numbers
        raise self._wrong(name, "a list of numbers")

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for a node that cannot be."""
        return UnreadableModel(f"{self.node.place}: {cause}")

    def _wrong(self, name: str, wanted: str) -> UnreadableModel:
        return self.refuse(f"attribute '{name}' is not {wanted}")

    def step(
        self,
        operation: str,
        inputs: tuple[str, ...] | None = None,
        outputs: tuple[str, ...] | None = None,
        stated: Mapping[str, TensorType] | None = None,
        /,
        **attributes: Attribute | None,
    ) -> Step:
        """A step with this node's inputs and outputs unless said; attributes that are None fall."""
        return Step(
            operation,
            self.node.inputs if inputs is None else inputs,
            self.node.outputs if outputs is None else outputs,
            {name: value for name, value in attributes.items() if value is not None},
            stated or {},
        )


Rule = Callable[[Call], list[Step]]
"""Translates one ONNX operation; the last step carries the node's name."""
