"""Rules for operations on whole numbers of 8 bits, which hand the range of their results on."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.mxnet.translation.layers import multiply_dense
from cyborg_rr.readers.mxnet.translation.native import NativeMxnetNode, Rule, with_ranges
from cyborg_rr.readers.mxnet.translation.windows import convolve, list_weighted


def quantize(node: NativeMxnetNode) -> list[Step]:
    """_contrib_quantize, _contrib_quantize_v2: into the type that is said."""
    first = "uint8" if node.operation == "_contrib_quantize" else "int8"
    known = {"uint8": "u8", "int8": "i8", "auto": "i8"}.get(node.text("out_type", default=first))
    step = node.step("quantize", node.inputs[:1], node.outputs[:1], element_type=known)
    return with_ranges(node, [step])


def requantize(node: NativeMxnetNode) -> list[Step]:
    """_contrib_requantize: from 32 bits to 8."""
    step = node.step("quantize", node.inputs[:1], node.outputs[:1], element_type="i8")
    return with_ranges(node, [step])


def dequantize(node: NativeMxnetNode) -> list[Step]:
    """_contrib_dequantize."""
    return [node.step("dequantize", node.inputs[:1], element_type="f32")]


def _list_weighted(node: NativeMxnetNode) -> tuple[str, ...]:
    """Data, weight and bias; the ranges behind them are one number each."""
    operands = list_weighted(node)
    for name in node.inputs[len(operands) :]:
        node.scope.restate(name, (1,))
    return operands


def convolution(node: NativeMxnetNode) -> list[Step]:
    """_contrib_quantized_conv: sums of 32 bits."""
    return with_ranges(node, [convolve(node, _list_weighted(node), "i32")])


def dense(node: NativeMxnetNode) -> list[Step]:
    """_contrib_quantized_fully_connected: sums of 32 bits."""
    return with_ranges(node, [multiply_dense(node, _list_weighted(node), "i32")])


def ranged(rule: Rule) -> Rule:
    """An operation that treats whole numbers as it does real ones."""

    def with_its_ranges(node: NativeMxnetNode) -> list[Step]:
        return with_ranges(node, rule(node))

    return with_its_ranges


def concatenate(node: NativeMxnetNode) -> list[Step]:
    """_contrib_quantized_concat: parts first, then their ranges."""
    count = node.integer("num_args", default=len(node.inputs) // 3)
    axis = node.integer("dim", default=1)
    step = node.step("concatenate", node.inputs[:count], node.outputs[:1], axis=axis)
    return with_ranges(node, [step])


def pair(operation: str) -> Rule:
    """_contrib_quantized_elemwise_add, ..._mul: two tensors, then their ranges."""

    def rule(node: NativeMxnetNode) -> list[Step]:
        stated = {node.output(0): TensorType("i32", None)}
        step = node.step(operation, node.inputs[:2], node.outputs[:1], stated)
        return with_ranges(node, [step])

    return rule
