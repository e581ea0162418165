"""Runs single operations of ONNX Runtime's own domains and writes down what came out.

    python tests/data/onnx_runtime/run.py

Needs onnx and onnxruntime (1.32, its CPU provider), which nothing else here does. What has no
kernel there is left out. Each line of ``truth.jsonl`` is one run: operation, inputs (type, shape,
whether stored, values where they are few whole numbers) and the type and shape of each result.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

TRUTH = Path(__file__).resolve().parent / "truth.jsonl"
TYPES = {
    "float32": "f32", "uint8": "u8", "int8": "i8", "int32": "i32", "int64": "i64", "bool": "i1",
}  # fmt: skip
RANDOM = np.random.default_rng(0)


def f(*shape: int) -> Any:
    """Floats."""
    return RANDOM.standard_normal(shape).astype(np.float32)


def q(*shape: int) -> Any:
    """Unsigned bytes."""
    return RANDOM.integers(0, 255, shape).astype(np.uint8)


def i8(*shape: int) -> Any:
    """Signed bytes."""
    return RANDOM.integers(-100, 100, shape).astype(np.int8)


def describe(value: Any, stored: bool) -> dict[str, Any]:
    """One input as a line has it."""
    few = value.dtype.kind in "iu" and value.size <= 16
    return {
        "type": TYPES[str(value.dtype)],
        "shape": list(value.shape),
        "stored": stored,
        "values": value.ravel().tolist() if few else None,
    }


def case(
    name: str,
    operation: str,
    inputs: list[Any],
    outputs: int,
    stored: tuple[int, ...] = (),
    domain: str = "com.microsoft",
    names: list[str] | None = None,
    **attributes: Any,
) -> dict[str, Any] | None:
    """Run one operation; None where ONNX Runtime has no kernel for it here."""
    results = names or [f"y{place}" for place in range(outputs)]
    values = [None if value is None else np.asarray(value) for value in inputs]
    given = {f"x{place}": value for place, value in enumerate(values) if value is not None}
    kept = [onnx.numpy_helper.from_array(given.pop(f"x{place}"), f"x{place}") for place in stored]
    operands = ["" if value is None else f"x{place}" for place, value in enumerate(values)]
    node = helper.make_node(operation, operands, results, domain=domain, **attributes)
    graph = helper.make_graph(
        [node],
        name,
        [
            helper.make_tensor_value_info(
                key, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape
            )
            for key, value in given.items()
        ],
        [helper.make_tensor_value_info(key, TensorProto.UNDEFINED, None) for key in results if key],
        kept,
    )
    for output in graph.output:
        output.ClearField("type")
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(domain, 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        found = session.run(None, given)
    except Exception as error:  # noqa: BLE001  # whatever the reason, there is nothing to tell
        print(name, str(error)[:100])
        return None
    return {
        "name": name,
        "domain": domain,
        "operation": operation,
        "attributes": attributes,
        "inputs": [
            None if value is None else describe(value, place in stored)
            for place, value in enumerate(values)
        ],
        "names": results,
        "outputs": [[TYPES[str(value.dtype)], list(value.shape)] for value in found],
    }


def list_cases() -> list[dict[str, Any] | None]:
    """All runs."""
    sc, zp, z8 = np.float32(0.02), np.uint8(128), np.int8(0)
    return [
        case("mha_packed_qkv", "MultiHeadAttention", [f(2, 5, 4, 3, 8)], 1, num_heads=4),
        case(
            "mha_packed_kv", "MultiHeadAttention", [f(2, 5, 32), f(2, 7, 4, 2, 8)], 1, num_heads=4
        ),
        case(
            "mha_past",
            "MultiHeadAttention",
            [f(2, 5, 32), f(2, 5, 32), f(2, 5, 32), None, None, None, f(2, 4, 3, 8), f(2, 4, 3, 8)],
            3,
            num_heads=4,
        ),
        case(
            "mha_cross",
            "MultiHeadAttention",
            [f(2, 5, 32), f(2, 4, 7, 8), f(2, 4, 7, 8)],
            1,
            num_heads=4,
        ),
        case(
            "gqa",
            "GroupQueryAttention",
            [
                f(2, 1, 32),
                f(2, 1, 16),
                f(2, 1, 16),
                f(2, 2, 9, 8),
                f(2, 2, 9, 8),
                np.array([9, 9], np.int32),
                np.array([10], np.int32),
            ],
            3,
            num_heads=4,
            kv_num_heads=2,
        ),
        case(
            "gqa_packed",
            "GroupQueryAttention",
            [
                f(2, 6, 64),
                None,
                None,
                None,
                None,
                np.array([5, 5], np.int32),
                np.array([6], np.int32),
                f(16, 4),
                f(16, 4),
            ],
            3,
            num_heads=4,
            kv_num_heads=2,
            do_rotary=1,
            local_window_size=3,
        ),
        case(
            "attention", "Attention", [f(2, 5, 32), f(32, 96), f(96)], 1, stored=(1, 2), num_heads=4
        ),
        case(
            "attention_past",
            "Attention",
            [f(2, 5, 32), f(32, 96), f(96), None, f(2, 2, 4, 3, 8)],
            2,
            stored=(1, 2),
            num_heads=4,
            unidirectional=1,
        ),
        case(
            "attention_sizes",
            "Attention",
            [f(2, 5, 32), f(32, 32 + 32 + 16), f(80)],
            1,
            stored=(1, 2),
            num_heads=4,
            qkv_hidden_sizes=[32, 32, 16],
        ),
        case(
            "qattention",
            "QAttention",
            [q(2, 5, 32), i8(32, 96), f(96), sc, sc, None, zp, z8],
            1,
            stored=(1, 2, 3, 4, 6, 7),
            num_heads=4,
        ),
        case(
            "decoder_mmha",
            "DecoderMaskedMultiHeadAttention",
            [
                f(2, 1, 32),
                f(2, 1, 32),
                f(2, 1, 32),
                None,
                None,
                f(2, 4, 9, 8),
                f(2, 4, 9, 8),
                np.array([3], np.int32),
            ],
            3,
            num_heads=4,
            past_present_share_buffer=1,
        ),
        case(
            "nbits_pad",
            "MatMulNBits",
            [f(1, 3, 40), q(16, 2, 16), f(32)],
            1,
            stored=(1, 2),
            K=40,
            N=16,
            bits=4,
            block_size=32,
        ),
        case(
            "bnb4",
            "MatMulBnb4",
            [f(3, 32), q(16 * 32 // 2), f(16 * 32 // 16)],
            1,
            stored=(1, 2),
            K=32,
            N=16,
            block_size=16,
            quant_type=1,
        ),
        case(
            "gather_block",
            "GatherBlockQuantized",
            [q(20, 16), np.array([[1, 2, 3]], np.int64), f(20, 1)],
            1,
            stored=(0, 2),
            bits=4,
            block_size=32,
            quantize_axis=1,
            gather_axis=0,
        ),
        case(
            "moe",
            "MoE",
            [f(6, 16), f(6, 4), f(4, 32, 16), None, f(4, 16, 32)],
            1,
            stored=(2, 4),
            k=2,
            activation_type="gelu",
        ),
        case(
            "moe_swiglu",
            "MoE",
            [f(2, 3, 16), f(6, 4), f(4, 64, 16), f(4, 64), f(4, 16, 32), f(4, 16)],
            1,
            stored=(2, 3, 4, 5),
            k=2,
            activation_type="swiglu",
            swiglu_fusion=1,
            activation_alpha=1.0,
            activation_beta=1.0,
        ),
        case(
            "qmoe",
            "QMoE",
            [f(6, 32), f(6, 4), q(4, 64, 16), f(4, 64), None, q(4, 32, 32), f(4, 32)],
            1,
            stored=(2, 3, 5, 6),
            k=2,
            activation_type="relu",
            expert_weight_bits=4,
        ),
        case(
            "fused_conv",
            "FusedConv",
            [f(1, 3, 8, 8), f(4, 3, 3, 3), f(4)],
            1,
            stored=(1, 2),
            activation="Relu",
            pads=[1, 1, 1, 1],
        ),
        case("fused_gemm", "FusedGemm", [f(3, 4), f(4, 5)], 1, activation="Relu"),
        case(
            "bias_softmax",
            "BiasSoftmax",
            [f(2, 4, 5, 5), f(2, 1, 1, 5)],
            1,
            axis=3,
            is_inner_broadcast=1,
        ),
        case("bias_dropout", "BiasDropout", [f(2, 5, 8), f(8), f(2, 5, 8)], 1),
        case("bias_split_gelu", "BiasSplitGelu", [f(1, 5, 64), f(64)], 1),
        case("group_norm", "GroupNorm", [f(1, 4, 4, 32), f(32), f(32)], 1, groups=4, activation=1),
        case(
            "skip_group_norm",
            "SkipGroupNorm",
            [f(1, 4, 4, 32), f(32), f(32), f(1, 4, 4, 32), f(32)],
            2,
            groups=4,
            activation=0,
        ),
        case("nhwc_max", "NhwcMaxPool", [i8(1, 8, 8, 3)], 1, kernel_shape=[2, 2], strides=[2, 2]),
        case(
            "ql_add",
            "QLinearAdd",
            [q(2, 3), sc, zp, q(2, 3), sc, zp, sc, zp],
            1,
            stored=(1, 2, 4, 5, 6, 7),
        ),
        case(
            "ql_conv_last",
            "QLinearConv",
            [q(1, 8, 8, 3), sc, zp, i8(4, 3, 3, 3), sc, z8, sc, zp],
            1,
            stored=(1, 2, 3, 4, 5, 6, 7),
            channels_last=1,
        ),
        case(
            "ql_gap_last",
            "QLinearGlobalAveragePool",
            [q(1, 8, 8, 3), sc, zp, sc, zp],
            1,
            stored=(1, 2, 3, 4),
            channels_last=1,
        ),
        case(
            "ql_avg",
            "QLinearAveragePool",
            [q(1, 3, 8, 8), sc, zp, sc, zp],
            1,
            stored=(1, 2, 3, 4),
            kernel_shape=[2, 2],
            strides=[2, 2],
        ),
        case(
            "ql_avg_last",
            "QLinearAveragePool",
            [q(1, 8, 8, 3), sc, zp, sc, zp],
            1,
            stored=(1, 2, 3, 4),
            kernel_shape=[2, 2],
            strides=[2, 2],
            channels_last=1,
        ),
        case(
            "ql_mean",
            "QLinearReduceMean",
            [q(2, 3, 4), sc, zp, sc, zp],
            1,
            stored=(1, 2, 3, 4),
            axes=[1],
            keepdims=0,
        ),
        case(
            "ql_softmax",
            "QLinearSoftmax",
            [q(2, 3, 4), sc, zp, np.float32(1 / 256), np.uint8(0)],
            1,
            stored=(1, 2, 3, 4),
            axis=1,
            opset=13,
        ),
        case(
            "ql_where",
            "QLinearWhere",
            [np.array([True, False, True]), q(2, 3), sc, zp, q(2, 3), sc, zp, sc, zp],
            1,
            stored=(2, 3, 5, 6, 7, 8),
        ),
        case(
            "ql_leaky",
            "QLinearLeakyRelu",
            [q(2, 3), sc, zp, sc, zp],
            1,
            stored=(1, 2, 3, 4),
            alpha=0.1,
        ),
        case(
            "ql_concat",
            "QLinearConcat",
            [sc, zp, q(2, 3), sc, zp, q(2, 4), sc, zp],
            1,
            stored=(0, 1, 3, 4, 6, 7),
            axis=1,
        ),
        case(
            "dq_matmul",
            "DynamicQuantizeMatMul",
            [f(2, 3, 8), i8(8, 5), sc, z8, f(5)],
            1,
            stored=(1, 2, 3, 4),
        ),
        case(
            "mm_int_float",
            "MatMulIntegerToFloat",
            [q(3, 8), i8(8, 5), sc, sc, zp, z8, f(5)],
            1,
            stored=(1, 2, 3, 4, 5, 6),
        ),
        case(
            "embed",
            "EmbedLayerNormalization",
            [
                np.ones((2, 5), np.int32),
                np.ones((2, 5), np.int32),
                f(9, 16),
                f(8, 16),
                f(2, 16),
                f(16),
                f(16),
                np.ones((2, 5), np.int32),
            ],
            2,
            stored=(2, 3, 4, 5, 6),
        ),
        case(
            "skip_ln",
            "SkipLayerNormalization",
            [f(2, 5, 16), f(2, 5, 16), f(16), f(16), f(16)],
            4,
            stored=(2, 3, 4),
            names=["o0", "", "", "o3"],
        ),
        case(
            "rotary",
            "RotaryEmbedding",
            [f(2, 5, 32), np.zeros((2, 5), np.int64), f(16, 4), f(16, 4)],
            1,
            stored=(2, 3),
        ),
        case("reduce_sum_int", "ReduceSumInteger", [i8(2, 3, 4)], 1, axes=[1], keepdims=1),
        case("torch_embedding", "TorchEmbedding", [f(9, 4), np.ones((2, 3), np.int64)], 1),
        case(
            "restore_padding",
            "RestorePadding",
            [f(4, 8), np.array([[0, 1, 4], [3, 2, 5]], np.int32)],
            1,
        ),
        case("gelu_gemm", "GemmFastGelu", [f(2, 3, 4), f(4, 5), f(5)], 1),
        case("trilu", "Trilu", [f(3, 3)], 1),
        case("gated_rms", "GatedRMSNorm", [f(2, 5, 16), f(16), f(2, 5, 16)], 1),
        case("swiglu", "SwiGLU", [f(2, 5, 16)], 1),
        case(
            "linear_attention",
            "LinearAttention",
            [f(2, 5, 32), f(2, 5, 16), f(2, 5, 24), f(2, 2, 8, 12), f(2, 5, 2), f(2, 5, 2)],
            2,
            q_num_heads=4,
            kv_num_heads=2,
        ),
        case(
            "causal_conv",
            "CausalConvWithState",
            [f(2, 6, 5), f(6, 1, 4), f(6), f(2, 6, 3)],
            2,
            activation="silu",
        ),
        case("causal_conv_bare", "CausalConvWithState", [f(2, 6, 5), f(6, 1, 4)], 2),
        case(
            "nchwc_conv",
            "Conv",
            [f(1, 16, 8, 8), f(16, 16, 3, 3), f(16)],
            1,
            domain="com.microsoft.nchwc",
            stored=(1, 2),
            pads=[1, 1, 1, 1],
            activation="Relu",
        ),
        case("nchwc_in", "ReorderInput", [f(1, 32, 8, 8)], 1, domain="com.microsoft.nchwc"),
        case(
            "nchwc_in_last",
            "ReorderInput",
            [f(1, 8, 8, 32)],
            1,
            domain="com.microsoft.nchwc",
            channels_last=1,
        ),
        case(
            "nchwc_out",
            "ReorderOutput",
            [f(1, 32, 8, 8)],
            1,
            domain="com.microsoft.nchwc",
            channels=20,
        ),
        case(
            "nchwc_out_last",
            "ReorderOutput",
            [f(1, 32, 8, 8)],
            1,
            domain="com.microsoft.nchwc",
            channels=20,
            channels_last=1,
        ),
        case(
            "nchwc_pool",
            "MaxPool",
            [f(1, 32, 8, 8)],
            1,
            domain="com.microsoft.nchwc",
            kernel_shape=[2, 2],
            strides=[2, 2],
        ),
        case(
            "nchwc_up",
            "Upsample",
            [f(1, 32, 8, 8)],
            1,
            domain="com.microsoft.nchwc",
            scales=[1, 1, 2, 2],
        ),
        case("grid", "GridSample", [f(1, 3, 8, 8), f(1, 4, 4, 2)], 1, mode="bilinear"),
        case("gathernd", "GatherND", [f(3, 4), np.array([[0], [1]], np.int64)], 1),
        case("pad", "Pad", [f(3, 4), np.array([0, 1, 0, 1], np.int64)], 1, stored=(1,)),
    ]


if __name__ == "__main__":
    runs = [json.dumps(run) for run in list_cases() if run is not None]
    TRUTH.write_text("\n".join(runs) + "\n")
