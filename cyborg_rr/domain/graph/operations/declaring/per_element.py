"""How operations that treat every element alike are declared, with numpy broadcasting.

Costs count one flop per element and arithmetic step; functions that hardware evaluates by
approximation (exp, log, tanh, square roots, divisions by functions thereof) count as
transcendentals, as XLA's cost analysis draws the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.folding import (
    Binary,
    Unary,
    fold_binary,
    fold_unary,
)
from cyborg_rr.domain.graph.operations.declaring.operation import (
    Cost,
    CostRule,
    Operation,
    ShapeRule,
)
from cyborg_rr.domain.graph.operations.declaring.results import same_as_first, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import broadcast

DATA: Final = Operand("data", "the tensor")

PAIR: Final = (Operand("left", "the left tensor"), Operand("right", "the right tensor"))

TERMS: Final = (
    Operand("first", "the first tensor"),
    Operand("others", "tensors that are combined with it in turn", variadic=True),
)

QUANTISATION: Final = Operand(
    "quantisation",
    "scales and zero points of a quantised form",
    variadic=True,
)

BROADCAST_AXIS: Final = Attribute(
    "broadcast_axis",
    "integer",
    "only the right operand is stretched, from this dimension of the left one on; absent: both are",
)


def per_element(flops: int, transcendentals: int = 0) -> CostRule:
    """So much work for each element of the result."""

    def cost(node: TypedNode) -> Cost:
        elements = node.result_elements()
        return Cost(0, flops * elements, transcendentals * elements)

    return cost


def per_operand(flops: int, transcendentals: int = 0) -> CostRule:
    """So much work for each element of the result and each operand after the first."""

    def cost(node: TypedNode) -> Cost:
        times = len(node.operands[1:]) * node.result_elements()
        return Cost(0, flops * times, transcendentals * times)

    return cost


def broadcast_all(node: TypedNode) -> Sequence[TensorType]:
    """The broadcast shape of all operands, with the element type of the first."""
    shape = broadcast(operand.shape for operand in node.operands if operand is not None)
    return (tensor(node.element_type(), shape),)


def broadcast_or_stretch(node: TypedNode) -> Sequence[TensorType]:
    """The broadcast shape, or the shape of the first operand where only the second is stretched."""
    if node.states(BROADCAST_AXIS.name):
        return (tensor(node.element_type(), node.shape()),)
    return broadcast_all(node)


def truth(rule: ShapeRule) -> ShapeRule:
    """The same shapes, holding booleans."""

    def shape(node: TypedNode) -> Sequence[TensorType]:
        return [TensorType("i1", result.shape) for result in rule(node)]

    return shape


def unary(
    name: str,
    summary: str,
    flops: int,
    transcendentals: int = 0,
    fold: Unary | None = None,
    *,
    shape: ShapeRule = same_as_first,
    attributes: tuple[Attribute, ...] = (),
    others: tuple[Operand, ...] = (),
) -> Operation:
    """An elementwise operation of one tensor; ``others`` are operands that only tune it."""
    return Operation(
        name,
        kind="elementwise",
        summary=summary,
        operands=(DATA, *others),
        attributes=attributes,
        shape=shape,
        cost=per_element(flops, transcendentals),
        fold=None if fold is None else fold_unary(fold),
    )


def binary(
    name: str,
    summary: str,
    flops: int,
    transcendentals: int = 0,
    fold: Binary | None = None,
    *,
    operands: tuple[Operand, ...] = PAIR,
    stretches: str = "",
) -> Operation:
    """An elementwise operation of two or more tensors.

    ``stretches`` names the operation of ONNX that once had what is ``BROADCAST_AXIS`` here.
    """
    source = f"ONNX {stretches} before 7 `axis`"
    return Operation(
        name,
        kind="elementwise",
        summary=summary,
        operands=operands,
        attributes=(BROADCAST_AXIS.having(source=source),) if stretches else (),
        shape=broadcast_or_stretch if stretches else broadcast_all,
        cost=per_operand(flops, transcendentals),
        fold=None if fold is None else fold_binary(fold),
    )
