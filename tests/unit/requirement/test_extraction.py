"""What the requirement says of a graph, and what it says where it cannot know."""

from collections.abc import Sequence
from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import (
    Block,
    Completeness,
    Dialect,
    Graph,
    IRIdentity,
    MemoryPlan,
    Node,
    StoredTensor,
    Target,
    TensorType,
)
from cyborg_rr.domain.graph.inference.bindings import NO_BINDINGS, Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import IRRequirement
from tests.unit.graph.building import GraphBuilder


def require(
    builder: GraphBuilder,
    *outputs: str,
    bindings: Bindings = NO_BINDINGS,
    example: Sequence[str] = (),
    **graph: Any,
) -> IRRequirement:
    body = builder.block(*outputs)
    identity = IRIdentity("onnx", "10", "protobuf", "torch", "2.9", (Dialect("ai.onnx", "17"),))
    typed = infer(Graph(identity, "model", body, **graph), bindings)
    return extract(
        typed,
        name="model.onnx",
        sha256=None,
        size_bytes=77,
        reader_name="onnx",
        bindings={"batch": bindings.batch, "inputs": {"x": ("f32", (1, 2))}},
        example=example,
    )


def perceptron(batch: int | str = 2) -> GraphBuilder:
    b = GraphBuilder()
    b.input("x", batch, 8)
    hidden = b.node("relu", b.node("gemm", "x", b.parameter(8, 16), b.parameter(16)))
    b.node("gemm", hidden, b.parameter(16, 4, element_type="f16"), name="y")
    b.node("multiply", "y", b.constant([1.0, 2.0, 3.0, 4.0], "f32"), name="out")
    return b


def test_a_small_network_in_full() -> None:
    found = require(perceptron(), "out")
    assert found.memory.parameter_bytes == 4 * (128 + 16) + 2 * 64
    assert found.memory.parameter_bytes_by_element_type == {"f32": 576, "f16": 128}
    assert found.memory.constant_bytes == 16
    assert (found.memory.input_bytes, found.memory.output_bytes) == (64, 32)
    assert found.memory.activation_peak_bytes == 2 * 4 * 32
    assert found.memory.activation_peak_by_element_type == {"f32": 256}
    assert found.compute.macs == 2 * 128 + 2 * 64
    assert found.compute.flops == 2 * found.compute.macs
    assert found.compute.flops_by_element_type == {"f32": found.compute.flops}
    assert found.compute.flops_other == 32 + 32 + 8
    assert found.operations == {"gemm": 2, "multiply": 1, "relu": 1}
    assert found.element_types == ("f16", "f32")
    assert found.unknown_operations == {}
    assert found.warnings == ()
    assert not found.dynamic
    assert found.ir.dialects == (Dialect("ai.onnx", "17"),)
    assert found.bindings == {"batch": None, "inputs": {"x": ("f32", (1, 2))}}
    assert sum(item.macs * item.count for item in found.work) == found.compute.macs
    assert sum(item.parameter_bytes * item.count for item in found.work) == 704


def test_a_plan_in_the_file_stands_for_the_peak_at_the_shapes_of_the_file() -> None:
    plan = MemoryPlan(1000, "buffer_assignment")
    found = require(perceptron(), "out", memory_plan=plan).memory
    assert (found.activation_peak_bytes, found.activation_peak_method) == (1000, plan.source)
    assert found.activation_peak_by_element_type == {}
    other = require(perceptron(), "out", memory_plan=plan, bindings=Bindings(batch=4)).memory
    assert (other.activation_peak_bytes, other.activation_peak_method) == (512, None)


def test_missing_shapes_take_away_what_needs_them_and_say_how_to_bind() -> None:
    found = require(perceptron("n"), "out")
    assert found.memory.parameter_bytes == 704
    assert found.memory.input_bytes is None
    assert found.memory.output_bytes is None
    assert found.memory.activation_peak_bytes is None
    assert found.compute.macs is None
    assert found.compute.flops_by_element_type == {}
    assert found.work == ()
    assert found.dynamic
    assert found.symbols == ("n",)
    (warning,) = found.warnings
    assert "leaves the dimension 'n' open" in warning
    (warning,) = require(perceptron("n"), "out", example=["n=1"]).warnings
    assert warning.endswith("open: x (n x 8). Give them: --input n=1")


def test_a_bound_model_still_says_that_its_file_is_dynamic() -> None:
    found = require(perceptron("n"), "out", bindings=Bindings(batch=2))
    assert found.dynamic
    assert found.symbols == ("n",)
    assert found.compute.macs == 384
    assert found.inputs[0].shape == (2, 8)


def test_all_that_is_open_is_named_with_the_options_that_a_shell_takes() -> None:
    b = GraphBuilder()
    b.input("ids", "batch", "length")
    b.node("relu", "ids", name="y")
    (warning,) = require(b, "y", example=["batch=1", "a b=2"]).warnings
    assert "open: ids (batch x length)." in warning
    assert warning.endswith("--input batch=1 --input 'a b=2'")


def test_data_dependent_sizes_name_their_node() -> None:
    b = GraphBuilder()
    b.input("x", 4)
    b.node("non_zero", "x", name="found")
    b.node("relu", "found", name="y")
    found = require(b, "y")
    (warning,) = found.warnings
    assert "node 'found' (non_zero) yields at most 4" in warning
    assert (found.memory.output_bytes, found.memory.at_most["output_bytes"]) == (32, 0)


