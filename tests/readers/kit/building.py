"""A native node of no IR, for the tests of what every IR's translation shares."""

from __future__ import annotations

from dataclasses import dataclass

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import StoredTensor, TensorType
from cyborg_rr.readers.kit.node import NativeNode

TYPES = {"x": TensorType("f32", (2, 3)), "k": TensorType("i64", (2,))}


@dataclass(slots=True)
class PlainNode(NativeNode):
    """A node that stands nowhere in particular."""

    def refuse(self, cause: str) -> UnreadableModel:
        """The error, after the node's label."""
        return UnreadableModel(f"node {self.label}: {cause}")


def make_node(
    inputs: tuple[str, ...] = ("x", "", "k"),
    outputs: tuple[str, ...] = ("y",),
    stored: dict[str, StoredTensor] | None = None,
    **attributes: object,
) -> PlainNode:
    """A node called ``n`` of these values."""
    known = stored or {}
    return PlainNode("Op", "n", inputs, outputs, attributes, TYPES.get, known.get)
