"""The tables of operations cover what ONNX defines and name what the analysis knows."""

from __future__ import annotations

from typing import Any

import onnx.defs
import pytest
from onnx import TensorProto, helper

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.domain.graph.work.workload import find_workload
from cyborg_rr.readers.dialects.onnx.translation.contrib import CONTRIB
from cyborg_rr.readers.dialects.onnx.translation.operations import (
    NEWEST_VERSION,
    OPERATIONS,
    UNMAPPED,
)
from cyborg_rr.readers.onnx.reader import OnnxReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.golden import all_nodes
from tests.readers.onnx.files import FILES, read

RUNTIME_ONLY = {"SimplifiedLayerNormalization"}
"""ONNX Runtime keeps this one in ONNX's own domain."""


def defined_operations() -> set[str]:
    """All names that the reference package knows in its own domain, of any version."""
    schemas = onnx.defs.get_all_schemas_with_history()
    return {
        schema.name
        for schema in schemas
        if not schema.domain and schema.since_version <= NEWEST_VERSION
    }


def test_every_onnx_operation_is_mapped_or_listed_as_unmapped() -> None:
    assert set(OPERATIONS) | UNMAPPED | {"Constant"} == defined_operations() | RUNTIME_ONLY
    assert not set(OPERATIONS) & UNMAPPED


def test_readers_use_only_canonical_operations_that_the_analysis_knows() -> None:
    used = {node.operation for path in FILES.values() for node in all_nodes(read(path).body)}
    assert len(used) > 50
    assert used <= set(REGISTRY)


