"""Normalisations: the result has the shape of operand 0, statistics follow as further results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.operation import (
    Call,
    Cost,
    CostRule,
    Operation,
    same_as_first,
    tensor,
)
from cyborg_rr.domain.graph.shapes import Contradiction, unify


def _channel(call: Call) -> Dimension | None:
    shape = call.shape()
    if shape is None:
        return None
    if not shape:
        raise Contradiction("a scalar has no channels")
    return shape[call.axis(len(shape), 1 if len(shape) > 1 else 0)]


def _batch(call: Call) -> Sequence[TensorType]:
    channel = _channel(call)
    if channel is None:
        return (call.operand(0),)
    for index in range(1, 5):
        shape = call.shape(index)
        if shape is not None and len(shape) == 1:
            unify(channel, shape[0])
    statistic = tensor(call.element_type(1) or call.element_type(), (channel,))
    return (call.operand(0), *(statistic,) * (len(call.node.outputs) - 1))


def _batch_complete(call: Call) -> Mapping[int, TensorType]:
    """Scale, bias, mean and variance that the file leaves open have one number per channel."""
    channel = _channel(call)
    if channel is None:
        return {}
    return {index: tensor(call.element_type(), (channel,)) for index in range(1, 5)}


def _batch_gradient(call: Call) -> Sequence[TensorType]:
    channel = _channel(call)
    vector = tensor(call.element_type(), None if channel is None else (channel,))
    return (call.operand(0), vector, vector)


def _layer(call: Call) -> Sequence[TensorType]:
    """Result, mean, inverse deviation, and (fused with a sum) the sum itself."""
    shape = call.shape()
    statistic = tensor("f32", None)
    if shape is not None:
        axis = call.axis(len(shape), -1) if shape else 0
        statistic = tensor("f32", (*shape[:axis], *(1,) * (len(shape) - axis)))
    return (call.operand(0), statistic, statistic, call.operand(0))


def _layer_complete(call: Call) -> Mapping[int, TensorType]:
    shape = call.shape()
    if not shape:
        return {}
    normalised = shape[call.axis(len(shape), -1) :]
    return {index: tensor(call.element_type(), normalised) for index in (1, 2)}


def _channel_complete(call: Call) -> Mapping[int, TensorType]:
    channel = _channel(call)
    if channel is None:
        return {}
    return {index: tensor(call.element_type(), (channel,)) for index in (1, 2)}


def _work(flops: int) -> CostRule:
    """So many flops per element, and one square root per statistic of the layer kind."""

    def cost(call: Call) -> Cost:
        return Cost(0, flops * call.elements(), _statistics(call))

    return cost


def _channel_work(flops: int) -> CostRule:
    """So many flops per element, and one square root per instance and channel."""

    def cost(call: Call) -> Cost:
        groups = 1
        for dimension in (call.shape() or ())[:2]:
            groups *= int(dimension)
        return Cost(0, flops * call.elements(), groups)

    return cost


def _statistics(call: Call) -> int:
    """How many groups of elements share one deviation."""
    shape = call.shape() or ()
    rows = 1
    for dimension in shape[: call.axis(len(shape), -1) if shape else 0]:
        rows *= int(dimension)
    return rows


def _inference_cost(call: Call) -> Cost:
    """At inference the four vectors fold into one scale and one shift."""
    return Cost(0, 2 * call.elements())


def _local_response_cost(call: Call) -> Cost:
    window = max(call.integer("size", 5), 1)
    return Cost(0, (2 * window + 3) * call.elements(), call.elements())


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "batch_normalization", "elementwise", _batch, _inference_cost, complete=_batch_complete
    ),
    Operation("batch_norm_training", "reduction", _batch, _work(7)),
    Operation("batch_norm_grad", "reduction", _batch_gradient, _work(12)),
    Operation("layer_normalization", "reduction", _layer, _work(7), complete=_layer_complete),
    Operation("rms_normalization", "reduction", _layer, _work(4), complete=_layer_complete),
    Operation(
        "instance_normalization",
        "reduction",
        same_as_first,
        _channel_work(7),
        complete=_channel_complete,
    ),
    Operation(
        "group_normalization",
        "reduction",
        same_as_first,
        _channel_work(7),
        complete=_channel_complete,
    ),
    Operation("l2_normalization", "reduction", same_as_first, _channel_work(3)),
    Operation("mean_variance_normalization", "reduction", same_as_first, _channel_work(6)),
    Operation("local_response_normalization", "reduction", same_as_first, _local_response_cost),
)
