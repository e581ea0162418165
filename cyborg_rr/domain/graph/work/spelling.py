"""What a node is to compilers, however its IR spells it: coverage must not hang on the spelling."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.domain.graph.inference.typed import TypedBlock

_IMAGE_RANKS: Final = (4, 5)
"""A batch of channels over two or three dimensions; a mean over one may be over tokens."""

_MATRIX_RANK: Final = 2

RESPELT: Final = frozenset({"matmul", "reduce"})
"""The operations that may count as another one."""


def find_spelling(typed: TypedBlock, node: Node, name: str) -> str:
    """The canonical operation that a node of the operation ``name`` counts as.

    A mean over all spatial dimensions is a global pool: exporters write either for one layer
    (PyTorch's two to ONNX differ, and OpenVINO's converter makes ReduceMean of GlobalAveragePool).
    A product of two matrices is a dense layer.
    """
    if name == "matmul":
        ranks = [len(typed.type_of(each).shape or ()) for each in node.inputs[:2]]
        return "gemm" if ranks == [_MATRIX_RANK] * 2 else name
    if name == "reduce" and node.attributes.get("function") == "mean":
        return "global_pool" if _is_over_space(typed, node) else name
    return name


def _is_over_space(typed: TypedBlock, node: Node) -> bool:
    """Whether the axes are all but the batch and the channels, which stand second or last."""
    rank = len(typed.type_of(node.inputs[0]).shape or ()) if node.inputs else 0
    stated = node.attributes.get("axes")
    is_operand = stated is None and len(node.inputs) > 1
    axes = typed.value_of(node.inputs[1]) if is_operand else stated
    if rank not in _IMAGE_RANKS or not isinstance(axes, tuple):
        return False
    reduced = {axis % rank for axis in axes if isinstance(axis, int)}
    return reduced in (set(range(2, rank)), set(range(1, rank - 1)))