def single(operation: str, opset: int, inputs: int = 1, **attributes: Any) -> bytes:
    """A model of one operation on 4-D tensors."""
    names = [f"x{index}" for index in range(inputs)]
    shape = [2, 3, 4, 5]
    graph = helper.make_graph(
        [helper.make_node(operation, names, ["y"], **attributes)],
        "single",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    return bytes(model.SerializeToString())


NEEDED: dict[str, dict[str, Any]] = {
    "AveragePool": {"kernel_shape": [2, 2]},
    "BitCast": {"to": TensorProto.INT32},
    "Concat": {"axis": 1},
    "ConcatFromSequence": {"axis": 1},
    "DepthToSpace": {"blocksize": 2},
    "Einsum": {"equation": "abcd,abcd,abcd->a"},
    "GroupNormalization": {"num_groups": 3},
    "LRN": {"size": 5},
    "LpPool": {"kernel_shape": [2, 2]},
    "MaxPool": {"kernel_shape": [2, 2]},
    "SpaceToDepth": {"blocksize": 2},
}
"""Attributes without which a node of the operation means nothing."""


@pytest.mark.parametrize("operation", sorted(NEEDED))
def test_a_file_that_lacks_what_onnx_requires_is_refused(operation: str) -> None:
    (lacking,) = NEEDED[operation]
    with pytest.raises(UnreadableModel, match=f"{operation}.*attribute '{lacking}' is missing"):
        OnnxReader().read(Source("x", single(operation, NEWEST_VERSION, 3)))


ELSEWHERE = {
    "If", "Loop", "Scan", "BitShift", "LinearAttention", "CausalConvWithState", "SequenceMap",
    "AffineGrid", "CenterCropPad", "Col2Im", "MaxUnpool", "MelWeightMatrix", "Multinomial", "STFT",
    "TfIdfVectorizer",
}  # fmt: skip
"""These need attributes or stored sizes, and other tests give them."""


@pytest.mark.wrong_operands
@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_rule_names_a_canonical_operation_or_refuses_what_it_lacks(operation: str) -> None:
    if operation in ELSEWHERE:
        return
    for opset in (1, 6, 10, 13, 18, NEWEST_VERSION):
        content = single(operation, opset, 3, **NEEDED.get(operation, {}))
        for node in OnnxReader().read(Source("x", content)).body.nodes:
            assert node.operation in REGISTRY, (operation, opset)
            assert node.operation != "unknown" or (operation, opset) == ("Tile", 1)


@pytest.mark.wrong_operands
@pytest.mark.parametrize(
    ("operation", "opset", "attributes", "expected"),
    [
        ("Softmax", 12, {}, {"flatten_axis": 1}),
        ("Softmax", 13, {}, {"axis": -1}),
        ("Squeeze", 12, {"axes": [1]}, {"axes": (1,)}),
        ("Squeeze", 13, {}, {}),
        ("Clip", 6, {"min": 0.0}, {"minimum": 0.0}),
        ("Clip", 11, {}, {}),
        ("Pad", 2, {"pads": [0, 1, 2, 3, 4, 5, 6, 7]},
         {"mode": "constant", "padding_low": (0, 1, 2, 3), "padding_high": (4, 5, 6, 7)}),
        ("Slice", 9, {"starts": [1], "ends": [2]}, {"starts": (1,), "ends": (2,)}),
        ("Slice", 10, {}, {}),
        ("Split", 12, {"split": [1, 1]}, {"axis": 0, "split": (1, 1), "num_outputs": 1}),
        ("Split", 18, {"num_outputs": 1}, {"axis": 0, "num_outputs": 1}),
        ("TopK", 1, {"k": 3}, {"k": 3, "axis": -1, "index_type": "i64"}),
        ("Cast", 1, {"to": "FLOAT16"}, {"element_type": "f16"}),
        ("Cast", 13, {"to": 16}, {"element_type": "bf16"}),
        ("Upsample", 7, {"scales": [1.0, 1.0, 2.0, 2.0]},
         {"mode": "nearest", "scales": (1.0, 1.0, 2.0, 2.0)}),
        ("ReduceMean", 13, {"axes": [2], "keepdims": 0},
         {"function": "mean", "axes": (2,), "keep_dimensions": False,
          "noop_with_empty_axes": False}),
        ("ReduceMean", 18, {"keepdims": 0},
         {"function": "mean", "keep_dimensions": False, "noop_with_empty_axes": False}),
        ("MaxPool", 12, {"kernel_shape": [3, 2], "pads": [1, 0, 2, 3], "strides": [2, 1]},
         {"function": "max", "kernel": (3, 2), "padding": (1, 2, 0, 3), "strides": (2, 1),
          "ceil_mode": False, "count_include_pad": False}),
        ("Conv", 11, {"auto_pad": "SAME_LOWER", "group": 3},
         {"auto_pad": "same_lower", "groups": 3}),
        ("RoiAlign", 16, {"output_height": 7, "output_width": 5, "sampling_ratio": 2},
         {"output_height": 7, "output_width": 5, "sampling_ratio": 2, "mode": "avg"}),
        ("RoiAlign", 16, {"mode": "max"},
         {"output_height": 1, "output_width": 1, "sampling_ratio": 0, "mode": "max"}),
        ("LpPool", 18, {"kernel_shape": [2, 2], "p": 3},
         {"function": "lp", "order": 3, "kernel": (2, 2), "ceil_mode": False,
          "count_include_pad": False}),
        ("GlobalLpPool", 2, {"p": 1}, {"function": "lp", "order": 1}),
        ("Attention", 23, {"scale": 0.5}, {"scale": 0.5, "is_causal": False}),
        ("ScatterElements", 18, {"axis": 1, "reduction": "add"}, {"axis": 1, "reduction": "add"}),
        ("ScatterElements", 11, {}, {"axis": 0}),
        ("ScatterND", 18, {"reduction": "mul"}, {"reduction": "mul"}),
        ("MeanVarianceNormalization", 13, {"axes": [-1]}, {"axes": (-1,)}),
        ("MeanVarianceNormalization", 9, {}, {}),
        ("Attention", 23, {"softcap": 50.0}, {"softcap": 50.0, "is_causal": False}),
        ("Attention", 24, {}, {"is_causal": False}),
        ("GridSample", 16, {"mode": "bicubic"}, {"mode": "cubic"}),
        ("GridSample", 20, {"mode": "nearest"}, {"mode": "nearest"}),
        ("GridSample", 22, {}, {"mode": "linear"}),
        ("LpNormalization", 1, {"axis": 1, "p": 1}, {"axis": 1, "order": 1}),
    ],
)  # fmt: skip
def test_attributes_are_translated_by_version(
    operation: str, opset: int, attributes: dict[str, Any], expected: dict[str, Any]
) -> None:
    graph = OnnxReader().read(Source("x", single(operation, opset, **attributes)))
    assert dict(graph.body.nodes[0].attributes) == expected


def test_an_operation_of_another_domain_is_unknown_under_its_full_name() -> None:
    node = helper.make_node("Warp", ["x"], ["y"], domain="com.example")
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([node], "g", [value], [])
    opsets = [helper.make_opsetid("com.example", 3)]
    read_back = OnnxReader().read(
        Source("g", helper.make_model(graph, opset_imports=opsets).SerializeToString())
    )
    assert read_back.body.nodes[0].operation == "unknown"
    assert read_back.body.nodes[0].native_name == "com.example:Warp"
    assert [(dialect.name, dialect.version) for dialect in read_back.ir.dialects] == [
        ("com.example", "3")
    ]


def test_a_grouped_attention_keeps_its_bias_and_its_cap() -> None:
    names = ["q", "k", "v", "past_k", "past_v", "lengths", "total", "", "", "", "bias"]
    node = helper.make_node(
        "GroupQueryAttention", names, ["y"], domain="com.microsoft", num_heads=4, kv_num_heads=2,
        softcap=50.0,
    )  # fmt: skip
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3, 8]) for name in names if name
    ]
    graph = helper.make_graph([node], "g", inputs, [])
    opsets = [helper.make_opsetid("com.microsoft", 1)]
    content = helper.make_model(graph, opset_imports=opsets).SerializeToString()
    (read_back,) = OnnxReader().read(Source("g", content)).body.nodes
    assert read_back.inputs == ("q", "k", "v", "bias", "past_k", "past_v", "lengths")
    assert read_back.attributes["softcap"] == 50.0


