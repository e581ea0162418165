"""What operations of MLIR's dialects mean: figures of one network are those of all its forms."""

from __future__ import annotations

import json

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.readers.golden import all_nodes
from tests.readers.mlir.files import DATA, FILES, analyse, analyse_text, function, read, read_text

TRUTH = json.loads((DATA.parent / "forms" / "truth.json").read_text())["encoder"]
ENCODERS = [name for name in FILES if name.startswith("encoder")]
CONVOLUTIONS = 104_312
"""Multiply-adds of the network in ``make.py``: PyTorch's FlopCounterMode, halved."""

SPREAD = 141_944
"""The same where a transposed convolution runs over zeros between elements, as linalg has it."""


@pytest.mark.parametrize("name", ENCODERS)
def test_the_encoder_asks_the_same_in_each_of_its_forms(name: str) -> None:
    requirement = analyse(name)
    assert requirement.compute.macs == TRUTH["macs"]
    assert requirement.reader.completeness == "full"


@pytest.mark.parametrize(
    ("form", "macs"),
    [("torch", CONVOLUTIONS), ("backend", CONVOLUTIONS), ("linalg", SPREAD),
     ("generalised", SPREAD), ("quoted", SPREAD)],
)  # fmt: skip
def test_convolutions_are_counted_in_each_of_their_forms(form: str, macs: int) -> None:
    requirement = analyse(f"convolutions_{form}.mlir")
    assert requirement.compute.macs == macs
    assert requirement.reader.completeness == "full"


def test_a_loop_whose_limits_are_stored_runs_as_often() -> None:
    assert analyse("counted.ttir").compute.macs == 4 * 64 * 64 * 32
    assert analyse("counted_sm90.ttgir").compute.macs == 4 * 64 * 64 * 32


def test_a_kernel_is_one_program_and_says_so() -> None:
    graph = read("matmul.ttir")
    assert "how many programs are started is not in the file" in graph.warnings[0]
    assert graph.body.inputs["program_id_y"] == TensorType("i32", ())
    assert graph.body.types[graph.body.outputs[0]] == TensorType("f16", (64, 64))


def test_named_operations_of_linalg_are_what_their_loops_are() -> None:
    requirement = analyse("documentation_linalg.mlir")
    assert requirement.compute.macs == 8 * 32 * 16 + 2 * 8 * 8 * 6 * 36 + 2 * 5 * 7 * 9


def test_a_destination_that_holds_something_is_added_to() -> None:
    operations = [node.operation for node in read("documentation_linalg.mlir").body.nodes]
    assert operations[:2] == ["matmul", "add"]


@pytest.mark.parametrize(
    ("body", "arguments", "operations"),
    [
        ("%0 = arith.cmpf ugt, %a, %a : tensor<4xf32>\nreturn %0 : tensor<4xi1>",
         "%a: tensor<4xf32>", ["compare"]),
        ('%0 = "arith.cmpi"(%a, %a) <{predicate = 2 : i64}> : (i32, i32) -> i1\nreturn %0 : i1',
         "%a: i32", ["compare"]),
        ("%0 = tosa.reduce_max %a axis(1) : (tensor<2x3xf32>) -> tensor<2x1xf32>\n"
         "return %0 : tensor<2x1xf32>", "%a: tensor<2x3xf32>", ["reduce"]),
        ("%0 = tensor.extract_slice %a[0, 1] [1, 2] [1, 1] : tensor<2x3xf32> to tensor<2xf32>\n"
         "return %0 : tensor<2xf32>", "%a: tensor<2x3xf32>", ["slice", "reshape"]),
        ("%0 = scf.while (%b = %a) : (i32) -> i32 {\n %c = arith.cmpi slt, %b, %b : i32\n"
         " scf.condition(%c) %b : i32\n} do {\n^bb0(%d: i32):\n %e = arith.addi %d, %d : i32\n"
         " scf.yield %e : i32\n}\nreturn %0 : i32", "%a: i32", ["while", "compare", "add"]),
        ("%0 = tosa.nonsense %a : (tensor<4xf32>) -> tensor<4xf32>\nreturn %0 : tensor<4xf32>",
         "%a: tensor<4xf32>", ["unknown"]),
    ],
)  # fmt: skip
def test_single_operations_become_these(body: str, arguments: str, operations: list[str]) -> None:
    graph = read_text(function(body, arguments, "-> (tensor<4xf32>)"))
    assert [node.operation for node in all_nodes(graph.body)] == operations


def test_an_unknown_operation_is_told_by_name() -> None:
    body = "%0 = tosa.nonsense %a : (tensor<4xf32>) -> tensor<4xf32>\nreturn %0 : tensor<4xf32>"
    graph = read_text(function(body, "%a: tensor<4xf32>"))
    assert graph.completeness == "partial"
    assert "the operation 'tosa.nonsense' (1 times) is not known" in graph.warnings


def test_open_dimensions_have_the_names_that_the_file_gives() -> None:
    graph = read("documentation_onnx.mlir")
    assert graph.body.inputs["image"].shape == ("batch", 1, 28, 28)


def test_an_operation_of_an_older_operator_set_is_read_by_that_set() -> None:
    text = FILES["documentation_onnx.mlir"].read_text().replace("tensor<?x", "tensor<2x")
    requirement = analyse_text(text)
    assert requirement.compute.macs == 2 * (28 * 28 * 8 * 9 + 8 * 10)
    names = {node.native_name for node in all_nodes(read_text(text).body)}
    assert {"onnx.ReduceMean", "onnx.If", "com.microsoft:QuickGelu"} <= names


def test_operators_of_an_importer_are_onnx_too() -> None:
    body = (
        '%none = torch.constant.none\n%0 = torch.operator "onnx.Conv"(%x, %w, %none) '
        "{torch.onnx.group = 1 : si64,"
        " torch.onnx.pads = [1 : si64, 1 : si64, 1 : si64, 1 : si64]} :"
        " (!torch.vtensor<[1,2,8,8],f32>, !torch.vtensor<[4,2,3,3],f32>, !torch.none) ->"
        " !torch.vtensor<[1,4,8,8],f32>\nreturn %0 : !torch.vtensor<[1,4,8,8],f32>"
    )
    arguments = "%x: !torch.vtensor<[1,2,8,8],f32>, %w: !torch.vtensor<[4,2,3,3],f32>"
    assert analyse_text(function(body, arguments)).compute.macs == 8 * 8 * 4 * 18


def test_what_onnx_nodes_are_called_tells_no_uses_apart() -> None:
    lines = [f'%{n + 1} = "onnx.Relu"(%{n}) {{onnx_node_name = "name{n}"}} : (tensor<4xf32>) ->'
             " tensor<4xf32>" for n in range(3)]  # fmt: skip
    body = "\n".join([*lines, "return %3 : tensor<4xf32>"])
    uses = analyse_text(function(body, "%0: tensor<4xf32>", "-> tensor<4xf32>")).uses
    assert [(use.name, use.count, use.attributes) for use in uses] == [("onnx.Relu", 3, {})]
