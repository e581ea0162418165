"""Which outputs of an ONNX model take over the memory of an input: caches that runtimes update.

ONNX states no such thing. It follows from operations that are there to write into a cache:
TensorScatter "models an in-place update to a KV cache buffer" (ONNX), GroupQueryAttention and what
has ``past_present_share_buffer`` keep past and present in one tensor (ONNX Runtime's
ContribOperators.md), PagedAttention updates its caches in place. A Concat of past and new does not:
it fills a new buffer while the old one is still there, and both count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import Node, TensorType

_SHARING: Final[Mapping[str, Mapping[int, int]]] = MappingProxyType(
    {
        "TensorScatter": {0: 0},
        "com.microsoft:GroupQueryAttention": {1: 4, 2: 5},
        "com.microsoft:PagedAttention": {1: 3, 2: 4},
    }
)
"""By operation: which input each output shares the memory of (of canonical operands)."""

_BUFFERED: Final = MappingProxyType({1: 4, 2: 5})
"""The same for an attention whose past is a buffer."""


def find_shared_outputs(
    inputs: Mapping[str, TensorType], outputs: Sequence[str], nodes: Sequence[Node]
) -> dict[int, str]:
    """By the place of an output, the input whose memory it takes over; each input once."""
    sources = _find_sources(nodes)
    found: dict[int, str] = {}
    taken: set[str] = set()
    for place, name in enumerate(outputs):
        while name in sources:  # each value has one maker, and none comes before it
            name = sources[name]
        if name != outputs[place] and name in inputs and name not in taken:
            found[place] = name
            taken.add(name)
    return found


def _find_sources(nodes: Sequence[Node]) -> dict[str, str]:
    """By the name of a value, that of the one whose memory it writes into or shows."""
    sources: dict[str, str] = {}
    for node in nodes:
        for output, source in _find_pairs(node).items():
            names = (*node.outputs[output : output + 1], *node.inputs[source : source + 1])
            if len(names) == 2 and all(names):
                sources[names[0]] = names[1]
    return sources


def _find_pairs(node: Node) -> Mapping[int, int]:
    """Outputs of a node with the inputs whose memory they have.

    A packed past is handed on by a step of its own, an identity. An Identity of the file itself is
    a copy.
    """
    if node.operation == "identity" and node.native_name.endswith("/identity"):
        return {0: 0}
    if node.attributes.get("past_is_buffer"):
        return _BUFFERED
    return _SHARING.get(node.native_name, {})
