"""Operations that hold the same numbers in another element type."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.folding import fold_convert
from cyborg_rr.domain.graph.operations.declaring.operation import Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA, per_element
from cyborg_rr.domain.graph.operations.declaring.results import (
    ELEMENT_TYPE,
    part_of_complex,
    same_as_first,
    tensor,
)
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import ANY, Contradiction, broadcast
from cyborg_rr.domain.words import COMPLEX_OF, find_bits

_QUANTISED_AXIS = Attribute(
    "axis",
    "integer",
    "dimension along which there are several scales and zero points",
    1,
    kept="one scale or many, each element takes the same work",
)
_ZERO_POINT = Operand("zero_point", "the number that stands for 0", optional=True)


def _convert(node: TypedNode) -> Sequence[TensorType]:
    """To the stated element type, else to that of a second operand (ONNX CastLike)."""
    return (tensor(node.result_type(node.element_type(1)), node.shape()),)


def _bitcast(node: TypedNode) -> Sequence[TensorType]:
    """Reinterpret bits; another width takes or makes an innermost dimension (StableHLO)."""
    source, target, shape = node.element_type(), node.result_type(), node.shape()
    before, after = find_bits(source), find_bits(target)
    if shape is None or not before or not after:
        return (tensor(target, None),)
    if before > after:
        return (tensor(target, (*shape, before // after)),)
    if before < after:
        if not shape or shape[-1] not in (after // before, ANY):
            raise Contradiction(f"the innermost dimension does not hold one {target}")
        return (tensor(target, shape[:-1]),)
    return (tensor(target, shape),)


def _complex(node: TypedNode) -> Sequence[TensorType]:
    element_type = COMPLEX_OF.get(node.element_type() or "")
    return (tensor(element_type, broadcast((node.shape(0), node.shape(1)))),)


def _quantize(node: TypedNode) -> Sequence[TensorType]:
    fallback = node.element_type(2) if node.has(2) else "u8"
    return (tensor(node.result_type(fallback), node.shape()),)


def _dequantize(node: TypedNode) -> Sequence[TensorType]:
    fallback = node.element_type(1) if node.has(1) else "f32"
    return (tensor(node.result_type(fallback), node.shape()),)


def _dynamic_quantize(node: TypedNode) -> Sequence[TensorType]:
    element_type = "u8"
    return (tensor(element_type, node.shape()), tensor("f32", ()), tensor(element_type, ()))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "convert",
        kind="elementwise",
        summary="The numbers in another element type.",
        operands=(DATA, Operand("like", "a tensor that has the wanted type", optional=True)),
        attributes=(
            ELEMENT_TYPE.having(
                meaning="element type of the result; absent: that of operand 1",
                source="ONNX Cast `to`, StableHLO convert",
            ),
        ),
        shape=_convert,
        cost=per_element(1),
        fold=fold_convert,
    ),
    Operation(
        "bitcast_convert",
        kind="movement",
        summary="The same bits under another element type.",
        operands=(DATA,),
        attributes=(
            ELEMENT_TYPE.having(
                required=True, source="ONNX BitCast `to`, StableHLO bitcast_convert"
            ),
        ),
        shape=_bitcast,
        view="first",
    ),
    Operation(
        "reduce_precision",
        kind="elementwise",
        summary="The numbers as a narrower format would hold them, in their own element type.",
        operands=(DATA,),
        shape=same_as_first,
        cost=per_element(1),
    ),
    Operation(
        "complex",
        kind="elementwise",
        summary="Complex numbers from their parts.",
        operands=(Operand("real", "the real parts"), Operand("imaginary", "the imaginary parts")),
        shape=_complex,
    ),
    Operation(
        "real",
        kind="elementwise",
        summary="The real parts.",
        operands=(DATA,),
        shape=part_of_complex,
    ),
    Operation(
        "imag",
        kind="elementwise",
        summary="The imaginary parts.",
        operands=(DATA,),
        shape=part_of_complex,
    ),
    Operation(
        "quantize",
        kind="elementwise",
        summary="Numbers as whole steps of a scale.",
        operands=(
            DATA,
            Operand("scale", "what one step stands for", optional=True),
            _ZERO_POINT,
        ),
        attributes=(
            ELEMENT_TYPE.having(
                meaning="element type of the result; absent: that of the zero point, or u8",
                source="ONNX QuantizeLinear `output_dtype`, StableHLO uniform_quantize",
            ),
            _QUANTISED_AXIS.having(source="ONNX QuantizeLinear"),
        ),
        shape=_quantize,
        cost=per_element(4),
    ),
    Operation(
        "dequantize",
        kind="elementwise",
        summary="Numbers from whole steps of a scale.",
        operands=(
            DATA,
            Operand("scale", "what one step stands for", optional=True),
            _ZERO_POINT,
        ),
        attributes=(
            ELEMENT_TYPE.having(
                meaning="element type of the result; absent: that of the scale, or f32",
                source="ONNX DequantizeLinear `output_dtype`, StableHLO uniform_dequantize",
            ),
            _QUANTISED_AXIS.having(source="ONNX DequantizeLinear"),
        ),
        shape=_dequantize,
        cost=per_element(2),
    ),
    Operation(
        "dynamic_quantize",
        kind="reduction",
        summary="Numbers as whole steps of a scale found from them; scale and zero point follow.",
        operands=(DATA,),
        shape=_dynamic_quantize,
        cost=per_element(6),
    ),
)
