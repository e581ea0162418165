"""One node of an ONNX graph as a rule sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Scalar, StoredTensor
from cyborg_rr.readers.dialects.onnx.schema import OnnxNode
from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.steps import Step


class Known(Protocol):
    """What a graph in the making knows beside types: see ``Scope``."""

    names: set[str]
    lists: dict[str, tuple[str, ...]]
    present: dict[str, bool]

    def list_of(self, name: str) -> tuple[str, ...] | None:
        """The elements of a sequence; None where they are not known."""
        ...

    def store(self, name: str, tensor: StoredTensor) -> None:
        """Give a value that the file reckons as what it always is."""
        ...

    def constant(self, value: Scalar, element_type: str) -> str:
        """The name of a stored number."""
        ...


@dataclass(slots=True)
class NativeOnnxNode(NativeNode):
    """A node with the version of its operator set, and the record that it was made of.

    ``scope`` knows the elements of sequences, and stores the numbers that a rule needs.
    """

    version: int
    record: OnnxNode
    scope: Known

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for a node that cannot be."""
        return UnreadableModel(f"{self.record.place}: {cause}")

    def demand(self, name: str) -> None:
        """Refuse the file where the node lacks an attribute that ONNX requires."""
        if not self.has(name):
            raise self.refuse(f"attribute '{name}' is missing")

    def demand_integer(self, name: str) -> int:
        """A whole number that ONNX requires."""
        self.demand(name)
        return self.integer(name, default=0)


Rule = Callable[[NativeOnnxNode], list[Step]]
"""Translates one ONNX operation; the last step carries the node's name."""
