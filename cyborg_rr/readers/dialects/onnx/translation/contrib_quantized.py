"""com.microsoft operations on quantised operands: weights of few bits, QLinear*, QOrdered*.

Descriptions: ContribOperators.md of ONNX Runtime.
"""

from __future__ import annotations

from dataclasses import replace

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode, Rule
from cyborg_rr.readers.dialects.onnx.translation.rules import element_type_attribute
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step

_PACKED_BITS = (2, 4, 8)
"""Bits of a number of which whole ones fill a byte."""


def _size(node: NativeOnnxNode, name: str) -> int:
    """A size that must be there and positive."""
    size = node.integer(name, default=0)
    if size < 1:
        raise node.refuse(f"attribute '{name}' must be positive")
    return size


def _weight_product(
    node: NativeOnnxNode, holds: TensorType, bias: str, is_padded: bool, columns_first: bool = True
) -> list[Step]:
    """A product with a weight whose packed form is restated, and a bias where there is one."""
    result = node.fresh("product") if bias else node.output(0)
    product = node.step(
        "matmul",
        node.inputs[:2],
        (result,),
        trans_b=columns_first or None,
        padded=is_padded or None,
    )
    steps = [replace(product, restated={node.input(1): holds})]
    if bias:
        steps.append(node.step("add", (result, bias)))
    return steps


