"""Operations of ONNX Runtime's own domains: what they yield, what they cost, what they share."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy
import pytest
from onnx import TensorProto, helper, numpy_helper

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.dialects.onnx.translation.contrib import CONTRIB
from cyborg_rr.readers.dialects.onnx.translation.contrib_layouts import BLOCKED, CHANNELS_LAST
from cyborg_rr.readers.onnx.reader import OnnxReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.golden import all_nodes

TRUTH = Path(__file__).resolve().parents[2] / "data" / "onnx_runtime" / "truth.jsonl"
RUNS = [json.loads(line) for line in TRUTH.read_text().splitlines()]
NUMBERS = {
    "f32": TensorProto.FLOAT, "f16": TensorProto.FLOAT16, "u8": TensorProto.UINT8,
    "i8": TensorProto.INT8, "i32": TensorProto.INT32, "i64": TensorProto.INT64,
    "i1": TensorProto.BOOL,
}  # fmt: skip
MICROSOFT = "com.microsoft"


def build(
    operation: str,
    inputs: list[dict[str, Any] | None],
    outputs: list[str],
    stated: dict[str, list[int | str]] | None = None,
    domain: str = MICROSOFT,
    **attributes: Any,
) -> Graph:
    """One operation; an input has a type and a shape and may be stored."""
    given, kept, names = [], [], []
    for place, each in enumerate(inputs):
        names.append("" if each is None else f"x{place}")
        if each is None:
            continue
        number = NUMBERS[each["type"]]
        if each.get("stored"):
            dtype = helper.tensor_dtype_to_np_dtype(number)
            values = numpy.zeros(each["shape"], dtype)
            if each.get("values"):
                values = numpy.array(each["values"], dtype).reshape(each["shape"])
            kept.append(numpy_helper.from_array(values, names[-1]))
        else:
            given.append(helper.make_tensor_value_info(names[-1], number, each["shape"]))
    results = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, (stated or {}).get(name))
        for name in outputs
        if name
    ]
    if not stated:
        for result in results:
            result.ClearField("type")
    node = helper.make_node(operation, names, outputs, domain=domain, **attributes)
    graph = helper.make_graph([node], "one", given, results, kept)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(domain, 1)]
    content = helper.make_model(graph, opset_imports=opsets).SerializeToString()
    return OnnxReader().read(Source("one", content))


def value(*shape: int | str, element_type: str = "f32", stored: bool = False) -> dict[str, Any]:
    return {"type": element_type, "shape": list(shape), "stored": stored}


def types(graph: Graph) -> list[TensorType]:
    typed = infer(graph)
    return [typed.body.type_of(name) for name in graph.body.outputs]


def require(graph: Graph) -> IRRequirement:
    return extract(
        infer(graph), name="one", sha256=None, size_bytes=0, reader_name="onnx", bindings={}
    )


def read_run(run: dict[str, Any]) -> Graph:
    """What was run, as a model."""
    names, domain = run["names"], run["domain"]
    return build(run["operation"], run["inputs"], names, None, domain, **run["attributes"])


@pytest.mark.parametrize("run", RUNS, ids=[run["name"] for run in RUNS])
def test_an_operation_yields_what_the_runtime_says(run: dict[str, Any]) -> None:
    graph = read_run(run)
    assert "unknown" not in {node.operation for node in all_nodes(graph.body)}
    found = [[each.element_type, list(each.shape or ())] for each in types(graph)]
    assert found == run["outputs"]


def test_packed_operands_cost_what_separate_ones_do() -> None:
    apart = [value(2, 5, 32), value(2, 5, 32), value(2, 5, 32)]
    packed = [value(2, 5, 4, 3, 8)]
    both = [build("MultiHeadAttention", each, ["y"], num_heads=4) for each in (apart, packed)]
    assert len({require(graph).compute.macs for graph in both}) == 1
    assert types(both[1])[0].shape == (2, 5, 32)
    halves = build(
        "MultiHeadAttention", [value(2, 5, 32), value(2, 7, 4, 2, 8)], ["y"], num_heads=4
    )
    assert types(halves)[0].shape == (2, 5, 32)
    assert require(halves).compute.macs == 2 * 4 * 5 * 7 * (8 + 8)


def test_grouped_attention_keeps_what_changes_its_work() -> None:
    inputs = [value(1, 64, 6144, element_type="f16"), *[None] * 4, value(1, element_type="i32"),
              value(1, element_type="i32"), value(4096, 64, element_type="f16", stored=True),
              value(4096, 64, element_type="f16", stored=True)]  # fmt: skip
    heads = {"num_heads": 32, "kv_num_heads": 8}
    names = ["y", "k", "v"]
    whole = build("GroupQueryAttention", inputs, names, **heads)
    assert [found.shape for found in types(whole)] == [
        (1, 64, 4096), (1, 8, 64, 128), (1, 8, 64, 128)
    ]  # fmt: skip
    assert require(whole).compute.macs == 32 * 64 * 64 * (128 + 128)
    near = build("GroupQueryAttention", inputs, names, local_window_size=16, **heads)
    assert require(near).compute.macs == 32 * 64 * 16 * (128 + 128)
    turned = build("GroupQueryAttention", inputs, names, do_rotary=1, scale=0.1, **heads)
    kinds = [node.operation for node in turned.body.nodes]
    assert kinds.count("rotary_embedding") == 2
    assert turned.body.nodes[-1].attributes["scale"] == pytest.approx(0.1)


def test_each_token_is_multiplied_with_the_weights_of_its_experts() -> None:
    inputs = [value(64, 512), value(64, 8), value(8, 2048, 512, stored=True), None,
              value(8, 512, 2048, stored=True)]  # fmt: skip
    graph = build("MoE", inputs, ["y"], k=2, activation_type="silu")
    assert types(graph)[0].shape == (64, 512)
    assert require(graph).compute.macs == 64 * 2 * 512 * 2048 * 2
    turned = [*inputs[:2], value(8, 512, 2048, stored=True), None, value(8, 2048, 512, stored=True)]
    assert require(build("MoE", turned, ["y"], k=2)).compute.macs == 64 * 2 * 512 * 2048 * 2


def test_experts_of_four_bits_are_what_they_hold() -> None:
    inputs = [value(64, 512), value(64, 8),
              value(8, 4096, 256, element_type="u8", stored=True), value(8, 4096, stored=True),
              None, value(8, 512, 1024, element_type="u8", stored=True),
              value(8, 512, stored=True)]  # fmt: skip
    graph = build("QMoE", inputs, ["y"], k=2, activation_type="swiglu", swiglu_fusion=1)
    found = require(graph)
    assert found.compute.macs == 64 * 2 * (512 * 4096 + 2048 * 512)
    assert found.memory.parameter_bytes_by_element_type["u4"] == 8 * (4096 * 256 + 512 * 1024)


def test_a_layer_whose_matrices_are_quantised_works_as_the_one_that_is_not() -> None:
    """Its matrices are turned: 64 numbers of the state stand in front of the gates."""
    stored = {"stored": True}
    inputs = [value(10, 2, 32), value(2, 32, 256, element_type="i8", **stored),
              value(2, 64, 256, element_type="i8", **stored), value(2, 512, **stored),
              None, None, None, None, value(2, **stored), value(2, element_type="i8", **stored),
              value(2, **stored), value(2, element_type="i8", **stored)]  # fmt: skip
    plain = [value(10, 2, 32), value(2, 256, 32, **stored), value(2, 256, 64, **stored),
             value(2, 512, **stored)]  # fmt: skip
    settings = {"hidden_size": 64, "direction": "bidirectional"}
    float_ = build("LSTM", plain, ["y", "h", "c"], domain="", **settings)
    for known in (settings, {"direction": "bidirectional"}):
        graph = build("DynamicQuantizeLSTM", inputs, ["y", "h", "c"], **known)
        assert [each.shape for each in types(graph)] == [each.shape for each in types(float_)]
        assert require(graph).compute == require(float_).compute
        assert require(graph).memory.parameter_bytes_by_element_type["i8"] == 2 * 96 * 256 + 4


def test_a_last_block_need_not_be_full() -> None:
    inputs = [value(1, 1, 176), value(64, 6, 16, element_type="u8", stored=True),
              value(64 * 6, stored=True)]  # fmt: skip
    graph = build("MatMulNBits", inputs, ["y"], K=176, N=64, bits=4, block_size=32)
    assert types(graph)[0].shape == (1, 1, 64)
    assert require(graph).compute.macs == 176 * 64
    assert graph.body.stored["x1"].type == TensorType("u4", (64, 192))


def test_a_weight_of_other_bytes_than_are_said_is_unknown() -> None:
    inputs = [value(1, 1, 176), value(64, 5, 16, element_type="u8", stored=True), value(320)]
    graph = build("MatMulNBits", inputs, ["y"], K=176, N=64, bits=4, block_size=32)
    assert [node.operation for node in graph.body.nodes] == ["unknown"]


def test_a_search_says_why_it_is_not_reckoned() -> None:
    graph = build("Sampling", [value(1, 4, element_type="i32"), value(1)], ["y"])
    assert graph.body.nodes[0].operation == "unknown"
    assert any("com.microsoft:Sampling is not reckoned" in told for told in graph.warnings)


@pytest.mark.parametrize(
    ("operation", "inputs", "attributes", "expected"),
    [
        ("Conv", [value(1, 8, 8, 3), value(4, 3, 3, 3)], {"pads": [1, 1, 1, 1]}, (1, 8, 8, 4)),
        ("MaxPool", [value(1, 8, 6, 3)], {"kernel_shape": [2, 2], "strides": [2, 2]}, (1, 4, 3, 3)),
        ("GlobalAveragePool", [value(1, 8, 6, 3)], {}, (1, 1, 1, 3)),
    ],
)
def test_channels_may_be_last(
    operation: str,
    inputs: list[dict[str, Any] | None],
    attributes: dict[str, Any],
    expected: tuple[int, ...],
) -> None:
    graph = build(operation, inputs, ["y"], None, "com.ms.internal.nhwc", **attributes)
    assert types(graph)[0].shape == expected


def test_blocks_that_a_machine_may_fill_differently_are_unknown() -> None:
    graph = build("ReorderInput", [value(1, 24, 8, 8)], ["y"], None, "com.microsoft.nchwc")
    assert [node.operation for node in graph.body.nodes] == ["unknown"]


EVERY = [
    *((MICROSOFT, name) for name in sorted(CONTRIB)),
    *(("com.microsoft.nchwc", name) for name in sorted(BLOCKED)),
    *(("com.ms.internal.nhwc", name) for name in sorted(CHANNELS_LAST)),
]
PLENTY: dict[str, Any] = {
    "num_heads": 3, "kv_num_heads": 2, "q_num_heads": 3, "k": 2, "K": 7, "N": 5, "groups": 2,
    "window": 4, "channels": 3, "kernel_shape": [2, 2], "block_size": 16, "to": 1, "do_rotary": 1,
    "past_present_share_buffer": 1, "activation_type": "swiglu", "activation": 1, "bits": 4,
}  # fmt: skip


@pytest.mark.wrong_operands
@pytest.mark.parametrize(("domain", "name"), EVERY, ids=[name for _, name in EVERY])
def test_no_operands_or_attributes_break_a_rule(domain: str, name: str) -> None:
    shapes = [(), (3,), (2, 3), (2, 3, 4), (2, 3, 4, 5), (2, 3, 4, 5, 6), (0, 0, 0), ("n", "m", 6)]
    for count in (0, 1, 3, 9):
        for shape in shapes:
            for attributes in ({}, PLENTY):
                inputs = [value(*shape) for _ in range(count)]
                with suppress(UnreadableModel):
                    require(build(name, list(inputs), ["y", "z", "w"], None, domain, **attributes))


# ---- caches that past and present share


def cache_inputs(length: int | str, **changed: Any) -> list[dict[str, Any] | None]:
    cache = value(1, 2, length, 8)
    return [value(1, 1, 32), value(1, 1, 16), value(1, 1, 16), cache, cache,
            value(1, element_type="i32"), value(1, element_type="i32")]  # fmt: skip


HEADS = {"num_heads": 4, "kv_num_heads": 2}


def test_a_cache_that_past_and_present_share_counts_once() -> None:
    stated: dict[str, list[int | str]] = {
        "y": [1, 1, 32], "k": [1, 2, 4096, 8], "v": [1, 2, 4096, 8]
    }  # fmt: skip
    graph = build("GroupQueryAttention", cache_inputs(4096), ["y", "k", "v"], stated, **HEADS)
    assert graph.body.aliased_outputs == {1: "x3", 2: "x4"}
    found = require(graph)
    one = 2 * 4096 * 8 * 4
    assert found.memory.aliased_bytes == 2 * one
    assert found.memory.output_bytes == 2 * one + 32 * 4
    assert found.memory.activation_peak_bytes < one
    assert found.compute.macs == 4 * 4096 * (8 + 8)


def test_of_a_cache_that_grows_no_more_is_shared_than_was_there() -> None:
    graph = build("GroupQueryAttention", cache_inputs(9), ["y", "k", "v"], **HEADS)
    found = require(graph)
    assert found.memory.aliased_bytes == 2 * (2 * 9 * 8 * 4)
    assert found.memory.output_bytes == 2 * (2 * 10 * 8 * 4) + 32 * 4
    empty = require(build("GroupQueryAttention", cache_inputs(0), ["y", "k", "v"], **HEADS))
    assert empty.memory.aliased_bytes == 0


def test_a_cache_that_is_joined_counts_twice() -> None:
    inputs = [value(1, 2, 9, 8), value(1, 2, 1, 8)]
    graph = build("Concat", inputs, ["y"], domain="", axis=2)
    assert graph.body.aliased_outputs == {}
    assert require(graph).memory.aliased_bytes == 0


def test_a_packed_cache_in_one_buffer_counts_once() -> None:
    inputs = [value(2, 1, 32), value(32, 96, stored=True), value(96, stored=True), None,
              value(2, 2, 4, 9, 8), None, value(1, element_type="i32")]  # fmt: skip
    for shares, length in ((1, 9), (0, 10)):
        graph = build(
            "Attention", inputs, ["y", "p"], num_heads=4, past_present_share_buffer=shares
        )
        assert types(graph)[1].shape == (2, 2, 4, length, 8)
        assert graph.body.aliased_outputs == ({1: "x4"} if shares else {})


def test_what_tensor_scatter_writes_into_counts_once() -> None:
    cache, new = ["k", TensorProto.FLOAT, [1, 2, 64, 8]], ["n", TensorProto.FLOAT, [1, 2, 1, 8]]
    inputs = [helper.make_tensor_value_info(*each) for each in (cache, new)]
    node = helper.make_node("TensorScatter", ["k", "n"], ["y"])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2, 64, 8])
    graph = helper.make_graph([node], "one", inputs, [result])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)])
    read = OnnxReader().read(Source("one", model.SerializeToString()))
    assert read.body.aliased_outputs == {0: "k"}
    assert require(read).memory.activation_peak_bytes == 0


def test_one_input_is_not_the_memory_of_two_outputs() -> None:
    inputs = [helper.make_tensor_value_info("k", TensorProto.FLOAT, [1, 2, 64, 8]),
              helper.make_tensor_value_info("n", TensorProto.FLOAT, [1, 2, 1, 8])]  # fmt: skip
    nodes = [helper.make_node("TensorScatter", ["k", "n"], [name]) for name in ("y", "z")]
    results = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 2, 64, 8]) for name in "yz"
    ]
    graph = helper.make_graph(nodes, "two", inputs, results)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)])
    read = OnnxReader().read(Source("two", model.SerializeToString()))
    assert read.body.aliased_outputs == {0: "k"}
