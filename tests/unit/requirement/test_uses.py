"""How a requirement tells the calls of native operations apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from onnx import TensorProto, helper

from cyborg_rr import codec
from cyborg_rr.domain.graph.graph import NativeCall, Node, TensorType
from cyborg_rr.domain.graph.operands import ABSENT, Operand, parse_operand, render_operand
from cyborg_rr.domain.graph.work.uses import MAX_OPERANDS
from cyborg_rr.domain.requirement.requirement import IRRequirement, OperationUse
from cyborg_rr.domain.requirement.uses import MAX_USES
from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source
from tests.unit.graph.building import GraphBuilder
from tests.unit.requirement.test_extraction import require

DATA = Path(__file__).parents[2] / "data"
SAMPLES = (
    "onnx/before_seven.onnx", "stablehlo/encoder.mlir", "hlo/assorted.hlo", "pt2/bag.pt2",
)  # fmt: skip


def analyse_nodes(
    nodes: list[object], inputs: dict[str, tuple[int, list[int]]], *stored: object
) -> IRRequirement:
    """What an ONNX model of these nodes asks for; its output is ``y``."""
    values = [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()]
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "g", values, [result], list(stored))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets)
    return analyse(Source("m.onnx", model.SerializeToString()), AnalysisOptions())


def weight(name: str, kind: int, *shape: int) -> object:
    """A stored tensor of zeros."""
    size = 1
    for each in shape:
        size *= each
    return helper.make_tensor(name, kind, shape, bytes(size * (1 if kind == 2 else 4)), raw=True)


def test_a_use_has_the_operands_of_the_file_in_their_order() -> None:
    nodes = [
        helper.make_node("QLinearConv", ["x", "s", "z", "w", "s", "z", "s", "z"], ["q"], group=1),
        helper.make_node("DequantizeLinear", ["q", "s"], ["y"]),
    ]
    kind = {"x": (TensorProto.UINT8, [1, 3, 8, 8])}
    scale, zero = weight("s", TensorProto.FLOAT), weight("z", TensorProto.UINT8)
    found = analyse_nodes(nodes, kind, scale, zero, weight("w", TensorProto.UINT8, 4, 3, 3, 3))
    first, second = found.uses
    scales = ("const f32[0]", "const u8[0]")
    assert first == OperationUse(
        "QLinearConv", 1, ("u8[4]", *scales, "const u8[4]", *scales, *scales), ("u8[4]",),
        {"group": 1}, found.compute.macs or 0,
    )  # fmt: skip
    assert first.macs > 0
    assert (second.name, second.inputs) == ("DequantizeLinear", ("u8[4]", "const f32[0]"))


def test_packed_weights_are_of_the_type_that_the_file_stores() -> None:
    node = helper.make_node(
        "MatMulNBits", ["x", "w", "s"], ["y"], domain="com.microsoft", K=64, N=8, bits=4,
        block_size=32,
    )  # fmt: skip
    packed, scales = weight("w", TensorProto.UINT8, 8, 2, 16), weight("s", TensorProto.FLOAT, 16)
    found = analyse_nodes([node], {"x": (TensorProto.FLOAT, [4, 64])}, packed, scales)
    assert found.uses[0].inputs == ("f32[2]", "const u8[3]", "const f32[1]")
    assert "u4" in found.element_types


@pytest.mark.parametrize("name", SAMPLES)
def test_the_uses_of_a_file_are_all_its_nodes_and_all_its_work(name: str) -> None:
    path = DATA / name
    found = analyse(Source(path.name, path.read_bytes()), AnalysisOptions())
    counted: dict[str, int] = {}
    for use in found.uses:
        if use.name != "func.call":  # where functions are called stands beside what they hold
            counted[use.name] = counted.get(use.name, 0) + use.count
    calls = {"func.call", "call", "fusion", "conditional/call", "while/call"}
    own = {n: c for n, c in found.operations.items() if "/" not in n and n not in calls}
    assert counted == own
    if found.compute.macs is not None:
        assert sum(use.macs for use in found.uses) == found.compute.macs
    assert codec.parse(IRRequirement, codec.render(found), "requirement") == found


MODULE = b"""module {
  func.func public @main(%a: tensor<2xf32>) -> tensor<2xf32> {
    %b = call @twice(%a) : (tensor<2xf32>) -> tensor<2xf32>
    %c = func.call @twice(%b) : (tensor<2xf32>) -> tensor<2xf32>
    return %c : tensor<2xf32>
  }
  func.func private @twice(%a: tensor<2xf32>) -> tensor<2xf32> {
    %b = call @sum(%a) : (tensor<2xf32>) -> tensor<2xf32>
    return %b : tensor<2xf32>
  }
  func.func private @sum(%a: tensor<2xf32>) -> tensor<2xf32> {
    %b = stablehlo.add %a, %a : tensor<2xf32>
    return %b : tensor<2xf32>
  }
}
"""


def test_where_functions_of_the_file_are_called_is_told_beside_what_they_hold() -> None:
    found = analyse(Source("m.mlir", MODULE), AnalysisOptions())
    assert [(use.name, use.count) for use in found.uses] == [("stablehlo.add", 2), ("func.call", 3)]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    twice = helper.make_function(
        "own", "Twice", ["x"], ["y"], [helper.make_node("Add", ["x", "x"], ["y"])], opsets[:1]
    )
    calls = [helper.make_node("Twice", [a], [b], domain="own") for a, b in ("xm", "my")]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy"]
    graph = helper.make_graph(calls, "g", values[:1], values[1:])
    model = helper.make_model(graph, functions=[twice], opset_imports=opsets)
    found = analyse(Source("m.onnx", model.SerializeToString()), AnalysisOptions())
    assert [(use.name, use.count) for use in found.uses] == [("Add", 2), ("function:call", 2)]


def test_what_follows_from_stored_values_is_constant() -> None:
    b = GraphBuilder()
    b.input("x", 2, 3)
    doubled = b.node("multiply", b.constant([1.0, 2.0, 3.0], "f32"), b.constant(2.0, "f32"))
    b.node("add", "x", b.node("convert", doubled, element_type="f32"), name="y")
    spell(b)
    uses = {use.name: use for use in require(b, "y").uses}
    assert uses["add"].inputs == ("f32[2]", "const f32[1]")
    assert uses["convert"].outputs == ("const f32[1]",)
    assert uses["add"].outputs == ("f32[2]",)


def test_a_block_without_native_calls_tells_of_none() -> None:
    b = GraphBuilder()
    b.node("relu", b.input("x", 2), name="y")
    assert require(b, "y").uses == ()
    spell(b)
    assert [use.name for use in require(b, "y").uses] == ["relu"]


def spell(b: GraphBuilder) -> None:
    """Let the file call each node's operation just as the graph does."""
    for node in b.nodes:
        node.native = NativeCall(node.inputs, node.outputs, node.attributes)


