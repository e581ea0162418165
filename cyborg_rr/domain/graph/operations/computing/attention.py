"""Fused scaled dot-product attention, and what turns its positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import unary
from cyborg_rr.domain.graph.operations.declaring.results import tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import Contradiction, add, divide, multiply

_SOFTMAX_FLOPS = 5
"""Per score: scale, find the largest, subtract, sum up, divide."""

_CAP_FLOPS, _MASK_FLOPS = 2, 1
"""Per score: over the cap and, behind tanh, times it; adding a mask, or choosing by one."""


class _Heads(NamedTuple):
    """Batch, heads, length and width of query, key or value."""

    batch: Dimension
    heads: Dimension
    length: Dimension
    width: Dimension


def _heads(node: TypedNode, index: int, attribute: str) -> _Heads | None:
    """Read (B, H, S, D), or (B, S, H*D) with the number of heads from an attribute."""
    shape = node.shape(index)
    if shape is None:
        return None
    if len(shape) == 4:
        return _Heads(*shape)
    if len(shape) != 3:
        raise Contradiction(f"attention needs rank 3 or 4, not {len(shape)}")
    stated = node.find_integer(attribute)
    heads = node.find_integer("q_num_heads") if stated is None else stated
    if heads is None or heads < 1:
        raise Contradiction(f"attention of rank 3 needs the attribute {attribute}")
    return _Heads(shape[0], heads, shape[1], divide((shape[2],), (heads,)))


def _with_past(node: TypedNode, heads: _Heads | None, index: int) -> _Heads | None:
    """Key or value with the cached part (operand 4 or 5) in front, or a buffer of both."""
    past = node.shape(index)
    if heads is None or not node.has(index):
        return heads
    if past is None or len(past) != 4:
        return None
    if node.flag("past_is_buffer"):
        return heads._replace(length=past[2])
    return heads._replace(length=add((past[2], heads.length)))


def _present(node: TypedNode, heads: _Heads | None, index: int) -> TensorType:
    """What is handed on: of the element type and the width that its past has, packed or not."""
    past = node.shape(index)
    if heads is None or not node.has(index) or past is None:
        return tensor(node.element_type(), heads)
    return tensor(node.element_type(index) or node.element_type(), (*heads[:3], past[3]))


def _attention(node: TypedNode) -> Sequence[TensorType]:
    element_type = node.element_type()
    query = _heads(node, 0, "q_num_heads")
    key = _with_past(node, _heads(node, 1, "kv_num_heads"), 4)
    value = _with_past(node, _heads(node, 2, "kv_num_heads"), 5)
    if query is None or value is None:
        return (tensor(element_type, None),)
    result: Shape = (query.batch, query.heads, query.length, value.width)
    if len(node.shape(0) or ()) == 3:
        result = (query.batch, query.length, multiply((query.heads, value.width)))
    scores = None if key is None else (query.batch, query.heads, query.length, key.length)
    return (
        tensor(element_type, result),
        _present(node, key, 4),
        _present(node, value, 5),
        tensor(element_type, scores),
    )


class Scores(NamedTuple):
    """How large the scores of an attention are: of all heads of all sequences, and the widths."""

    heads: int
    queries: int
    keys: int
    width: int
    value_width: int


def find_scores(node: TypedNode) -> Scores | None:
    """The scores of an attention whose sizes are known; keys that none sees are left out."""
    query = _heads(node, 0, "q_num_heads")
    key = _with_past(node, _heads(node, 1, "kv_num_heads"), 4)
    value = _with_past(node, _heads(node, 2, "kv_num_heads"), 5)
    if query is None or key is None or value is None:
        return None
    keys, window = int(key.length), node.find_integer("window")
    if window is not None and window > 0:
        keys = min(keys, window)
    heads = int(multiply((query.batch, query.heads)))
    return Scores(heads, int(query.length), keys, int(query.width), int(value.width))


def _cost(node: TypedNode) -> Cost:
    found = find_scores(node)
    if found is None:
        raise Contradiction("attention needs a query, a key and a value")
    scores = found.heads * found.queries * found.keys
    macs = scores * (found.width + found.value_width)
    flops, functions = _SOFTMAX_FLOPS, 1
    if node.has(3):
        flops += _MASK_FLOPS
    if node.scalar("softcap"):
        flops, functions = flops + _CAP_FLOPS, functions + 1
    return Cost(macs, flops * scores, functions * scores)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "attention",
        kind="attention",
        summary="softmax(query key^T) value, head by head, with the keys and values of before.",
        operands=(
            Operand("query", "(B, H, S, D), or (B, S, H x D)"),
            Operand("key", "(B, H, T, D), or (B, T, H x D)"),
            Operand("value", "(B, H, T, E), or (B, T, H x E)"),
            Operand("mask", "which scores count", optional=True),
            Operand("past_key", "keys of before (B, H, P, D)", optional=True),
            Operand("past_value", "values of before (B, H, P, E)", optional=True),
            Operand("others", "lengths of what is padded", optional=True),
        ),
        attributes=(
            Attribute(
                "q_num_heads",
                "integer",
                "heads of the query where its rank is 3; absent: its rank is 4",
                source="ONNX Attention, ONNX Runtime `num_heads`",
            ),
            Attribute(
                "kv_num_heads",
                "integer",
                "heads of key and value where their rank is 3; absent: as many as of the query",
                source="ONNX Attention, ONNX Runtime GroupQueryAttention",
            ),
            Attribute(
                "softcap",
                "number",
                "what scores are kept below by cap tanh(score / cap); 0: they are not",
                default=0.0,
                source="ONNX Attention, ONNX Runtime GroupQueryAttention",
            ),
            Attribute(
                "is_causal",
                "flag",
                "whether a position sees no later one",
                default=False,
                source="ONNX Attention, ONNX Runtime Attention `unidirectional`",
                kept="kernels may leave the hidden half of the scores out; all are counted",
            ),
            Attribute(
                "window",
                "integer",
                "how many of the latest positions one sees, itself among them; absent: all",
                source="ONNX Runtime GroupQueryAttention `local_window_size`",
            ),
            Attribute(
                "scale",
                "number",
                "what scores are multiplied with; absent: one over the root of the width",
                source="ONNX Attention, ONNX Runtime Attention",
                kept="scores are scaled by some number in any case",
            ),
            Attribute(
                "past_is_buffer",
                "flag",
                "whether what was before stands in a buffer that has room for what is new",
                default=False,
                source="ONNX Runtime Attention `past_present_share_buffer`",
            ),
        ),
        shape=_attention,
        cost=_cost,
        updates={1: 4, 2: 5},
        updates_if="past_is_buffer",
    ),
    unary(
        "rotary_embedding",
        "Queries or keys turned by an angle that grows with their position.",
        3,
        others=(Operand("positions", "positions, sines and cosines", variadic=True),),
    ),
)
