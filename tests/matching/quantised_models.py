"""Small quantised models in each form that exporters write, as ONNX files and folders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from onnx import ModelProto, NodeProto, TensorProto, helper

from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.onnx.reader import OnnxReader
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.options import parse_options
from cyborg_rr.readers.reading.source import Source

KINDS = {
    "f32": TensorProto.FLOAT, "f16": TensorProto.FLOAT16, "i8": TensorProto.INT8,
    "u8": TensorProto.UINT8, "i32": TensorProto.INT32, "i4": TensorProto.INT4,
    "u4": TensorProto.UINT4, "f8E4M3FN": TensorProto.FLOAT8E4M3FN,
}  # fmt: skip
Value = tuple[str, str, tuple[int, ...]]
"""Name, element type and shape."""

PICTURE, KERNEL, RESULT = (1, 8, 16, 16), (8, 8, 3, 3), (1, 8, 14, 14)
ROWS, FACTOR, PRODUCT = (4, 64), (64, 32), (4, 32)


def _make(
    nodes: Sequence[NodeProto], given: Value, made: Value, stored: Sequence[Value], opset: int
) -> IRRequirement:
    """The requirement of a graph of one input and one output, whose stored values are all 0."""
    tensors = [
        helper.make_tensor(name, KINDS[kind], shape, [0] * _count(shape))
        for name, kind, shape in stored
    ]
    inputs, outputs = (
        [helper.make_tensor_value_info(name, KINDS[kind], shape)]
        for name, kind, shape in (given, made)
    )
    graph = helper.make_graph(list(nodes), "quantised", inputs, outputs, tensors)
    sets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    model: ModelProto = helper.make_model(graph, opset_imports=sets, ir_version=10)
    source = Source("model.onnx", model.SerializeToString())
    return analyse_by(OnnxReader(), source, parse_options(None, (), None))


def _count(shape: tuple[int, ...]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product


def make_qdq(kind: str, opset: int = 17) -> IRRequirement:
    """A convolution of floats between QuantizeLinear and DequantizeLinear."""
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["xq"]),
        helper.make_node("DequantizeLinear", ["xq", "s", "z"], ["xd"]),
        helper.make_node("DequantizeLinear", ["w", "s", "z"], ["wd"]),
        helper.make_node("Conv", ["xd", "wd"], ["c"]),
        helper.make_node("QuantizeLinear", ["c", "s", "z"], ["cq"]),
        helper.make_node("DequantizeLinear", ["cq", "s", "z"], ["y"]),
    ]
    stored = [("s", "f32", ()), ("z", kind, ()), ("w", kind, KERNEL)]
    return _make(nodes, ("x", "f32", PICTURE), ("y", "f32", RESULT), stored, opset)


def make_qlinear_conv(kind: str) -> IRRequirement:
    """A convolution of whole numbers as one operation."""
    node = helper.make_node("QLinearConv", ["x", "s", "z", "w", "s", "wz", "s", "z"], ["y"])
    stored = [("s", "f32", ()), ("z", kind, ()), ("w", "i8", KERNEL), ("wz", "i8", ())]
    return _make([node], ("x", kind, PICTURE), ("y", kind, RESULT), stored, 17)


def make_qlinear_matmul(kind: str) -> IRRequirement:
    """A product of whole numbers as one operation."""
    node = helper.make_node("QLinearMatMul", ["x", "s", "z", "w", "s", "z", "s", "z"], ["y"])
    stored = [("s", "f32", ()), ("z", kind, ()), ("w", kind, FACTOR)]
    return _make([node], ("x", kind, ROWS), ("y", kind, PRODUCT), stored, 17)


def make_matmul_integer(kind: str) -> IRRequirement:
    """A product of whole numbers that stays one."""
    node = helper.make_node("MatMulInteger", ["x", "w"], ["y"])
    return _make([node], ("x", kind, ROWS), ("y", "i32", PRODUCT), [("w", "i8", FACTOR)], 17)


def make_dynamic() -> IRRequirement:
    """A product whose input is quantised as it comes."""
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
        helper.make_node("MatMulInteger", ["q", "w", "qz"], ["i"]),
        helper.make_node("Cast", ["i"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["f", "qs"], ["y"]),
    ]
    stored = [("w", "u8", FACTOR)]
    return _make(nodes, ("x", "f32", ROWS), ("y", "f32", PRODUCT), stored, 17)


def make_few_bits() -> IRRequirement:
    """A product with weights of four bits, as ONNX Runtime writes it."""
    node = helper.make_node(
        "MatMulNBits", ["x", "w", "s"], ["y"], domain="com.microsoft", K=64, N=32, bits=4,
        block_size=32,
    )  # fmt: skip
    stored = [("w", "u8", (32, 2, 16)), ("s", "f16", (64,))]
    return _make([node], ("x", "f16", ROWS), ("y", "f16", PRODUCT), stored, 21)


def make_blocked(kind: str) -> IRRequirement:
    """The same, as ONNX writes it."""
    nodes = [
        helper.make_node("DequantizeLinear", ["w", "s"], ["wd"], axis=0, block_size=32),
        helper.make_node("MatMul", ["x", "wd"], ["y"]),
    ]
    stored = [("w", kind, FACTOR), ("s", "f16", (2, 32))]
    return _make(nodes, ("x", "f16", ROWS), ("y", "f16", PRODUCT), stored, 21)


EXPERTS = {
    "model_type": "gpt_oss", "architectures": ["GptOssForCausalLM"], "num_local_experts": 4,
    "num_experts_per_tok": 2, "head_dim": 16, "sliding_window": 8,
}  # fmt: skip
"""A decoder of experts, whose weights alone are stored as MXFP4."""


def make_folder(stated: dict[str, Any] | None, **changes: Any) -> IRRequirement:
    """A decoder by its configuration, quantised as is stated."""
    config = {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64,
        "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "vocab_size": 256, "torch_dtype": "float16",
        "quantization_config": stated, **changes,
    }  # fmt: skip
    source = Source("config.json", json.dumps(config).encode())
    options = parse_options(1, ("ids=1x16",), None)
    return analyse_by(HuggingFaceReader(), source, options)
