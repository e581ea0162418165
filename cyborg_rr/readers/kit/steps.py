"""What a native node becomes: canonical steps, and the nodes of a graph that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cyborg_rr.domain.graph.graph import (
    AttributeValue,
    Block,
    NativeCall,
    Node,
    TensorType,
)
from cyborg_rr.domain.graph.naming import name_step

NO_ATTRIBUTES: Final[Mapping[str, AttributeValue]] = {}
NO_TYPES: Final[Mapping[str, TensorType]] = {}
"""What most steps have, and share; nobody adds to them."""


@dataclass(slots=True)  # not frozen: one or more are made for every node
class Step:
    """One canonical operation. ``stated`` are result types that follow from the native node alone.

    ``restated`` are stored tensors whose real type the node gives away, such as packed weights.
    ``blocks`` are what it runs, where the rule wrote them.
    """

    operation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, AttributeValue]
    stated: Mapping[str, TensorType] = field(default_factory=dict)
    restated: Mapping[str, TensorType] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()


def make_nodes(
    steps: Sequence[Step],
    native_name: str,
    label: str,
    blocks: tuple[Block, ...] = (),
    native: NativeCall | None = None,
) -> list[Node]:
    """The steps of one native node as nodes under its label, in order.

    The last counts under the native name itself and holds the blocks, so that a native operation
    counts once; those before it are called ``name/step``. It carries ``native`` too, how the file
    calls the operation: to be given where that differs from what the last step says.
    """
    last = len(steps) - 1
    return [
        Node(
            step.operation,
            native_name if index == last else name_step(native_name, step.operation),
            step.inputs,
            step.outputs,
            step.attributes,
            blocks if index == last and blocks else step.blocks,
            label,
            native if index == last else None,
        )
        for index, step in enumerate(steps)
    ]
