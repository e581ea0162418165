"""Operations that tell sizes: with them exported graphs reckon shapes at run time."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode, Value
from cyborg_rr.domain.graph.shapes import ANY, multiply, normalise_axis


def _told(node: TypedNode) -> Shape | None:
    """The dimensions between the attributes ``start`` and ``end``, clamped."""
    shape = node.shape()
    if shape is None:
        return None
    return shape[node.integer("start") : node.find_integer("end")]


def _shape_of(node: TypedNode) -> Sequence[TensorType]:
    told = _told(node)
    length: Dimension = ANY if told is None else len(told)
    return (tensor("i64", (length,)),)


def _size_of(node: TypedNode) -> Sequence[TensorType]:
    return (tensor("i64", ()),)


def _fold_size_of(node: TypedNode) -> Value | None:
    shape = node.shape()
    return None if shape is None else (multiply(shape),)


def _dimension_size(node: TypedNode) -> Sequence[TensorType]:
    return (tensor("i32", ()),)


def _fold_dimension_size(node: TypedNode) -> Value | None:
    shape = node.shape()
    if shape is None:
        return None
    return (shape[normalise_axis(node.integer("dimension"), len(shape))],)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "shape_of",
        kind="movement",
        summary="The sizes of a tensor.",
        operands=(DATA,),
        attributes=(
            Attribute("start", "integer", "first dimension that is told", 0, "ONNX Shape"),
            Attribute(
                "end",
                "integer",
                "first dimension no longer told; absent: none",
                source="ONNX Shape",
            ),
        ),
        shape=_shape_of,
        fold=_told,
    ),
    Operation(
        "size_of",
        kind="movement",
        summary="How many elements a tensor has.",
        operands=(DATA,),
        shape=_size_of,
        fold=_fold_size_of,
    ),
    Operation(
        "get_dimension_size",
        kind="movement",
        summary="One size of a tensor.",
        operands=(DATA,),
        attributes=(
            Attribute(
                "dimension",
                "integer",
                "which one",
                source="StableHLO get_dimension_size",
                required=True,
            ),
        ),
        shape=_dimension_size,
        fold=_fold_dimension_size,
    ),
)
