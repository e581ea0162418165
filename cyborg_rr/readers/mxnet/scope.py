"""What is known of the values of a model while it is translated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Scalar, StoredTensor, TensorType

MAX_VALUES: Final = 100_000
"""Values of a model of any size: parts and layers that nodes are taken apart into, too."""

MAX_VALUES_PER_NODE: Final = 64


@dataclass(slots=True)
class Scope:
    """Stored tensors and stated types of the whole model; inner graphs add to it.

    ``nodes`` are those of the file, to which the values have to be in proportion. ``givers`` are,
    by constant and dimension, the values and their dimensions that open sizes are like; what none
    gives is in ``assumed``.
    """

    nodes: int = 0
    stored: dict[str, StoredTensor] = field(default_factory=dict)
    types: dict[str, TensorType] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    givers: dict[str, dict[int, tuple[str, int]]] = field(default_factory=dict)
    assumed: dict[str, None] = field(default_factory=dict)

    def find_type(self, name: str) -> TensorType | None:
        """The type of a value, where the file states it."""
        stored = self.stored.get(name)
        return self.types.get(name) if stored is None else stored.type

    def find_stored(self, name: str) -> StoredTensor | None:
        """The tensor that is stored under a name."""
        return self.stored.get(name)

    def name(self, wanted: str) -> str:
        """A name that no other value has, the wanted one if it is free."""
        if len(self.names) > MAX_VALUES + MAX_VALUES_PER_NODE * self.nodes:
            raise UnreadableModel("its operations have more results than fit a file of its size")
        found, count = wanted, 1
        while found in self.names:
            count += 1
            found = f"{wanted}@{count}"
        self.names.add(found)
        return found

    def add_weight(self, name: str, known: TensorType) -> str:
        """A parameter that no file has the data of."""
        found = self.name(name)
        self.stored[found] = StoredTensor(known, "parameter", "absent")
        return found

    def restate(self, name: str, shape: tuple[int, ...]) -> None:
        """Give a weight without a shape the one that an operation states."""
        stored = self.stored.get(name)
        if stored is not None and stored.type.shape is None:
            known = TensorType(stored.type.element_type or "f32", shape)
            self.stored[name] = StoredTensor(known, stored.kind, stored.location)

    def state_element_type(self, name: str, element_type: str) -> None:
        """Give a weight without an element type the one that an operation wants."""
        stored = self.stored.get(name)
        if stored is not None and stored.type.element_type is None:
            known = TensorType(element_type, stored.type.shape)
            self.stored[name] = StoredTensor(known, stored.kind, stored.location)

    def constant(self, values: Sequence[Scalar] | Scalar, element_type: str) -> str:
        """The name of a stored number, or of a vector; equal ones are stored once."""
        vector = isinstance(values, Sequence)
        numbers = tuple(values) if isinstance(values, Sequence) else (values,)
        name = f"{list(numbers) if vector else numbers[0]!r}:{element_type}"
        if name not in self.stored:
            known = TensorType(element_type, (len(numbers),) if vector else ())
            self.names.add(name)
            self.stored[name] = StoredTensor(known, "constant", values=numbers)
        return name
