"""Operations between devices, and with the host."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.results import as_stated, same_as_each, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import UNKNOWN, divide, multiply, normalise_axis

_MANY = (Operand("data", "tensors", variadic=True),)
_TOKEN = (Operand("data", "tensors and the token that orders them", variadic=True),)
_GROUP_SIZE = Attribute(
    "group_size",
    "integer",
    "how many devices exchange data",
    source="StableHLO `replica_groups`, or all devices",
    kept="the shapes say what a device holds; the size is for who costs links",
)
_READ_GROUP_SIZE = Attribute(
    "group_size",
    "integer",
    "how many devices exchange data; 0: not known",
    0,
    "StableHLO `replica_groups`, or all devices",
)
_FUNCTION = Attribute(
    "function",
    "text",
    "how elements combine: sum, max, min, prod, and, or; absent: another function",
    source="StableHLO, the block of the operation",
    kept="the functions take the same work",
)


def _scaled(node: TypedNode, axis_attribute: str, *, shrink: bool) -> Sequence[TensorType]:
    """Every result is its operand with one dimension multiplied or divided by the group size."""
    size = node.integer("group_size")
    if not size or not node.states(axis_attribute):
        return [UNKNOWN] * node.output_count
    results = []
    for index in range(node.output_count):
        shape = node.shape(index)
        if shape is None:
            results.append(UNKNOWN)
            continue
        axis = normalise_axis(node.integer(axis_attribute), len(shape))
        changed: Dimension = (
            divide((shape[axis],), (size,)) if shrink else multiply((shape[axis], size))
        )
        results.append(
            tensor(node.element_type(index), (*shape[:axis], changed, *shape[axis + 1 :]))
        )
    return results


def _all_gather(node: TypedNode) -> Sequence[TensorType]:
    return _scaled(node, "all_gather_dimension", shrink=False)


def _reduce_scatter(node: TypedNode) -> Sequence[TensorType]:
    return _scaled(node, "scatter_dimension", shrink=True)


def _add_up(node: TypedNode) -> Cost:
    """Each element is combined once per other member, spread over the group: about once here."""
    return Cost(0, sum(node.elements(index) for index in range(len(node.operands))))


def _identifier(node: TypedNode) -> Sequence[TensorType]:
    return (tensor("u32", ()),)


def _token(node: TypedNode) -> Sequence[TensorType]:
    return (tensor("token", ()),)


def _shard_axis(name: str, source: str, *, kept: str = "") -> Attribute:
    return Attribute(name, "integer", "dimension that is in parts", source=source, kept=kept)


def _exchange(name: str, summary: str) -> Operation:
    """An exchange whose results have the types of the operands."""
    return Operation(
        name,
        kind="collective",
        summary=summary,
        operands=_MANY,
        attributes=(_GROUP_SIZE,),
        shape=same_as_each,
    )


def _transfer(name: str, summary: str) -> Operation:
    """An exchange with one other device or the host."""
    return Operation(name, kind="collective", summary=summary, operands=_TOKEN, shape=as_stated)


def _identity(name: str, summary: str) -> Operation:
    return Operation(name, kind="movement", summary=summary, shape=_identifier, repeats=True)


_ELSEWHERE = "the file states the type of the result"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "all_reduce",
        kind="collective",
        summary="Tensors of all devices combined; each gets the result.",
        operands=_MANY,
        attributes=(_GROUP_SIZE, _FUNCTION),
        shape=same_as_each,
        cost=_add_up,
    ),
    Operation(
        "all_gather",
        kind="collective",
        summary="Parts of all devices joined; each gets the whole.",
        operands=_MANY,
        attributes=(
            _READ_GROUP_SIZE,
            _shard_axis("all_gather_dimension", "StableHLO all_gather `all_gather_dim`"),
        ),
        shape=_all_gather,
    ),
    Operation(
        "reduce_scatter",
        kind="collective",
        summary="Tensors of all devices combined; each gets its part.",
        operands=_MANY,
        attributes=(
            _READ_GROUP_SIZE,
            _shard_axis("scatter_dimension", "StableHLO reduce_scatter"),
            _FUNCTION,
        ),
        shape=_reduce_scatter,
        cost=_add_up,
    ),
    Operation(
        "all_to_all",
        kind="collective",
        summary="Each device sends a part to each other one.",
        operands=_MANY,
        attributes=(
            _GROUP_SIZE,
            _shard_axis("split_dimension", "StableHLO all_to_all", kept=_ELSEWHERE),
            _shard_axis("concat_dimension", "StableHLO all_to_all", kept=_ELSEWHERE),
            Attribute(
                "split_count",
                "integer",
                "into how many parts",
                source="StableHLO all_to_all",
                kept=_ELSEWHERE,
            ),
        ),
        shape=as_stated,
    ),
    _exchange("collective_permute", "Each device sends its tensors to one other."),
    _exchange("collective_broadcast", "One device sends its tensors to all."),
    _identity("partition_id", "The number of the part of the program that runs here."),
    _identity("replica_id", "The number of the copy of the program that runs here."),
    _transfer("send", "Tensors sent to another device or the host."),
    _transfer("recv", "Tensors received from another device or the host."),
    _transfer("infeed", "Tensors that the host feeds in."),
    _transfer("outfeed", "Tensors that the host takes out."),
    Operation(
        "after_all",
        kind="movement",
        summary="A token that comes after others.",
        operands=(Operand("tokens", "the others", variadic=True),),
        shape=_token,
        repeats=True,
    ),
)
