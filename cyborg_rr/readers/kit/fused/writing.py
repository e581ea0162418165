"""A kernel while it is written: the value that goes on, operands that nothing has read, nodes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.graph.graph import AttributeValue, Node, TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.readers.kit.fused.calls import Call
from cyborg_rr.readers.kit.fused.layouts import Sizes
from cyborg_rr.readers.kit.fused.parts import Part

_OPEN: Final = TensorType(None, None)


@dataclass(slots=True)
class Writing:
    """A function that is written: its nodes, and what of them is estimated or unknown.

    Operands are named by their places, from ``0`` on; ``echoed`` are results, by place, that are
    one of them.
    """

    call: Call
    nodes: list[Node] = field(default_factory=list)
    types: dict[str, TensorType] = field(default_factory=dict)
    estimated: set[str] = field(default_factory=set)
    unknown: Counter[str] = field(default_factory=Counter)
    outputs: tuple[str, ...] = ()
    echoed: dict[int, str] = field(default_factory=dict)
    _left: list[int] = field(default_factory=list)
    _value: str = ""
    _named: int = 0

    def _sizes(self, place: int) -> Sizes | None:
        return find_static(self.call.operands[place].shape)

    def _type_of(self, name: str) -> TensorType:
        """What is known of an operand or value: nothing, where its function has no result."""
        return self.types.get(name) or _OPEN

    def _take_all(self) -> list[str]:
        """All operands that none has read."""
        others = [str(place) for place in self._left]
        self._left.clear()
        return others

    def _take_other(self) -> str:
        """The next operand that none has read; the value itself where all were."""
        return str(self._left.pop(0)) if self._left else self._value

    def _add(
        self,
        part: Part,
        operation: str,
        operands: tuple[str, ...],
        known: TensorType | None,
        attributes: Mapping[str, AttributeValue],
        results: tuple[str, ...] = (),
        step: str = "",
    ) -> None:
        """One node; its result is the value that goes on."""
        self._named += 1
        results = results or (f"value{self._named}",)
        if known is not None and results[0] not in self.types:
            self.types[results[0]] = known
        name = f"{part.name}/{step}" if step else part.name
        self.nodes.append(Node(operation, name, operands, results, attributes))
        self._value = results[0]

    def _reshape(self, part: Part, value: str, sizes: Sizes) -> str:
        """The value in another shape of the same elements; itself where it has that shape."""
        known = self._type_of(value)
        if known.shape == sizes:
            return value
        fits = known.elements == math.prod(sizes)
        self._add(
            part,
            "reshape" if fits else "identity",
            (value,),
            TensorType(known.element_type, sizes),
            {"shape": sizes} if fits else {},
            step="reshape" if fits else "identity",
        )
        return self._value

    def _give_up(self, part: Part, known: TensorType | None) -> None:
        """An operation whose operands do not fit what it is called."""
        self.unknown[part.name] += 1
        operands = tuple(filter(None, (self._value, *map(str, range(len(self.call.operands))))))
        self._left.clear()
        self._add(part, "unknown", tuple(dict.fromkeys(operands)), known, {})