def block_product(node: NativeOnnxNode) -> list[Step]:
    """MatMulNBits: the weight is N x K numbers of few bits, packed into bytes block by block.

    The packed tensor is restated as what it holds, where that takes the same bytes: rows of whole
    blocks, the last of which K need not fill.
    """
    rows, columns = _size(node, "K"), _size(node, "N")
    bits, block = node.integer("bits", default=4), node.integer("block_size", default=0)
    packed = node.stored(1)
    if packed is None or bits not in _PACKED_BITS:
        return unknown(node)
    held = -(-rows // block) * block if block > 0 else rows
    for inner in (rows, held):
        holds = TensorType(f"u{bits}", (columns, inner))
        if holds.byte_size == packed.type.byte_size:
            return _weight_product(node, holds, node.input(5), inner != rows)
    return unknown(node)


def normal_float_product(node: NativeOnnxNode) -> list[Step]:
    """MatMulBnb4: N x K numbers of 4 bits behind one another."""
    rows, columns = _size(node, "K"), _size(node, "N")
    columns_first = node.flag("transB", default=True)
    holds = TensorType("u4", (columns, rows) if columns_first else (rows, columns))
    packed = node.stored(1)
    if packed is None or holds.byte_size != packed.type.byte_size:
        return unknown(node)
    return _weight_product(node, holds, "", False, columns_first)


def block_gather(node: NativeOnnxNode) -> list[Step]:
    """GatherBlockQuantized: rows of a quantised table, and these as numbers of their scales."""
    data, bits = node.input_type(0), node.integer("bits", default=4)
    restated = {}
    if data is not None and data.element_type == "u8" and bits in (2, 4):
        last = data.shape[-1] if data.shape else None
        if node.stored(0) is None or not isinstance(last, int) or data.shape is None:
            return unknown(node)
        restated[node.input(0)] = TensorType(f"u{bits}", (*data.shape[:-1], last * 8 // bits))
    gathered = node.fresh("gathered")
    along = node.integer("gather_axis", default=0)
    steps = [
        node.step("gather", node.inputs[:2], (gathered,), axis=along),
        node.step(
            "dequantize",
            (gathered, node.input(2), node.input(3)),
            None,
            element_type=node.element_type(2),
            axis=node.integer("quantize_axis", default=1),
        ),
    ]
    return [replace(steps[0], restated=restated), steps[1]]


def integer_product(bias: int, scale: int) -> Rule:
    """MatMulIntegerToFloat, DynamicQuantizeMatMul: 8-bit product handed out as floats."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        known = node.element_type(scale) or "f32"
        others = tuple(
            name for index, name in enumerate(node.inputs) if name and index not in (0, 1, bias)
        )
        result = node.fresh("product") if node.input(bias) else node.output(0)
        stated = {result: TensorType(known, None)}
        inputs = (*node.inputs[:2], *others)
        steps = [node.step("matmul", inputs, (result,), stated, element_type=known)]
        if node.input(bias):
            steps.append(node.step("add", (result, node.input(bias))))
        return steps

    return rule


def dynamic_lstm(node: NativeOnnxNode) -> list[Step]:
    """DynamicQuantizeLSTM: LSTM with both matrices turned, and their scales behind its operands."""
    turned = node.shape(2)
    hidden = turned[1] if turned is not None and len(turned) == 3 else None
    return [
        node.step(
            "lstm",
            hidden_size=node.integer("hidden_size", default=0)
            or (hidden if isinstance(hidden, int) else None),
            direction=node.text("direction", default="forward").lower(),
        )
    ]


def quantized(operation: str, operands: tuple[int, ...], **constants: str | int) -> Rule:
    """A QLinear operation: its operands first, its scales and zero points behind them."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        first = tuple(node.input(index) for index in operands)
        others = tuple(name for index, name in enumerate(node.inputs) if index not in operands)
        if operation in ("add", "multiply", "select"):  # all inputs of these are operands
            others = ()
        return [node.step(operation, (*first, *others), **constants)]

    return rule


def quantized_softmax(node: NativeOnnxNode) -> list[Step]:
    """QLinearSoftmax: by the rules of the operator set that it names."""
    axis = node.integer("axis", default=-1)
    if node.integer("opset", default=13) < 13:
        return [node.step("softmax", flatten_axis=node.integer("axis", default=1))]
    return [node.step("softmax", axis=axis)]


def quantized_mean(node: NativeOnnxNode) -> list[Step]:
    """QLinearReduceMean."""
    return [
        node.step(
            "reduce",
            node.inputs[:1],
            function="mean",
            axes=node.integers("axes"),
            keep_dimensions=node.flag("keepdims", default=True),
        )
    ]


def integer_sum(node: NativeOnnxNode) -> list[Step]:
    """ReduceSumInteger: 8-bit operand, 32-bit result."""
    total = node.fresh("wide")
    return [
        node.step("convert", node.inputs[:1], (total,), element_type="i32"),
        node.step(
            "reduce",
            (total,),
            function="sum",
            axes=node.integers("axes"),
            keep_dimensions=node.flag("keepdims", default=True),
        ),
    ]


def quantized_concatenate(node: NativeOnnxNode) -> list[Step]:
    """QLinearConcat: scale and zero point of the result, then three inputs for each part."""
    return [node.step("concatenate", node.inputs[2::3], axis=node.integer("axis", default=1))]


def quantized_gemm(node: NativeOnnxNode) -> list[Step]:
    """QGemm: the type of the result is that of its zero point, f32 without one."""
    known = node.element_type(8) if node.input(8) else "f32"
    stated = {node.output(0): TensorType(known, None)} if known else {}
    return [
        node.step(
            "gemm",
            (node.input(0), node.input(3), node.input(6)),
            None,
            stated,
            trans_a=node.flag("transA"),
            trans_b=node.flag("transB"),
            element_type=known,
        )
    ]


def ordered_product(node: NativeOnnxNode) -> list[Step]:
    """QOrderedMatMul: 8-bit matrices in the orders of cuBLASLt, shapes as without any."""
    scales = tuple(node.input(index) for index in (1, 3, 4) if node.input(index))
    addends = tuple(node.input(index) for index in (5, 6) if node.input(index))
    result = node.fresh("product") if addends else node.output(0)
    inputs = (node.input(0), node.input(2), *scales)
    steps = [node.step("matmul", inputs, (result,))]
    if addends:
        steps.append(node.step("add", (result, *addends)))
    return steps


def ordered_normalization(node: NativeOnnxNode) -> list[Step]:
    """QOrderedLayerNormalization."""
    inputs = (node.input(0), *node.inputs[2:4])
    return [node.step("layer_normalization", inputs, axis=node.integer("axis", default=-1))]


def ordered_quantize(node: NativeOnnxNode) -> list[Step]:
    """QuantizeWithOrder: always to 8 bits."""
    return [node.step("quantize", element_type="i8")]


def ordered_dequantize(node: NativeOnnxNode) -> list[Step]:
    """DequantizeWithOrder: the type is said."""
    return [node.step("dequantize", element_type=element_type_attribute(node, "to"))]
