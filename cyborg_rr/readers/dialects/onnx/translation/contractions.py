"""Rules for ONNX operations that sum products or run along a sequence, and for loops."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode, Rule
from cyborg_rr.readers.kit.contracting import go_left_to_right, spell_products
from cyborg_rr.readers.kit.steps import Step


def matmul_integer(node: NativeOnnxNode) -> list[Step]:
    """MatMulInteger: 8-bit operands, 32-bit result."""
    stated = {node.output(0): TensorType("i32", None)}
    return [node.step("matmul", None, None, stated, element_type="i32")]


def quantized_matmul(node: NativeOnnxNode) -> list[Step]:
    """QLinearMatMul."""
    others = tuple(node.input(index) for index in (1, 2, 4, 5, 6, 7))
    result = node.element_type(7)
    stated = {node.output(0): TensorType(result, None)} if result else {}
    return [
        node.step(
            "matmul", (node.input(0), node.input(3), *others), None, stated, element_type=result
        )
    ]


def gemm(node: NativeOnnxNode) -> list[Step]:
    """Gemm."""
    return [node.step("gemm", trans_a=node.flag("transA"), trans_b=node.flag("transB"))]


def einsum(node: NativeOnnxNode) -> list[Step]:
    """Einsum, in the order of ONNX Runtime."""
    node.demand("equation")
    path = go_left_to_right(len(node.inputs))
    return spell_products(node, node.text("equation"), node.inputs, path)


def attention(node: NativeOnnxNode) -> list[Step]:
    """Attention of ONNX 23 on: query, key, value, mask, past key, past value."""
    heads = node.integer("q_num_heads", default=0)
    key_heads = node.integer("kv_num_heads", default=heads)
    return [
        node.step(
            "attention",
            q_num_heads=heads or None,
            kv_num_heads=key_heads or None,
            softcap=node.number("softcap", default=0.0) or None,
            is_causal=node.flag("is_causal"),
            scale=node.number("scale", default=0.0) or None,
        )
    ]


def recurrent(operation: str) -> Rule:
    """RNN, LSTM, GRU."""

    def rule(node: NativeOnnxNode) -> list[Step]:
        return [
            node.step(
                operation,
                hidden_size=node.integer("hidden_size", default=0)
                if node.has("hidden_size")
                else None,
                direction=node.text("direction", default="forward").lower(),
                layout=node.integer("layout", default=0),
            )
        ]

    return rule


def fft(node: NativeOnnxNode) -> list[Step]:
    """DFT."""
    return [
        node.step(
            "fft",
            axis=node.integer("axis", default=1) if node.version < 20 else None,
            onesided=node.flag("onesided"),
            inverse=node.flag("inverse"),
        )
    ]


def loop(node: NativeOnnxNode) -> list[Step]:
    """Loop: how often it runs is known where its count is stored."""
    count = node.values(0)
    trips = count[0] if count and isinstance(count[0], int) and 0 <= count[0] < 1 << 31 else None
    return [node.step("loop", trip_count=trips)]


def scan(node: NativeOnnxNode) -> list[Step]:
    """Scan: version 8 had a batch dimension and sequence lengths besides."""
    return [
        node.step(
            "scan",
            num_scan_inputs=node.demand_integer("num_scan_inputs"),
            scan_input_axes=node.integers("scan_input_axes"),
            scan_output_axes=node.integers("scan_output_axes"),
            batched=True if node.version < 9 else None,
        )
    ]
