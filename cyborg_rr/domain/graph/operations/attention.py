"""Fused scaled dot-product attention, as one operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.operation import Call, Cost, Operation, tensor
from cyborg_rr.domain.graph.shapes import Contradiction, add, divide, multiply

_SOFTMAX_FLOPS = 5
"""Per score: scale, find the largest, subtract, sum up, divide."""


class _Heads(NamedTuple):
    """Batch, heads, length and width of query, key or value."""

    batch: Dimension
    heads: Dimension
    length: Dimension
    width: Dimension


def _heads(call: Call, index: int, attribute: str) -> _Heads | None:
    """Read (B, H, S, D), or (B, S, H*D) with the number of heads from an attribute."""
    shape = call.shape(index)
    if shape is None:
        return None
    if len(shape) == 4:
        return _Heads(*shape)
    if len(shape) != 3:
        raise Contradiction(f"attention needs rank 3 or 4, not {len(shape)}")
    heads = call.integer(attribute, call.integer("q_num_heads", 0))
    if heads < 1:
        raise Contradiction(f"attention of rank 3 needs the attribute {attribute}")
    return _Heads(shape[0], heads, shape[1], divide((shape[2],), (heads,)))


def _with_past(call: Call, heads: _Heads | None, index: int) -> _Heads | None:
    """Key or value with the cached part (operand 4 or 5) in front."""
    past = call.shape(index)
    if heads is None or not call.has(index):
        return heads
    if past is None or len(past) != 4:
        return None
    return heads._replace(length=add((past[2], heads.length)))


def _attention(call: Call) -> Sequence[TensorType]:
    element_type = call.element_type()
    query = _heads(call, 0, "q_num_heads")
    key = _with_past(call, _heads(call, 1, "kv_num_heads"), 4)
    value = _with_past(call, _heads(call, 2, "kv_num_heads"), 5)
    if query is None or value is None:
        return (tensor(element_type, None),)
    result: Shape = (query.batch, query.heads, query.length, value.width)
    if len(call.shape(0) or ()) == 3:
        result = (query.batch, query.length, multiply((query.heads, value.width)))
    scores = None if key is None else (query.batch, query.heads, query.length, key.length)
    return (
        tensor(element_type, result),
        tensor(element_type, key),
        tensor(element_type, value),
        tensor(element_type, scores),
    )


def _cost(call: Call) -> Cost:
    query = _heads(call, 0, "q_num_heads")
    key = _with_past(call, _heads(call, 1, "kv_num_heads"), 4)
    value = _with_past(call, _heads(call, 2, "kv_num_heads"), 5)
    if query is None or key is None or value is None:
        raise Contradiction("attention needs a query, a key and a value")
    scores = int(multiply((query.batch, query.heads, query.length, key.length)))
    macs = scores * (int(query.width) + int(value.width))
    return Cost(macs, _SOFTMAX_FLOPS * scores, scores)


OPERATIONS: tuple[Operation, ...] = (Operation("attention", "attention", _attention, _cost),)