def call(name: str, attributes: dict[str, object], label: str = "") -> Node:
    """A node that calls an operation of the file's own with attributes."""
    native = NativeCall(("x",), ("y",), attributes)
    return Node("relu", name, ("x",), ("y",), {}, name=label, native=native)


def require_nodes(nodes: list[Node]) -> IRRequirement:
    """What a graph of these nodes in a row asks for."""
    b = GraphBuilder()
    value = b.input("x", 2)
    for index, node in enumerate(nodes):
        native = node.native
        made = f"v{index}"
        assert native is not None
        node.inputs, node.outputs = (value,), (made,)
        node.native = replace(native, inputs=(value,), outputs=(made,))
        b.nodes.append(node)
        value = made
    return require(b, value)


def test_attributes_that_no_document_holds_are_there_without_a_value() -> None:
    told = {"axis": 1, "mode": "linear", "pads": (1, 1), "alpha": 0.5, "on": True}
    untold = {
        "long": "x" * 65, "many": tuple(range(9)), "nan": float("nan"), "huge": 2**70,
        "weights": TensorType(None, ()), "nested": ((1,),),
    }  # fmt: skip
    found = require_nodes([call("Op", {**told, **untold, "none": None, "n" * 65: 1})])
    (use,) = found.uses
    assert use.attributes == {**told, **dict.fromkeys(untold)}


def test_too_many_ways_are_told_without_what_tells_them_apart() -> None:
    nodes = [call("Op", {"axis": index}) for index in range(MAX_USES + 1)]
    found = require_nodes(nodes)
    (use,) = found.uses
    assert use == OperationUse("Op", MAX_USES + 1, ("f32[?]",), ("f32[?]",), None)
    assert any(f"{MAX_USES + 1} different ways" in warning for warning in found.warnings)


def test_too_many_operations_are_not_told_at_all() -> None:
    found = require_nodes([call(f"Op{index}", {}) for index in range(MAX_USES + 1)])
    assert found.uses == ()
    assert any("different ways" in warning for warning in found.warnings)


def test_of_many_operands_those_alike_are_told_once() -> None:
    b = GraphBuilder()
    names = [b.input(f"x{index}", 2) for index in range(3 * MAX_OPERANDS)]
    b.node("concatenate", *names, b.constant([1.0], "f32"), axis=0, name="y")
    spell(b)
    (use,) = require(b, "y").uses
    assert use.inputs == ("f32[1]",) * MAX_OPERANDS + ("const f32[1]",)


def test_an_operand_is_read_as_it_was_written() -> None:
    for element_type in ("f32", "q4_K", None):
        for rank in (0, 4, 64, None):
            text = render_operand(element_type, rank)
            assert parse_operand(text) == Operand(element_type, rank)
            assert parse_operand(f"const {text}") == Operand(element_type, rank, is_constant=True)
    assert parse_operand("") == ABSENT
    for text in ("f32", "f32[", "f32[x]", "f32[99999]", "["):
        assert parse_operand(text).rank is None
