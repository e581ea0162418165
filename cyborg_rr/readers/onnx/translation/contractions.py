"""Rules for ONNX operations that sum products or run along a sequence, and for loops."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.onnx.translation.call import Call, Rule, Step


def matmul_integer(call: Call) -> list[Step]:
    """MatMulInteger: 8-bit operands, 32-bit result."""
    stated = {call.output(0): TensorType("i32", None)}
    return [call.step("matmul", None, None, stated, element_type="i32")]


def quantized_matmul(call: Call) -> list[Step]:
    """QLinearMatMul."""
    others = tuple(call.input(index) for index in (1, 2, 4, 5, 6, 7))
    result = call.element_type(7)
    stated = {call.output(0): TensorType(result, None)} if result else {}
    return [
        call.step(
            "matmul", (call.input(0), call.input(3), *others), None, stated, element_type=result
        )
    ]


def gemm(call: Call) -> list[Step]:
    """Gemm."""
    return [call.step("gemm", trans_a=call.flag("transA"), trans_b=call.flag("transB"))]


def einsum(call: Call) -> list[Step]:
    """Einsum."""
    return [call.step("einsum", equation=call.text("equation"))]


def attention(call: Call) -> list[Step]:
    """Attention of ONNX 23 on: query, key, value, mask, past key, past value."""
    heads = call.integer("q_num_heads", 0)
    key_heads = call.integer("kv_num_heads", heads)
    return [
        call.step(
            "attention",
            q_num_heads=heads or None,
            kv_num_heads=key_heads or None,
            is_causal=call.flag("is_causal"),
        )
    ]


def recurrent(operation: str) -> Rule:
    """RNN, LSTM, GRU."""

    def rule(call: Call) -> list[Step]:
        return [
            call.step(
                operation,
                hidden_size=call.integer("hidden_size", 0) if call.has("hidden_size") else None,
                direction=call.text("direction", "forward").lower(),
                layout=call.integer("layout", 0),
            )
        ]

    return rule


def fft(call: Call) -> list[Step]:
    """DFT."""
    return [
        call.step(
            "fft",
            axis=call.integer("axis", 1) if call.version < 20 else None,
            onesided=call.flag("onesided"),
            inverse=call.flag("inverse"),
        )
    ]


def loop(call: Call) -> list[Step]:
    """Loop: how often it runs is known where its count is stored."""
    count = call.values(0)
    trips = count[0] if count and isinstance(count[0], int) and 0 <= count[0] < 1 << 31 else None
    return [call.step("loop", trip_count=trips)]


def scan(call: Call) -> list[Step]:
    """Scan: version 8 had a batch dimension and sequence lengths besides."""
    return [
        call.step(
            "scan",
            num_scan_inputs=call.integer("num_scan_inputs", 0),
            scan_input_axes=call.integers("scan_input_axes"),
            scan_output_axes=call.integers("scan_output_axes"),
            batched=True if call.version < 9 else None,
        )
    ]
