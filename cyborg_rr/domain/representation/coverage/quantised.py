"""Quantised operations of ONNX in another form: as those of floats between Q and DQ.

The two forms are ONNX Runtime's QOperator, where each operation has one of its own for quantised
values, and QDQ, where those of floats stand between conversions
(onnxruntime.ai/docs/performance/model-optimizations/quantization.html, read 2026-11-27). Weights of
few bits are DequantizeLinear in blocks: ai.onnx 21 added ``block_size`` and 4 bits (onnx.defs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cyborg_rr.domain.graph.operands import Operand, parse_operand
from cyborg_rr.domain.representation.coverage.calls import Call
from cyborg_rr.domain.representation.coverage.table import CoverageTable

SET: Final = "ai.onnx"
CONTRIBUTED: Final = "com.microsoft"
BLOCKED_SINCE: Final = 21

PLAIN: Final[Mapping[tuple[str, str], str]] = {
    (SET, "QLinearConv"): "Conv",
    (SET, "QLinearMatMul"): "MatMul",
    (SET, "ConvInteger"): "Conv",
    (SET, "MatMulInteger"): "MatMul",
    (CONTRIBUTED, "QLinearAdd"): "Add",
    (CONTRIBUTED, "QLinearMul"): "Mul",
    (CONTRIBUTED, "QLinearConcat"): "Concat",
    (CONTRIBUTED, "QLinearSigmoid"): "Sigmoid",
    (CONTRIBUTED, "QLinearSoftmax"): "Softmax",
    (CONTRIBUTED, "QLinearLeakyRelu"): "LeakyRelu",
    (CONTRIBUTED, "QLinearAveragePool"): "AveragePool",
    (CONTRIBUTED, "QLinearGlobalAveragePool"): "GlobalAveragePool",
    (CONTRIBUTED, "QGemm"): "Gemm",
    (CONTRIBUTED, "DynamicQuantizeMatMul"): "MatMul",
    (CONTRIBUTED, "MatMulIntegerToFloat"): "MatMul",
}
"""What each is in floats."""

BLOCKED: Final[Mapping[tuple[str, str], str]] = {(CONTRIBUTED, "MatMulNBits"): "MatMul"}
"""Products with weights of few bits, in blocks."""

TYPES: Final = ("i8", "u8")
FEW_BITS: Final = ("i4", "u4")
"""The element types that are tried for quantised values; of few bits only weights are."""


def find_form(table: CoverageTable, call: Call, architecture: str | None) -> str:
    """What to write in the place of a quantised operation; empty where it helps nothing."""
    key = call.dialect, call.operation
    plain = PLAIN.get(key) or BLOCKED.get(key)
    if plain is None or not table.has(SET, plain):
        return ""
    is_blocked = key in BLOCKED
    version = BLOCKED_SINCE if is_blocked else call.version
    tried = (*FEW_BITS, *TYPES) if is_blocked else _list_types(call)
    taken = [name for name in tried if _takes(table, name, version, architecture)]
    if not taken:
        return ""
    if is_blocked:
        around = f"DequantizeLinear of {taken[0]} in blocks"
        return f"{call.name} as {around} and {plain} (ai.onnx >= {BLOCKED_SINCE})"
    return f"{call.name} as DequantizeLinear of {taken[0]}, {plain} and QuantizeLinear (QDQ)"


def _list_types(call: Call) -> Iterator[str]:
    """The type of the quantised values first, as far as it is known."""
    own = [operand.element_type for operand in call.inputs or () if operand.element_type in TYPES]
    yield from dict.fromkeys([name for name in (*own[:1], *TYPES) if name is not None])


def _takes(table: CoverageTable, name: str, version: int | None, architecture: str | None) -> bool:
    """Whether values of a type can be made floats, and floats such values."""
    quantised, scale = parse_operand(f"{name}[?]"), parse_operand("const f32[?]")
    point, floats = parse_operand(f"const {name}[?]"), parse_operand("f32[?]")

    def ask(operation: str, given: Operand, made: Operand) -> bool:
        call = Call(SET, operation, version, (given, scale, point), (made,), None)
        return table.judge(call, architecture).where in ("device", "unknown")

    return ask("DequantizeLinear", quantised, floats) and (
        name in FEW_BITS or ask("QuantizeLinear", floats, quantised)
    )
