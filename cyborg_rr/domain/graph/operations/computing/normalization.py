"""Normalisations: the result has the shape of operand 0, statistics follow as further results.

Work is one flop per element and step. Of what all elements of a channel or group share only the
root counts, as a transcendental.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.declaring.axes import AXES, AXIS
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, CostRule, Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import same_as_first, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import (
    Contradiction,
    find_static,
    normalise_axes,
    normalise_axis,
    unify,
    without,
)


def _second(node: TypedNode) -> Dimension | None:
    """The channels where nothing else is said: the second dimension, of a vector the only one."""
    shape = node.shape()
    if shape is None:
        return None
    if not shape:
        raise Contradiction("a scalar has no channels")
    return shape[min(1, len(shape) - 1)]


def _channel(node: TypedNode) -> Dimension | None:
    """The channels of a batch normalisation."""
    axis, shape = node.find_integer("axis"), node.shape()
    if axis is None or not shape:
        return _second(node)
    return shape[normalise_axis(axis, len(shape))]


def _batch(node: TypedNode) -> Sequence[TensorType]:
    channel = _channel(node)
    if channel is None:
        return (node.operand(0),)
    for index in range(1, 5):
        shape = node.shape(index)
        if shape is not None and len(shape) == 1:
            unify(channel, shape[0])
    statistic = tensor(node.element_type(1) or node.element_type(), (channel,))
    return (node.operand(0), *(statistic,) * (node.output_count - 1))


def _batch_complete(node: TypedNode) -> Mapping[int, TensorType]:
    """Scale, bias, mean and variance that the file leaves open have one number per channel."""
    channel = _channel(node)
    if channel is None:
        return {}
    return {index: tensor(node.element_type(), (channel,)) for index in range(1, 5)}


def _batch_gradient(node: TypedNode) -> Sequence[TensorType]:
    channel = _channel(node)
    vector = tensor(node.element_type(), None if channel is None else (channel,))
    return (node.operand(0), vector, vector)


def _layer(node: TypedNode) -> Sequence[TensorType]:
    """Result, mean, inverse deviation, and (fused with a sum) the sum itself."""
    shape = node.shape()
    statistic = tensor("f32", None)
    if shape is not None:
        axis = node.axis(len(shape)) if shape else 0
        statistic = tensor("f32", (*shape[:axis], *(1,) * (len(shape) - axis)))
    return (node.operand(0), statistic, statistic, node.operand(0))


def _layer_complete(node: TypedNode) -> Mapping[int, TensorType]:
    shape = node.shape()
    if not shape:
        return {}
    normalised = shape[node.axis(len(shape)) :]
    return {index: tensor(node.element_type(), normalised) for index in (1, 2)}


def _channel_complete(node: TypedNode) -> Mapping[int, TensorType]:
    channel = _second(node)
    if channel is None:
        return {}
    return {index: tensor(node.element_type(), (channel,)) for index in (1, 2)}


def _work(flops: int) -> CostRule:
    """So many flops per element, and one square root per statistic of the layer kind."""

    def cost(node: TypedNode) -> Cost:
        return Cost(0, flops * node.elements(), _statistics(node))

    return cost


def _batch_work(flops: int) -> CostRule:
    """So many flops per element, and one square root per channel."""

    def cost(node: TypedNode) -> Cost:
        return Cost(0, flops * node.elements(), int(_channel(node) or 0))

    return cost


def _instance_cost(node: TypedNode) -> Cost:
    """As many flops as another full normalisation, and one square root per example and channel."""
    shape = find_static(node.shape()) or ()
    return Cost(0, 7 * node.elements(), math.prod(shape[:2]))


def _moments_cost(node: TypedNode) -> Cost:
    """Add up, subtract the mean, square, add up, divide; one square root per deviation."""
    shape = find_static(node.shape()) or ()
    axes = normalise_axes(node.integers("axes") or (), len(shape))
    return Cost(0, 5 * node.elements(), math.prod(map(int, without(shape, axes))))


def _group_cost(node: TypedNode) -> Cost:
    """As many flops as another full normalisation, and one square root per example and group."""
    batch = int((node.shape() or (0,))[0])
    return Cost(0, 7 * node.elements(), batch * node.integer("groups"))


def _length_cost(node: TypedNode) -> Cost:
    """Square or drop the sign, add up, divide; one root per vector unless magnitudes add up."""
    shape = node.shape() or (1,)
    size = max(int(shape[node.axis(len(shape))]), 1)
    roots = 0 if node.integer("order") == 1 else node.elements() // size
    return Cost(0, 3 * node.elements(), roots)


def _statistics(node: TypedNode) -> int:
    """How many groups of elements share one deviation."""
    shape = node.shape() or ()
    rows = 1
    for dimension in shape[: node.axis(len(shape)) if shape else 0]:
        rows *= int(dimension)
    return rows


def _inference_cost(node: TypedNode) -> Cost:
    """At inference the four vectors fold into one scale and one shift."""
    return Cost(0, 2 * node.elements())


def _local_response_cost(node: TypedNode) -> Cost:
    window = max(node.integer("size"), 1)
    return Cost(0, (2 * window + 3) * node.elements(), node.elements())


_GRADIENT_FLOPS = 13
"""Of StableHLO's spelling in its specification: centre; divide by the deviation; gradient times
count; add up the gradient; gradient times centred; add that up; times centred; over the variance;
subtract twice; scale; gradient times normalised; add that up."""

_SCALE = Operand("scale", "what the result is multiplied with", optional=True)
_BIAS = Operand("bias", "what is added to the result", optional=True)
_MEAN = Operand("mean", "mean of each channel")
_VARIANCE = Operand("variance", "variance of each channel")
_EPSILON = Attribute(
    "epsilon",
    "number",
    "what is added to a variance so that it is not 0",
    1e-5,
    kept="it changes values, not shapes or work",
)
_CHANNEL_AXIS = Attribute(
    "axis",
    "integer",
    "dimension of the channels; absent: 1, or 0 of a vector",
    source="StableHLO batch_norm_inference `feature_index`",
)
_FIRST_AXIS = AXIS.having(default=-1, meaning="dimension from which on elements share a deviation")


def _batch_kind(name: str, summary: str, *operands: Operand) -> Operation:
    """A normalisation over all but the channels while training."""
    gradient = name == "batch_norm_grad"
    return Operation(
        name,
        kind="reduction",
        summary=summary,
        operands=(DATA, Operand("scale", "what the result is multiplied with"), *operands),
        attributes=(_CHANNEL_AXIS.having(source=f"StableHLO {name} `feature_index`"),),
        shape=_batch_gradient if gradient else _batch,
        cost=_batch_work(_GRADIENT_FLOPS if gradient else 7),
    )


def _layer_kind(name: str, summary: str, source: str, flops: int) -> Operation:
    """A normalisation over the last dimensions."""
    return Operation(
        name,
        kind="reduction",
        summary=summary,
        operands=(DATA, _SCALE, _BIAS),
        attributes=(_FIRST_AXIS.having(source=source), _EPSILON.having(source=source)),
        shape=_layer,
        cost=_work(flops),
        complete=_layer_complete,
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "batch_normalization",
        kind="elementwise",
        summary="Each channel moved and scaled by statistics that were learnt.",
        operands=(
            DATA,
            Operand("scale", "what each channel is multiplied with"),
            Operand("bias", "what is added to each channel"),
            _MEAN,
            _VARIANCE,
        ),
        attributes=(_CHANNEL_AXIS, _EPSILON.having(source="ONNX BatchNormalization")),
        shape=_batch,
        cost=_inference_cost,
        complete=_batch_complete,
    ),
    _batch_kind(
        "batch_norm_training",
        "Each channel normalised by its own statistics, which follow as results.",
        Operand("bias", "what is added to each channel"),
    ),
    _batch_kind(
        "batch_norm_grad",
        "The gradients of a batch normalisation.",
        _MEAN,
        _VARIANCE,
        Operand("gradient", "gradient of the result"),
    ),
    _layer_kind(
        "layer_normalization",
        "Rows with mean 0 and deviation 1, scaled and moved.",
        "ONNX LayerNormalization",
        7,
    ),
    _layer_kind(
        "rms_normalization",
        "Rows divided by the root of their mean square, and scaled.",
        "ONNX RMSNormalization",
        4,
    ),
    Operation(
        "instance_normalization",
        kind="reduction",
        summary="Each channel of each example normalised by its own statistics.",
        operands=(DATA, _SCALE, _BIAS),
        attributes=(_EPSILON.having(source="ONNX InstanceNormalization"),),
        shape=same_as_first,
        cost=_instance_cost,
        complete=_channel_complete,
    ),
    Operation(
        "group_normalization",
        kind="reduction",
        summary="Groups of channels of each example normalised by their own statistics.",
        operands=(DATA, _SCALE, _BIAS),
        attributes=(
            Attribute(
                "groups",
                "integer",
                "groups that the channels fall into",
                required=True,
                source="ONNX GroupNormalization `num_groups`",
            ),
        ),
        shape=same_as_first,
        cost=_group_cost,
        complete=_channel_complete,
    ),
    Operation(
        "l2_normalization",
        kind="reduction",
        summary="Vectors along a dimension divided by their length.",
        operands=(DATA,),
        attributes=(
            AXIS.having(
                default=-1, meaning="dimension of the vectors", source="ONNX LpNormalization"
            ),
            Attribute(
                "order",
                "integer",
                "what a length is: 1, the sum of magnitudes, or 2, the root of the sum of squares",
                default=2,
                source="ONNX LpNormalization `p`",
            ),
        ),
        shape=same_as_first,
        cost=_length_cost,
    ),
    Operation(
        "mean_variance_normalization",
        kind="reduction",
        summary="Each channel with mean 0 and deviation 1.",
        operands=(DATA,),
        attributes=(
            AXES.having(
                default=(0, 2, 3),
                meaning="dimensions whose elements share mean and deviation",
                source="ONNX MeanVarianceNormalization",
            ),
        ),
        shape=same_as_first,
        cost=_moments_cost,
    ),
    Operation(
        "local_response_normalization",
        kind="reduction",
        summary="Elements divided by a function of the squares in neighbouring channels.",
        operands=(DATA,),
        attributes=(
            Attribute(
                "size",
                "integer",
                "how many channels are neighbours",
                source="ONNX LRN",
                required=True,
            ),
        ),
        shape=same_as_first,
        cost=_local_response_cost,
    ),
)
