"""What is known of the values of a graph while it is translated."""

from __future__ import annotations

from dataclasses import dataclass, field

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Scalar, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import quote


@dataclass(slots=True)
class Scope:
    """One block: what it stores, and the types of its values. An inner one sees its outer ones."""

    outer: Scope | None = None
    types: dict[str, TensorType] = field(default_factory=dict)
    stored: dict[str, StoredTensor] = field(default_factory=dict)
    defined: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)

    def defines(self, name: str) -> bool:
        """Whether a value is there, here or further out."""
        return name in self.defined or (self.outer is not None and self.outer.defines(name))

    def find_type(self, name: str) -> TensorType | None:
        """The type of a value that is there."""
        known = self.types.get(name)
        if known is None and self.outer is not None:
            return self.outer.find_type(name)
        return known

    def find_stored(self, name: str) -> StoredTensor | None:
        """The tensor that is stored under a name."""
        known = self.stored.get(name)
        if known is None and self.outer is not None:
            return self.outer.find_stored(name)
        return known

    def define(self, name: str, known: TensorType | None) -> None:
        """A value comes to be; ``UnreadableModel`` for one that is there already."""
        if name in self.defined or (self.outer is not None and self.outer.defines(name)):
            raise UnreadableModel(f"value {quote(name)} is defined a second time")
        self.defined.add(name)
        if known is not None:
            self.types[name] = known

    def constant(self, value: Scalar, element_type: str) -> str:
        """The name of a stored number; equal numbers are stored once."""
        if self.outer is not None:
            return self.outer.constant(value, element_type)
        name = f"{value!r}:{element_type}"
        if name not in self.stored:
            known = TensorType(element_type, ())
            self.define(name, known)
            self.stored[name] = StoredTensor(known, "constant", values=(value,))
        return name
