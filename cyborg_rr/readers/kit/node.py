"""One native node as the rules of a translation see it.

Attributes come from an untrusted file: an accessor gives a value of the asked kind or refuses the
file with the names of node and attribute.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import (
    SMALL_CONSTANT_ELEMENTS,
    AttributeValue,
    NativeCall,
    Scalar,
    Shape,
    StoredTensor,
    TensorType,
)
from cyborg_rr.readers.kit.steps import NO_ATTRIBUTES, NO_TYPES, Step


@dataclass(slots=True)  # not frozen: one is made for every node, which takes thrice as long then
class NativeNode(ABC):
    """A node of a file: its operation, values and attributes, and what is known of its inputs.

    ``operation`` is the IR's name without its domain, ``label`` the name of the node itself. An
    input or output that is left out has an empty name. A family says in ``refuse`` where the node
    stands in the file; one whose file writes values in a form of its own overrides the accessors
    that meet them.
    """

    operation: str
    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, object]
    find_type: Callable[[str], TensorType | None]
    find_stored: Callable[[str], StoredTensor | None]

    @abstractmethod
    def refuse(self, cause: str) -> UnreadableModel:
        """The error for a node that cannot be, with the node's name and place before the cause."""

    @property
    def call(self) -> NativeCall:
        """How the file calls the operation, for the node that stands for it."""
        return NativeCall(self.inputs, self.outputs, self.attributes)

    # ---- operands and results

    def input(self, index: int) -> str:
        """Name of an input, empty where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else ""

    def output(self, index: int) -> str:
        """Name of an output, empty where it is left out."""
        return self.outputs[index] if index < len(self.outputs) else ""

    def input_type(self, index: int) -> TensorType | None:
        """Type of an input, where the file states it."""
        name = self.input(index)
        return self.find_type(name) if name else None

    def element_type(self, index: int) -> str | None:
        """Element type of an input, where the file states it."""
        known = self.input_type(index)
        return None if known is None else known.element_type

    def shape(self, index: int) -> Shape | None:
        """Shape of an input, where the file states it."""
        known = self.input_type(index)
        return None if known is None else known.shape

    def stored(self, index: int) -> StoredTensor | None:
        """The tensor that the file stores for an input."""
        name = self.input(index)
        return self.find_stored(name) if name else None

    def values(self, index: int) -> tuple[Scalar, ...] | None:
        """Values of an input that the file stores and that are few, a repeated one repeated."""
        stored = self.stored(index)
        if stored is None or stored.values is None or not stored.splat:
            return None if stored is None else stored.values
        count = stored.type.elements
        if count is None or count > SMALL_CONSTANT_ELEMENTS:
            return None
        return stored.values * count

    def fresh(self, word: str) -> str:
        """A name for a value between the steps of this node: ``first result/word``."""
        return f"{next(filter(None, self.outputs), self.label)}/{word}"

    # ---- attributes: of several names the first that is there

    def attribute(self, *names: str) -> object:
        """The value as the file gives it; None where it is left out."""
        for name in names:
            if name in self.attributes:
                return self.attributes[name]
        return None

    def has(self, name: str) -> bool:
        """Whether the node carries an attribute."""
        return name in self.attributes

    def integer(self, *names: str, default: int) -> int:
        """A whole number."""
        value = self.attribute(*names)
        if value is None:
            return default
        if isinstance(value, int):
            return value
        raise self.wrong(names, "an integer")

    def number(self, *names: str, default: float) -> float:
        """A number, whole or not."""
        value = self.attribute(*names)
        if value is None:
            return default
        if isinstance(value, int | float):
            return value
        raise self.wrong(names, "a number")

    def flag(self, *names: str, default: bool = False) -> bool:
        """A truth value, or a whole number that means one."""
        return self.integer(*names, default=default) != 0

    def text(self, *names: str, default: str = "") -> str:
        """A text."""
        value = self.attribute(*names)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        raise self.wrong(names, "a string")

    def integers(self, *names: str) -> tuple[int, ...] | None:
        """A list of whole numbers; None where it is left out."""
        value = self.attribute(*names)
        if value is None:
            return None
        if isinstance(value, tuple):
            found = tuple(number for number in value if isinstance(number, int))
            if len(found) == len(value):
                return found
        raise self.wrong(names, "a list of integers")

    def numbers(self, *names: str) -> tuple[float, ...] | None:
        """A list of numbers; None where it is left out."""
        value = self.attribute(*names)
        if value is None:
            return None
        if isinstance(value, tuple):
            found = tuple(number for number in value if isinstance(number, int | float))
            if len(found) == len(value):
                return found
        raise self.wrong(names, "a list of numbers")

    def wrong(self, names: tuple[str, ...], wanted: str) -> UnreadableModel:
        """The error for an attribute that is there and not of the wanted kind."""
        name = next((name for name in names if name in self.attributes), names[0])
        return self.refuse(f"attribute '{name}' is not {wanted}")

    # ---- what a rule answers

    def step(
        self,
        operation: str,
        inputs: tuple[str, ...] | None = None,
        outputs: tuple[str, ...] | None = None,
        stated: Mapping[str, TensorType] | None = None,
        /,
        **attributes: AttributeValue | None,
    ) -> Step:
        """A step with this node's inputs and outputs unless said; attributes that are None fall."""
        return Step(
            operation,
            self.inputs if inputs is None else inputs,
            self.outputs if outputs is None else outputs,
            {name: value for name, value in attributes.items() if value is not None}
            if attributes
            else NO_ATTRIBUTES,
            stated or NO_TYPES,
            NO_TYPES,
        )
