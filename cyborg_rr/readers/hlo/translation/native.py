"""One HLO instruction as its translation sees it: tuples taken apart, attributes neutral."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.steps import Step


@dataclass(slots=True)
class NativeHloNode(NativeNode):
    """An instruction with the names and types of its values.

    ``function`` is what its reducer computes, ``devices`` how many take part where an operation
    names no groups, ``position`` where it stands.
    """

    result_types: Sequence[TensorType]
    function: str | None
    devices: int
    position: int
    fail: Callable[[str, int], UnreadableModel]

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for an instruction that cannot be."""
        return self.fail(f"{self.label[:60]!r} ({self.operation[:60]}) {cause}", self.position)

    def first(self, name: str, default: int) -> int:
        """The first of a list of whole numbers."""
        found = self.integers(name)
        return found[0] if found else default

    def static_shape(self) -> dict[str, AttributeValue]:
        """The attribute ``shape`` of the result, when it is a shape of numbers."""
        shape = self.result_types[0].shape if self.result_types else None
        if shape is None or any(isinstance(size, str) for size in shape):
            return {}
        return {"shape": tuple(int(size) for size in shape)}

    def result_element_type(self) -> dict[str, AttributeValue]:
        """The attribute ``element_type`` of the first result, when it is known."""
        known = self.result_types[0].element_type if self.result_types else None
        return {} if known is None else {"element_type": known}

    def reduction(self) -> dict[str, AttributeValue]:
        """The attribute ``function``, when the reducer is a known one."""
        return {} if self.function is None else {"function": self.function}


Rule = Callable[[NativeHloNode], list[Step]]
"""Translates one instruction."""
