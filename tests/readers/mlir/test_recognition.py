"""Which texts of MLIR the reader claims, and what becomes of those that it does not read."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Target
from cyborg_rr.readers.mlir.reader import MlirReader
from cyborg_rr.readers.reading.detection import find_reader
from cyborg_rr.readers.reading.source import Source
from tests.readers.mlir.files import FILES, function, read, read_text

T = "tensor<4xf32>"
ADD = f"  %0 = tosa.add %a, %a : ({T}, {T}) -> {T}\n"
HLO = f"  %1 = stablehlo.add %a, %a : {T}\n"
BUFFERS = "  %0 = memref.alloc() : memref<4xf32>\n" * 3


@pytest.mark.parametrize("name", FILES)
def test_every_sample_is_read_by_this_reader_alone(name: str) -> None:
    source = Source(name, FILES[name].read_bytes())
    assert find_reader(source).family == "mlir"


@pytest.mark.parametrize(
    ("text", "family"),
    [
        (function(ADD, f"%a: {T}"), "mlir"),
        (function(HLO, f"%a: {T}"), "stablehlo"),
        (function(ADD + ADD + HLO, f"%a: {T}"), "mlir"),
        (function(ADD + HLO + HLO, f"%a: {T}"), "stablehlo"),
        (function(HLO.replace("stablehlo", "mhlo"), f"%a: {T}"), "stablehlo"),
        (function("  %0 = arith.addf %a, %a : f32", "%a: f32"), "mlir"),
        (function("  return"), "stablehlo"),
        ('"builtin.module"() ({\n  %0 = "onnx.Relu"(%x) : () -> ()', "mlir"),
        ("#map = affine_map<(d0) -> (d0)>\nmodule {\n  %0 = linalg.generic {", "mlir"),
        ("module {\n  tt.func @k() {\n    tt.return\n", "mlir"),
    ],
)
def test_the_family_of_most_operations_reads_a_module(text: str, family: str) -> None:
    assert find_reader(Source("text", text.encode())).family == family


@pytest.mark.parametrize(
    "text",
    ["", "# tosa.add\n", "module\0 tosa.add", 'import tosa\n%0 = "tosa.add"', '{"a": "tosa.add"}'],
)
def test_other_texts_are_left_alone(text: str) -> None:
    assert not MlirReader().recognises(Source("text", text.encode()))


def test_what_was_lowered_for_a_machine_is_refused_by_what_it_is() -> None:
    text = "module {\n  llvm.func @f() {\n    llvm.return\n  }\n}\n"
    with pytest.raises(UnreadableModel, match="MLIR that was lowered for one machine"):
        find_reader(Source("text", text.encode()))


def test_operations_on_buffers_are_refused_with_what_to_give() -> None:
    text = function(BUFFERS + "  linalg.fill ins(%a : f32) outs(%0 : memref<4xf32>)", "%a: f32")
    with pytest.raises(UnreadableModel, match="give it as it was before bufferization"):
        read_text(text)


def test_a_kernel_for_a_gpu_demands_it_and_one_before_that_does_not() -> None:
    assert read("add_sm90.ttgir").targets == (Target("arch", "sm_90"),)
    assert read("add.ttir").targets == ()


def test_of_several_functions_one_is_read_and_the_rest_is_told() -> None:
    graph = read("iree_softmax.mlir")
    assert [node.operation for node in graph.body.nodes] == ["softmax"]
    assert "2 functions that nothing calls" in graph.warnings[0]
