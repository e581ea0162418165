"""Coverage tables from published lists: made anew from what stands in tools, and what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.graph.operands import parse_operand
from cyborg_rr.domain.representation.coverage.calls import Call
from cyborg_rr.domain.representation.coverage.table import Taken

ROOT = Path(__file__).parents[3]
TOOL = ROOT / "tools" / "coverage" / "listed.py"
PAGES = sorted(page.stem for page in (TOOL.parent / "published").glob("*.yaml"))
SHIPPED = ROOT / "cyborg_rr" / "catalogue" / "coverage"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def judge(catalogue: Catalogue, name: str, text: str, **attributes: object) -> Taken:
    """Of a call as ``set:Operation in0 in1 > out0``, in types with ranks."""
    table = catalogue.find_coverage(name)
    assert table is not None
    head, _, outputs = text.partition(" > ")
    native, *inputs = head.split(" ")
    dialect, _, operation = native.partition(":")
    operands = [parse_operand(each.replace("=", "const ")) for each in inputs]
    results = [parse_operand(each) for each in outputs.split()]
    call = Call(dialect, operation, 17, tuple(operands), tuple(results), attributes)
    return table.judge(call, "sm_87")


def test_the_shipped_tables_are_what_the_published_lists_make(tmp_path: Path) -> None:
    subprocess.run([sys.executable, TOOL, *PAGES, tmp_path], check=True)
    made = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert len(made) >= len(PAGES) > 8
    assert made == {name: (SHIPPED / name).read_text() for name in made}


@pytest.mark.parametrize(
    ("table", "call", "attributes", "where"),
    [
        ("cann-onnx", "ai.onnx:LayerNormalization bf16[3]", {}, "device"),
        ("cann-onnx-first", "ai.onnx:LayerNormalization bf16[3]", {}, "otherwise"),
        ("cann-onnx", "ai.onnx:Loop i64[0]", {}, "otherwise"),
        ("cann-onnx", "ai.onnx:ConvInteger u8[4] u8[4]", {}, "otherwise"),
        ("edgetpu", "tflite:CONV_2D i8[4] =i8[4] =i32[1] > i8[4]", {}, "device"),
        ("edgetpu", "tflite:CONV_2D f32[4] =f32[4] =f32[1] > f32[4]", {}, "otherwise"),
        ("edgetpu", "tflite:MAX_POOL_2D i8[4] > i8[4]", {"fused": 1}, "otherwise"),
        ("edgetpu", "tflite:FLOOR_MOD i8[4] i8[4] > i8[4]", {}, "otherwise"),
        ("tflite-gpu", "tflite:CONV_2D f16[4] f16[4] f16[1] > f16[4]", {}, "device"),
        ("tflite-gpu", "tflite:GELU f32[4] > f32[4]", {}, "unknown"),
        ("tflite-hexagon", "tflite:CONV_2D u8[4] u8[4] > u8[4]", {"stride_w": 4, "stride_h": 1},
         "otherwise"),
        ("tensorrt-older", "ai.onnx:MatMul bf16[2] bf16[2] > bf16[2]", {}, "otherwise"),
        ("tensorrt-older", "ai.onnx:LayerNormalization f16[2] > f16[2]", {}, "unknown"),
        ("tensorrt-jetpack", "ai.onnx:LayerNormalization f16[2] > f16[2]", {}, "device"),
        ("tensorrt-jetpack", "ai.onnx:MatMul bf16[2] bf16[2] > bf16[2]", {}, "device"),
        ("tensorrt-jetpack", "ai.onnx:QLinearConv u8[4]", {}, "otherwise"),
        ("tensorrt-jetpack", "ai.onnx:MaxPool f16[3] > f16[3]", {}, "otherwise"),
        ("tt-xla", "stablehlo:dot_general bf16[2] bf16[2] > bf16[2]", {}, "device"),
        ("tt-xla", "stablehlo:cholesky f32[2] > f32[2]", {}, "otherwise"),
        ("tt-xla", "stablehlo:add f64[2] f64[2] > f64[2]", {}, "otherwise"),
        ("vitis-ai", "ai.onnx:Conv f32[5] =f32[5] > f32[5]", {}, "otherwise"),
        ("vitis-ai", "ai.onnx:Softmax f32[2] > f32[2]", {}, "otherwise"),
        ("onnxruntime-qnn", "ai.onnx:Loop i64[0] > f32[1]", {}, "otherwise"),
        ("coremltools", "aten:linear f16[2] =f16[2] > f16[2]", {}, "device"),
        ("coremltools", "aten:linear bf16[2] =bf16[2] > bf16[2]", {}, "otherwise"),
        ("coremltools", "aten:median.dim f32[2] > f32[1]", {}, "otherwise"),
        ("coremltools", "operator:ge > i1[0]", {}, "unknown"),
        ("furiosa-warboy", "ai.onnx:Resize f32[4] > f32[4]", {"mode": "cubic"}, "otherwise"),
        ("onnxruntime-coreml", "ai.onnx:Conv f32[5] =f32[5] > f32[5]", {}, "otherwise"),
        ("onnxruntime-coreml", "ai.onnx:Conv f32[4] =f32[4] > f32[4]", {}, "device"),
        ("onnxruntime-nnapi", "ai.onnx:Gather f32[2] i64[1] > f32[2]", {}, "otherwise"),
        ("onnxruntime-nnapi", "ai.onnx:Gather f32[2] =i64[1] > f32[2]", {}, "device"),
    ],
)  # fmt: skip
def test_a_published_list_says_what_runs(
    catalogue: Catalogue, table: str, call: str, attributes: dict[str, object], where: str
) -> None:
    assert judge(catalogue, table, call, **attributes).where == where


@pytest.mark.parametrize(
    ("table", "call", "limit"),
    [
        ("cann-onnx", "ai.onnx:QuantizeLinear f32[4] =f32[0] =i8[0] > i8[4]", "convert_qat_model"),
        ("edgetpu", "tflite:QUANTIZE f32[4] > i8[4]", "at the edge of the model"),
        ("tflite-gpu", "tflite:ADD i8[4] i8[4] > i8[4]", "computes in floats"),
        ("tensorrt-older", "ai.onnx:DequantizeLinear i8[4] > f32[4]", "zero points of 0"),
        ("vitis-ai", "ai.onnx:Conv f32[4] =f32[4] > f32[4]", "16 by 16"),
        ("onnxruntime-qnn", "ai.onnx:Conv u8[4] =u8[4] > u8[4]", "QNN library"),
    ],
)
def test_a_limit_that_no_file_shows_is_said(
    catalogue: Catalogue, table: str, call: str, limit: str
) -> None:
    found = judge(catalogue, table, call)
    assert found.where == "device"
    assert limit in found.limit
