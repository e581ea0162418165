"""Steps between a product and a softmax, and where a dimension lies before and after each."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Final

from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.domain.graph.inference.attention.links import Links
from cyborg_rr.domain.graph.operations.registry import find_operation

OF_SCORES: Final = frozenset(
    {"add", "subtract", "multiply", "divide", "select", "convert", "maximum", "minimum", "clamp"}
    | {"tanh"}
)
"""Elementwise steps of scores that kernels of attention take: scale, mask, bias, bounds, cap."""

OF_PROBABILITIES: Final = frozenset({"convert", "select"})
"""Likewise of probabilities, where rows that are masked as a whole become zeros."""

_REPEATING: Final = frozenset({"broadcast_in_dim", "expand"})
_NO_TENSORS: Final = frozenset({"bitcast_convert", "get_tuple_element", "tuple"})
"""Views of which the elements are others, or that are of no tensor."""

_MAX_INNER: Final = 16
"""So many nodes has a function at most that stands for one step, such as ``jnp.where``."""


def list_sources(links: Links, index: int, operations: frozenset[str]) -> Iterator[str]:
    """The operands that a step hands on element by element; none where it is no such step."""
    node = links.nodes[index]
    if not node.inputs or not node.outputs:
        return
    elements = links.count_elements(node.outputs[0])
    if is_rearranging(links, index):
        yield node.inputs[0]
    elif node.operation in operations or is_small_function(links, index):
        for name in dict.fromkeys(node.inputs):
            if name and links.count_elements(name) == elements:
                yield name


def is_rearranging(links: Links, index: int) -> bool:
    """Whether the result has the elements of operand 0, in any shape and order."""
    node = links.nodes[index]
    if index in links.typed.inner or not node.inputs or not node.outputs:
        return False
    if node.operation == "dropout":
        return _is_off(links, node)
    if node.operation in _REPEATING:
        before, after = (links.count_elements(name) for name in (node.inputs[0], node.outputs[0]))
        return before == after
    if node.operation in ("transpose", "copy"):
        return True
    is_view = find_operation(node.operation).view != "none" and len(node.outputs) == 1
    return is_view and node.operation not in _NO_TENSORS


def _is_off(links: Links, node: Node) -> bool:
    """Whether nothing is dropped, as when a model is not trained."""
    if len(node.inputs) < 3 or not node.inputs[2]:
        return True
    stated = links.typed.value_of(node.inputs[2])
    return stated is not None and not any(stated)


def is_small_function(links: Links, index: int) -> bool:
    """Whether a node calls a function of few elementwise operations."""
    inner = links.typed.inner.get(index)
    if inner is None or links.nodes[index].operation != "call" or len(inner.blocks) != 1:
        return False
    block = inner.blocks[0]
    return len(block.block.nodes) <= _MAX_INNER and all(
        operation.kind == "elementwise" or operation.repeats or operation.view != "none"
        for operation in block.operations
    )


def move_axis(links: Links, node: Node, axis: int, source: str, *, back: bool) -> int | None:
    """Where a dimension of an operand lies in the result, or ``back`` that of the result in it."""
    before, after = links.shape_of(source), links.shape_of(node.outputs[0])
    if back:
        before, after = after, before
    if axis >= len(before):
        return None
    if node.operation == "transpose":
        return _turn(node, axis, len(before), back=back)
    if before == after:
        return axis
    return _find_alike(before, after, axis)


def _turn(node: Node, axis: int, rank: int, *, back: bool) -> int | None:
    order = node.attributes.get("permutation")
    if order is None:
        return rank - 1 - axis
    places = (
        [place for place in order if isinstance(place, int)] if isinstance(order, tuple) else []
    )
    if sorted(places) != list(range(rank)):
        return None
    return places[axis] if back else places.index(axis)


def _find_alike(before: tuple[int, ...], after: tuple[int, ...], axis: int) -> int | None:
    """The dimension of as many elements with as many behind it, where a shape became another."""
    size, behind = before[axis], prod(before[axis + 1 :])
    for place in range(len(after) - 1, -1, -1):
        if after[place] == size and prod(after[place + 1 :]) == behind:
            return place
    return None