def test_the_contrib_table_and_the_test_file_go_together() -> None:
    used = {
        name.removeprefix("com.microsoft:").partition("/")[0]
        for name in (node.native_name for node in read(FILES["fused"]).body.nodes)
        if name.startswith("com.microsoft:")
    }
    assert used - set(CONTRIB) == {"SomethingElse"}


def test_a_constant_kept_in_another_file_is_told() -> None:
    tensor = TensorProto(data_type=1, dims=[2, 3], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="elsewhere")
    node = helper.make_node("Constant", [], ["c"], value=tensor)
    graph = helper.make_graph([node], "g", [], [])
    read_back = OnnxReader().read(Source("g", helper.make_model(graph).SerializeToString()))
    assert read_back.body.stored["c"].location == "external"
    assert read_back.warnings[0].startswith("1 weights (24 bytes) are stored outside this file")


def test_an_einsum_goes_from_left_to_right_as_in_onnx_runtime() -> None:
    shapes = {"a": (2, 30), "b": (30, 4), "c": (4, 50)}
    graph = helper.make_graph(
        [helper.make_node("Einsum", list(shapes), ["y"], equation="ab, bc, cd -> ad")],
        "einsum",
        [helper.make_tensor_value_info(*each) for each in
         ((name, TensorProto.FLOAT, shape) for name, shape in shapes.items())],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (2, 50))],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    typed = infer(OnnxReader().read(Source("m", bytes(model.SerializeToString()))))
    assert find_workload(typed).macs == 2 * 30 * 4 + 2 * 4 * 50
