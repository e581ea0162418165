"""Rules for the losses that exporters of training put behind a network."""

from __future__ import annotations

from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode
from cyborg_rr.readers.kit.steps import Step


def _picked(node: NativeOnnxNode, logarithms: str, result: str) -> list[Step]:
    """The negated logarithm that each target names along the channels, weighted and combined."""
    places, picked, flat = (node.fresh(word) for word in ("places", "picked", "flat"))
    reduction = node.text("reduction", default="mean")
    weight = node.input(2)
    combined = reduction != "none"
    negated = node.fresh("negated") if weight or combined else result
    steps = [
        node.step("unsqueeze", (node.input(1),), (places,), axes=(1,)),
        node.step("gather_elements", (logarithms, places), (picked,), axis=1),
        node.step("squeeze", (picked,), (flat,), axes=(1,)),
        node.step("negate", (flat,), (negated,)),
    ]
    if weight:
        weighted = node.fresh("weighted") if combined else result
        weights = node.fresh("weights")
        steps.append(node.step("gather", (weight, node.input(1)), (weights,), axis=0))
        steps.append(node.step("multiply", (negated, weights), (weighted,)))
        if reduction == "mean":
            return steps + _weighted_mean(node, weighted, weights, result)
        negated = weighted
    if combined:
        function = "mean" if reduction == "mean" else "sum"
        steps.append(_over_all(node, function, negated, result))
    return steps


def _over_all(node: NativeOnnxNode, function: str, value: str, result: str) -> Step:
    return node.step("reduce", (value,), (result,), function=function, keep_dimensions=False)


def _weighted_mean(node: NativeOnnxNode, weighted: str, weights: str, result: str) -> list[Step]:
    """The sum of all over the sum of their weights."""
    total, weight = node.fresh("total"), node.fresh("weight")
    return [
        _over_all(node, "sum", weighted, total),
        _over_all(node, "sum", weights, weight),
        node.step("divide", (total, weight), (result,)),
    ]


def likelihood_loss(node: NativeOnnxNode) -> list[Step]:
    """NegativeLogLikelihoodLoss."""
    return _picked(node, node.input(0), node.output(0))


def cross_entropy_loss(node: NativeOnnxNode) -> list[Step]:
    """SoftmaxCrossEntropyLoss: the logarithms are a result of their own."""
    logarithms = node.output(1) or node.fresh("logarithms")
    first = node.step("log_softmax", (node.input(0),), (logarithms,), axis=1)
    return [first, *_picked(node, logarithms, node.output(0))]
