"""Decision trees. How far a row goes down a tree hangs on data: the longest way is counted."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.results import ELEMENT_TYPE, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode


def _shape(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    known = None if not shape else (shape[0], node.integer("targets"))
    return (tensor(node.result_type("f32"), known),)


def _cost(node: TypedNode) -> Cost:
    """For each row at most the comparisons of the longest ways, and each tree's leaf added."""
    rows = int((node.shape() or (0,))[0])
    return Cost(0, rows * (node.integer("comparisons") + node.integer("trees")))


def _number(name: str, meaning: str) -> Attribute:
    return Attribute(name, "integer", meaning, required=True, source="ai.onnx.ml TreeEnsemble")


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "tree_ensemble",
        kind="other",
        summary="For each row what the leaves that it reaches in all trees add up to.",
        operands=(Operand("data", "rows of features (N, F)"),),
        attributes=(
            _number("targets", "numbers for each row"),
            _number("trees", "how many trees there are"),
            _number("comparisons", "nodes on the longest ways through all trees together"),
            ELEMENT_TYPE.having(source="ai.onnx.ml TreeEnsemble"),
        ),
        shape=_shape,
        cost=_cost,
        is_bound=True,
    ),
)
