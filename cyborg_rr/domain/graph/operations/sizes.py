"""Operations that tell sizes: with them exported graphs reckon shapes at run time."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.operation import Call, Operation, Value, no_cost, tensor
from cyborg_rr.domain.graph.shapes import ANY, multiply, normalise_axis


def _told(call: Call) -> Shape | None:
    """The dimensions between the attributes ``start`` and ``end``, clamped."""
    shape = call.shape()
    if shape is None:
        return None
    rank = len(shape)
    return shape[call.integer("start", 0) : call.integer("end", rank)]


def _shape_of(call: Call) -> Sequence[TensorType]:
    told = _told(call)
    length: Dimension = ANY if told is None else len(told)
    return (tensor(call.result_type("i64"), (length,)),)


def _size_of(call: Call) -> Sequence[TensorType]:
    return (tensor(call.result_type("i64"), ()),)


def _fold_size_of(call: Call) -> Value | None:
    shape = call.shape()
    return None if shape is None else (multiply(shape),)


def _dimension_size(call: Call) -> Sequence[TensorType]:
    return (tensor(call.result_type("i32"), ()),)


def _fold_dimension_size(call: Call) -> Value | None:
    shape = call.shape()
    if shape is None:
        return None
    return (shape[normalise_axis(call.integer("dimension", 0), len(shape))],)


OPERATIONS: tuple[Operation, ...] = (
    Operation("shape_of", "movement", _shape_of, no_cost, _told),
    Operation("size_of", "movement", _size_of, no_cost, _fold_size_of),
    Operation("get_dimension_size", "movement", _dimension_size, no_cost, _fold_dimension_size),
)
