"""One node of an ONNX graph as a rule sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.onnx.schema import OnnxNode


@dataclass(slots=True)
class NativeOnnxNode(NativeNode):
    """A node with the version of its operator set, and the record that it was made of."""

    version: int
    record: OnnxNode

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
