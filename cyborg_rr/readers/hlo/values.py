"""Values while a computation is written: flat names in place of tuples, and the block so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.graph.graph import Block, Node, StoredTensor, TensorType
from cyborg_rr.readers.hlo.module import HloType, Key, TupleType, list_leaves

MAX_TUPLE_NAMES: Final = 2_000_000
"""Tuple elements that operands and results stand for: a short text may name them many times."""

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """The tensors that a value stands for; ``ends`` as in ``TupleType``, None for one tensor."""

    names: Names
    ends: tuple[int, ...] | None = None

    def find_element(self, index: int) -> Names | None:
        """The tensors of one element of a tuple."""
        if self.ends is None or not 0 <= index < len(self.ends):
            return None
        return self.names[self.ends[index - 1] if index else 0 : self.ends[index]]


@dataclass(slots=True)
class Building:
    """A block while it is written, and what the keys of its computation stand for."""

    inputs: dict[str, TensorType] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    stored: dict[str, StoredTensor] = field(default_factory=dict)
    types: dict[str, TensorType] = field(default_factory=dict)
    values: dict[Key, Value] = field(default_factory=dict)
    _copies: int = 0

    def define(self, key: Key, name: str, type_: HloType) -> Names:
        """New names for a value, one for each tensor in it; their types are noted."""
        leaves = list_leaves(type_)
        if isinstance(type_, TensorType):
            names: Names = (self._name(name, type_),)
        else:
            names = tuple(self._name(f"{name}#{place}", leaf) for place, leaf in enumerate(leaves))
        self.bind(key, names, type_)
        return names

    def bind(self, key: Key, names: Names, type_: HloType) -> None:
        """A value that is other values under a new key."""
        self.values[key] = Value(names, type_.ends if isinstance(type_, TupleType) else None)

    def finish(self, outputs: Names) -> Block:
        """The whole block."""
        return Block(self.inputs, outputs, tuple(self.nodes), self.stored, self.types)

    def _name(self, wanted: str, type_: TensorType) -> str:
        name = wanted
        while name in self.types:
            self._copies += 1
            name = f"{wanted}~{self._copies}"
        self.types[name] = type_
        return name
