"""Operations between devices, and with the host."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.operation import (
    Call,
    Cost,
    Operation,
    as_stated,
    no_cost,
    same_as_each,
    tensor,
)
from cyborg_rr.domain.graph.shapes import UNKNOWN, divide, multiply, normalise_axis


def _scaled(call: Call, axis_attribute: str, *, shrink: bool) -> Sequence[TensorType]:
    """Every result is its operand with one dimension multiplied or divided by the group size."""
    size = call.integer("group_size", 0)
    if not size or axis_attribute not in call.attributes:
        return [UNKNOWN] * len(call.node.outputs)
    results = []
    for index in range(len(call.node.outputs)):
        shape = call.shape(index)
        if shape is None:
            results.append(UNKNOWN)
            continue
        axis = normalise_axis(call.integer(axis_attribute, 0), len(shape))
        changed: Dimension = (
            divide((shape[axis],), (size,)) if shrink else multiply((shape[axis], size))
        )
        results.append(
            tensor(call.element_type(index), (*shape[:axis], changed, *shape[axis + 1 :]))
        )
    return results


def _all_gather(call: Call) -> Sequence[TensorType]:
    return _scaled(call, "all_gather_dimension", shrink=False)


def _reduce_scatter(call: Call) -> Sequence[TensorType]:
    return _scaled(call, "scatter_dimension", shrink=True)


def _add_up(call: Call) -> Cost:
    """Each element is combined once per other member, spread over the group: about once here."""
    return Cost(0, sum(call.elements(index) for index in range(len(call.operands))))


def _identifier(call: Call) -> Sequence[TensorType]:
    return (tensor("u32", ()),)


def _token(call: Call) -> Sequence[TensorType]:
    return (tensor("token", ()),)


OPERATIONS: tuple[Operation, ...] = (
    Operation("all_reduce", "collective", same_as_each, _add_up),
    Operation("all_gather", "collective", _all_gather, no_cost),
    Operation("reduce_scatter", "collective", _reduce_scatter, _add_up),
    Operation("all_to_all", "collective", as_stated, no_cost),
    Operation("collective_permute", "collective", same_as_each, no_cost),
    Operation("collective_broadcast", "collective", same_as_each, no_cost),
    Operation("partition_id", "movement", _identifier, no_cost, repeats=True),
    Operation("replica_id", "movement", _identifier, no_cost, repeats=True),
    Operation("send", "collective", as_stated, no_cost),
    Operation("recv", "collective", as_stated, no_cost),
    Operation("infeed", "collective", as_stated, no_cost),
    Operation("outfeed", "collective", as_stated, no_cost),
    Operation("after_all", "movement", _token, no_cost, repeats=True),
)