def test_unknown_operations_make_work_a_lower_bound() -> None:
    b = perceptron()
    b.node("custom_call", "out", name="a", target="vendor.magic")
    b.nodes.append(Node("unknown", "Strange", ("a",), ("z",)))
    b.types = {"a": TensorType("f32", (2, 4)), "z": TensorType("f32", (2, 4))}
    found = require(b, "z")
    assert found.unknown_operations == {"Strange": 1, "vendor.magic": 1}
    assert found.compute.macs == 384
    assert any("2 operations have no rule" in w and "lower bound" in w for w in found.warnings)


def test_work_is_not_called_a_lower_bound_and_an_upper_one_at_once() -> None:
    b = GraphBuilder()
    b.input("x", 4)
    b.node("non_zero", "x", name="found")
    b.node("relu", "found", name="y")
    b.nodes.append(Node("unknown", "Strange", ("x",), ("z",)))
    b.types = {"z": TensorType("f32", (4,))}
    found = require(b, "z")
    assert found.compute.at_most
    assert any(w.endswith("(Strange); work is said without theirs") for w in found.warnings)
    assert any("work are at most" in w for w in found.warnings)
    assert not any("lower bound" in w for w in found.warnings)


def test_an_unknown_operation_without_a_type_is_blamed_for_what_follows() -> None:
    b = perceptron()
    b.nodes.append(Node("unknown", "Strange", ("out",), ("z",), name="odd"))
    b.node("relu", "z", name="end")
    found = require(b, "end")
    assert found.compute.macs is None
    assert any("node 'odd' (Strange): nothing says what it yields" in w for w in found.warnings)


def test_stored_tensors_of_inner_blocks_count_once() -> None:
    weights = {"w": StoredTensor(TensorType("f32", (4, 4)), "parameter", "external")}
    matmul = Node("matmul", "MatMul", ("x", "w"), ("h",))
    heavy = Block({}, ("h",), (matmul,), weights)
    light = Block({}, ("l",), (Node("relu", "Relu", ("x",), ("l",)),))
    b = GraphBuilder()
    b.input("x", 4, 4)
    b.inputs["p"] = TensorType("i1", ())
    b.node("if", "p", name="a", blocks=(heavy, light))
    b.node("if", "p", name="y", blocks=(light, heavy))
    found = require(b, "y")
    assert found.memory.parameter_bytes == 64
    assert found.memory.parameters == "external"
    assert found.control_flow == {"if": 2}


def test_a_branch_that_never_runs_is_loaded_but_not_run() -> None:
    weights = {"w": StoredTensor(TensorType("f32", (4, 4)), "parameter")}
    matmul = Node("matmul", "MatMul", ("x", "w"), ("h",))
    heavy = Block({}, ("h",), (matmul,), weights)
    light = Block({}, ("l",), (Node("relu", "Relu", ("x",), ("l",)),))
    b = GraphBuilder()
    b.input("x", 4, 4)
    b.node("if", b.constant(0, "i1"), name="y", blocks=(heavy, light))
    found = require(b, "y")
    assert found.memory.parameter_bytes == 64
    assert found.compute.macs == 0
    assert found.operations == {"MatMul": 1, "Relu": 1, "if": 1}


def test_collectives_count_their_executions() -> None:
    body = GraphBuilder()
    body.inputs = {"v": TensorType("f32", (8,))}
    body.node("all_reduce", "v", name="s", group_size=4)
    b = GraphBuilder()
    b.input("x", 8)
    empty = Block({"v": TensorType("f32", (8,))}, (), ())
    b.node("while", "x", name="y", trip_count=6, blocks=(empty, body.block("s")))
    found = require(b, "y", partitions=4, replicas=2)
    assert found.collectives == {"all_reduce": 6}
    assert (found.partitions, found.replicas) == (4, 2)


@pytest.mark.parametrize("completeness", ["partial", "header"])
def test_completeness_is_that_of_the_reader(completeness: Completeness) -> None:
    found = require(perceptron(), "out", completeness=completeness)
    assert found.reader.completeness == completeness
    assert (found.compute.macs is None) == (completeness == "header")
    assert "lower bounds" in found.warnings[0] or "only the file's header" in found.warnings[0]


def test_targets_and_warnings_of_the_file_are_handed_on() -> None:
    found = require(
        perceptron(), "out", targets=(Target("arch", "sm_90a"),), warnings=("weights are missing",)
    )
    assert found.targets == (Target("arch", "sm_90a"),)
    assert found.warnings == ("weights are missing",)


def test_warnings_are_bounded() -> None:
    found = require(perceptron(), "out", warnings=tuple(f"{i} " + "w" * 5000 for i in range(500)))
    assert len(found.warnings) == 101
    assert found.warnings[-1] == "400 more warnings are left out"
    assert max(map(len, found.warnings)) == 1000


def test_names_too_long_for_a_document_are_refused() -> None:
    b = GraphBuilder()
    b.nodes = [Node("unknown", "N" * 5000, (), ("y",))]
    b.types = {"y": TensorType("f32", ())}
    with pytest.raises(UnreadableModel, match="too large"):
        require(b, "y")
