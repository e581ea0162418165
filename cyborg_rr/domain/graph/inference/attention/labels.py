"""Products of two tensors with a letter for each dimension, however they are spelled."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import NamedTuple

from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.domain.graph.inference.attention.links import Links

Labels = tuple[str, ...]


class Product(NamedTuple):
    """The labels of both operands and of the result, and the size of each."""

    left: Labels
    right: Labels
    result: Labels
    sizes: dict[str, int]

    def side(self, place: int) -> Labels:
        """The labels of operand 0 or 1."""
        return self.right if place else self.left

    @property
    def summed(self) -> frozenset[str]:
        """What is summed over."""
        return frozenset(self.left) & frozenset(self.right) - frozenset(self.result)

    @property
    def batch(self) -> frozenset[str]:
        """What both operands and the result have."""
        return frozenset(self.left) & frozenset(self.right) & frozenset(self.result)

    def count(self, labels: Iterable[str]) -> int:
        """The product of their sizes."""
        return prod(self.sizes[label] for label in labels)


def find_product(links: Links, node: Node) -> Product | None:
    """The product that a node is; None for any other node, and while sizes are unknown."""
    if len(node.inputs) < 2 or not node.outputs:
        return None
    left, right = links.shape_of(node.inputs[0]), links.shape_of(node.inputs[1])
    if not left or not right:
        return None
    if node.operation == "matmul":
        return _label_matmul(node, left, right)
    if node.operation == "dot_general":
        return _label_dot(node, left, right)
    if node.operation == "einsum" and len(node.inputs) == 2:
        return _label_einsum(node, left, right)
    return None


def _label_matmul(node: Node, left: tuple[int, ...], right: tuple[int, ...]) -> Product | None:
    attributes = node.attributes
    if any(attributes.get(name) for name in ("trans_batch_a", "trans_batch_b", "crossed")):
        return None
    if len(left) < 2 or len(right) < 2:
        return None
    ranks = len(left) - 2, len(right) - 2
    rows, columns = ("m", "k"), ("k", "n")
    if attributes.get("trans_a"):
        rows = ("k", "m")
    if attributes.get("trans_b"):
        columns = ("n", "k")
    batches = [tuple(f"b{rank - place}" for place in range(rank)) for rank in ranks]
    labels = (*batches[0], *rows), (*batches[1], *columns)
    sizes = _measure(labels, (left, right))
    return Product(*labels, (*max(batches, key=len), "m", "n"), sizes)


def _label_dot(node: Node, left: tuple[int, ...], right: tuple[int, ...]) -> Product | None:
    names = [f"l{axis}" for axis in range(len(left))]
    others = [f"r{axis}" for axis in range(len(right))]
    batch = []
    for kind in ("batching", "contracting"):
        mine, theirs = (
            node.attributes.get(f"lhs_{kind}", ()),
            node.attributes.get(f"rhs_{kind}", ()),
        )
        pairs = _pair(mine, theirs, len(left), len(right))
        if pairs is None:
            return None
        for axis, other in pairs:
            others[other] = names[axis]
            if kind == "batching":
                batch.append(names[axis])
    shared = set(names) & set(others)
    free = [label for label in (*names, *others) if label not in shared]
    sizes = _measure((names, others), (left, right))
    return Product(tuple(names), tuple(others), (*batch, *free), sizes)


def _pair(mine: object, theirs: object, *ranks: int) -> list[tuple[int, int]] | None:
    """The dimensions of both sides that belong together; None where they make no sense."""
    if not isinstance(mine, tuple) or not isinstance(theirs, tuple) or len(mine) != len(theirs):
        return None
    for axes, rank in zip((mine, theirs), ranks, strict=True):
        if not all(isinstance(axis, int) and 0 <= axis < rank for axis in axes):
            return None
    return list(zip(mine, theirs, strict=True))


def _label_einsum(node: Node, left: tuple[int, ...], right: tuple[int, ...]) -> Product | None:
    equation = node.attributes.get("equation")
    if not isinstance(equation, str) or "." in equation:
        return None
    terms, arrow, result = equation.replace(" ", "").partition("->")
    mine, comma, theirs = terms.partition(",")
    if not arrow or not comma or (len(mine), len(theirs)) != (len(left), len(right)):
        return None
    sizes = _measure((mine, theirs), (left, right))
    if not sizes.keys() >= set(result):
        return None
    return Product(tuple(mine), tuple(theirs), tuple(result), sizes)


def _measure(labels: Iterable[Iterable[str]], shapes: Iterable[tuple[int, ...]]) -> dict[str, int]:
    """The size of each label, that of 1 broadcast to the other."""
    sizes: dict[str, int] = {}
    for names, shape in zip(labels, shapes, strict=True):
        for label, size in zip(names, shape, strict=True):
            sizes[label] = max(size, sizes.get(label, 1))
    return sizes
