"""Sums of products that an equation of index letters spells out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import FREE, Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.results import tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import Contradiction, broadcast_dimension


def _expand_term(term: str, shape: Shape) -> list[str]:
    """The labels of one einsum operand; an ellipsis becomes one label per dimension it covers."""
    head, dots, tail = term.partition("...")
    if not dots:
        labels = list(term)
    else:
        covered = len(shape) - len(head) - len(tail)
        if covered < 0:
            raise Contradiction(f"the einsum term {quote(term)} does not fit rank {len(shape)}")
        labels = [*head, *(f".{covered - i}" for i in range(covered)), *tail]
    if len(labels) != len(shape):
        raise Contradiction(f"the einsum term {quote(term)} does not fit rank {len(shape)}")
    return labels


def _einsum_sizes(node: TypedNode) -> tuple[dict[str, Dimension], list[str]] | None:
    """Sizes by label, and the labels of the result in order."""
    equation = node.text("equation").replace(" ", "")
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(node.operands):
        raise Contradiction(
            f"the einsum {quote(equation)} is not for {len(node.operands)} operands"
        )
    sizes: dict[str, Dimension] = {}
    seen: list[str] = []
    for index, term in enumerate(terms):
        shape = node.shape(index)
        if shape is None:
            return None
        for label, dimension in zip(_expand_term(term, shape), shape, strict=True):
            sizes[label] = broadcast_dimension(sizes.get(label, 1), dimension)
            seen.append(label)
    dots = sorted((label for label in sizes if label[0] == "."), key=lambda x: -int(x[1:]))
    if arrow:
        head, ellipsis, tail = right.partition("...")
        result = [*head, *(dots if ellipsis else ()), *tail]
    else:
        result = dots + sorted(x for x in sizes if x[0] != "." and seen.count(x) == 1)
    if any(label not in sizes for label in result):
        raise Contradiction(f"the einsum {quote(equation)} yields a label that no operand has")
    return sizes, result


def _einsum(node: TypedNode) -> Sequence[TensorType]:
    found = _einsum_sizes(node)
    if found is None:
        return (tensor(node.element_type(), None),)
    sizes, result = found
    return (tensor(node.element_type(), [sizes[label] for label in result]),)


def _einsum_cost(node: TypedNode) -> Cost:
    """One multiply-add per combination of all indices; further operands multiply once more each.

    That is one loop, as MXNet and TVM run it; readers of what runs in pairs write the pairs.
    """
    found = _einsum_sizes(node)
    if found is None:
        return FREE
    sizes, result = found
    combinations = math.prod(int(size) for size in sizes.values())
    if len(node.operands) > 1:
        return Cost(combinations * (len(node.operands) - 1))
    return Cost(0, combinations if sizes.keys() - set(result) else 0)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "einsum",
        kind="contraction",
        summary="Sums of products as an equation of index letters says.",
        operands=(Operand("terms", "one tensor for each term of the equation", variadic=True),),
        attributes=(
            Attribute(
                "equation",
                "text",
                "index letters of each term and of the result, such as ``ij,jk->ik``",
                source="ONNX Einsum, StableHLO einsum `einsum_config`",
                required=True,
            ),
        ),
        shape=_einsum,
        cost=_einsum_cost,
    ),
)
