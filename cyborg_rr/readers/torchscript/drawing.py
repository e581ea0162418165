"""The graph as far as it is drawn: nodes, stored numbers, and what is known of each value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Node, Scalar, StoredTensor, TensorType
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.reading.limits import MAX_NODES
from cyborg_rr.readers.torchscript.values import Ref

MAX_NAME: Final = 160


@dataclass(slots=True)
class Drawing:
    """Nodes in order. ``ranks`` and ``elements`` are of the values of which they are known."""

    stored: dict[str, StoredTensor]
    inputs: dict[str, TensorType] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    ranks: dict[str, int] = field(default_factory=dict)
    elements: dict[str, str] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    types: dict[str, TensorType] = field(default_factory=dict)
    _used: dict[str, int] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)
    _drawn: int = 0

    def fresh(self, word: str) -> str:
        """A name that no value has yet."""
        word = word[-MAX_NAME:]
        while True:
            count = self._used.get(word, 0)
            self._used[word] = count + 1
            name = f"{word}#{count}" if count else word
            if name not in self._names and name not in self.stored:
                self._names.add(name)
                return name

    def constant(self, value: Scalar | tuple[int, ...], element_type: str | None = None) -> str:
        """The name of a stored number, or of a list of whole ones; equal ones are stored once."""
        values: tuple[Scalar, ...]
        if isinstance(value, tuple):
            kind, values = TensorType("i64", (len(value),)), value
            name = f"{list(value)}"[:MAX_NAME]
        else:
            usual = (
                "i1" if isinstance(value, bool) else "f32" if isinstance(value, float) else "i64"
            )
            kind, values = TensorType(element_type or usual, ()), (value,)
            name = f"{value!r}:{kind.element_type}"
        while name in self.stored and self.stored[name] != StoredTensor(
            kind, "constant", "inline", values
        ):
            name = self.fresh(name)
        self.stored.setdefault(name, StoredTensor(kind, "constant", "inline", values))
        self.ranks[name] = len(kind.shape or ())
        self.elements[name] = kind.element_type or ""
        return name

    def draw(self, steps: Many[Step], native_name: str, label: str) -> None:
        """The steps of one call as nodes."""
        self._drawn += len(steps)
        if self._drawn > MAX_NODES:
            raise UnreadableModel(f"its calls make more than {MAX_NODES} nodes")
        self.nodes += make_nodes(steps, native_name, label)
        for step in steps:
            if step.stated:
                self.types.update(step.stated)

    def know(self, name: str, rank: int | None = None, element_type: str | None = None) -> None:
        """Note what is known of a value."""
        if rank is not None and rank >= 0:
            self.ranks.setdefault(name, rank)
        if element_type:
            self.elements.setdefault(name, element_type)
            known = self.inputs.get(name)
            if known is not None and known.element_type is None:
                self.inputs[name] = TensorType(element_type, known.shape)

    def rank(self, value: object) -> int | None:
        """The rank of a value, where it is known."""
        return self.ranks.get(value.name) if isinstance(value, Ref) else None

    def element(self, value: object) -> str | None:
        """The element type of a value, where it is known."""
        return self.elements.get(value.name) if isinstance(value, Ref) else None
