"""What readers write and what operations declare are one list, kept at both ends."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator

import onnx.helper
import pytest
from onnx import TensorProto

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.readers.onnx.reader import OnnxReader
from cyborg_rr.readers.reading.detection import list_readers
from cyborg_rr.readers.reading.source import Source
from tests.readers.huggingface.test_hybrids import read_config as read_hybrid
from tests.readers.huggingface.truth import read_config
from tests.readers.mxnet.files import read as read_symbol
from tests.readers.mxnet.test_figures import ORACLE
from tests.readers.onnx.test_conformance import collect
from tests.readers.onnx.test_contrib import RUNS, read_run
from tests.readers.samples import list_samples
from tests.readers.stablehlo.files import all_nodes, read_body
from tests.readers.torchscript.files import forward, read, save
from tests.readers.torchscript.test_ranks_known_later import ARRANGED, RECKONED

STRETCHED = ("Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal")
"""ONNX operations that before version 7 stretched their second operand only."""

RARE_ONNX: list[tuple[str, str, int, int, dict[str, object]]] = [
    *[("", name, 6, 2, {"broadcast": 1, "axis": 1}) for name in STRETCHED],
    ("", "LogSoftmax", 11, 1, {}),
    ("", "Hardmax", 11, 1, {}),
    ("", "GlobalLpPool", 2, 1, {"p": 1}),
    ("", "MeanVarianceNormalization", 13, 1, {"axes": [0, 2, 3]}),
    ("", "RandomNormal", 1, 0, {"shape": [2, 3]}),
    ("", "Upsample", 7, 1, {"scales": [1.0, 1.0, 2.0, 2.0]}),
    ("com.microsoft", "FusedMatMul", 1, 2, {"transA": 1, "transBatchA": 1, "transBatchB": 1}),
    ("com.microsoft", "QGemm", 1, 8, {}),
    (
        "com.microsoft",
        "GroupQueryAttention",
        1,
        7,
        {"num_heads": 2, "kv_num_heads": 1, "local_window_size": 4},
    ),
]
"""Domain, operation, version, number of inputs and attributes that the models nowhere use."""

RARE_STABLEHLO = [
    '%0 = "stablehlo.batch_norm_training"(%x, %v, %v) <{epsilon = 1.0 : f32, '
    "feature_index = 1 : i64}> : (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>) -> "
    "(tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>)",
    '%0 = "stablehlo.batch_norm_inference"(%x, %v, %v, %v, %v) <{epsilon = 1.0 : f32, '
    "feature_index = 1 : i64}> : (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, "
    "tensor<8xf32>) -> tensor<4x8xf32>",
    '%0 = "stablehlo.batch_norm_grad"(%x, %v, %v, %v, %x) <{epsilon = 1.0 : f32, '
    "feature_index = 1 : i64}> : (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, "
    "tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>)",
    '%0 = "stablehlo.collective_broadcast"(%x) <{replica_groups = dense<[[0, 1]]> : '
    "tensor<1x2xi64>}> : (tensor<4x8xf32>) -> tensor<4x8xf32>",
]


def read_rare_onnx() -> Iterator[Graph]:
    for domain, operation, version, count, attributes in RARE_ONNX:
        names = [f"x{place}" for place in range(count)]
        node = onnx.helper.make_node(operation, names, ["y"], domain=domain, **attributes)
        kind = TensorProto.BOOL if operation in ("And", "Or", "Xor") else TensorProto.FLOAT
        inputs = [onnx.helper.make_tensor_value_info(name, kind, [2, 3, 4, 4]) for name in names]
        output = onnx.helper.make_tensor_value_info("y", kind, None)
        graph = onnx.helper.make_graph([node], "rare", inputs, [output])
        opset = onnx.helper.make_opsetid(domain, version)
        model = onnx.helper.make_model(graph, opset_imports=[opset])
        yield OnnxReader().read(Source(operation, model.SerializeToString()))


def read_scan() -> Graph:
    """A Scan that names its axes."""
    value = onnx.helper.make_tensor_value_info
    body = onnx.helper.make_graph(
        [onnx.helper.make_node("Relu", ["a"], ["b"])],
        "body",
        [value("a", TensorProto.FLOAT, [4])],
        [value("b", TensorProto.FLOAT, [4])],
    )
    node = onnx.helper.make_node(
        "Scan", ["x"], ["y"], body=body, num_scan_inputs=1, scan_input_axes=[1],
        scan_output_axes=[1],
    )  # fmt: skip
    ends = [value(name, TensorProto.FLOAT, [4, 3]) for name in "xy"]
    graph = onnx.helper.make_graph([node], "scan", ends[:1], ends[1:])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 16)])
    return OnnxReader().read(Source("scan", model.SerializeToString()))


def read_all() -> Iterator[Graph]:
    for name, _ in list_readers():
        for sample in list_samples(name):
            yield sample.read()
    yield read_config("mamba-130m-hf")
    yield read_hybrid("mamba2")
    for name, content in collect():
        yield OnnxReader().read(Source(name, content))
    yield from read_rare_onnx()
    yield from (read_symbol(json.dumps(case["symbol"]).encode()) for case in ORACLE.values())
    yield from (read_run(run) for run in RUNS)
    yield read_scan()
    for lines, *_ in (*ARRANGED.values(), *RECKONED.values()):
        yield read(save(forward(*lines.split("; "))))
    for text in RARE_STABLEHLO:
        line = f"{text}\nreturn %x : tensor<4x8xf32>"
        yield read_body(line, "%x: tensor<4x8xf32>, %v: tensor<8xf32>")


@pytest.fixture(scope="module")
def written() -> set[tuple[str, str]]:
    """Operation and attribute of everything that the readers write."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reference package reckons with NaN on purpose
        graphs = list(read_all())
    return {
        (node.operation, name)
        for graph in graphs
        for node in all_nodes(graph.body)
        for name in node.attributes
    }


def test_every_attribute_that_a_reader_writes_is_declared(written: set[tuple[str, str]]) -> None:
    declared = {(each.name, name) for each in REGISTRY.values() for name in each.declared}
    assert sorted(written - declared) == []


def test_every_declared_attribute_is_written_or_foreseen_for_an_ir(
    written: set[tuple[str, str]],
) -> None:
    unwritten = {
        (each.name, attribute.name)
        for each in REGISTRY.values()
        for attribute in each.attributes
        if not attribute.foreseen
    } - written
    assert sorted(unwritten) == []


def test_an_attribute_that_a_reader_writes_is_no_longer_foreseen(
    written: set[tuple[str, str]],
) -> None:
    foreseen = {
        (each.name, attribute.name)
        for each in REGISTRY.values()
        for attribute in each.attributes
        if attribute.foreseen
    }
    assert sorted(foreseen & written) == []
