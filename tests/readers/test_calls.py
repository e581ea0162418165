"""Functions that call one another: each is typed once, and counts as often as it is called."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.kit import calling
from cyborg_rr.readers.kit.calling import CallSizes
from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source
from tests.patience import ends_within
from tests.readers.formats.protobuf import nested, number

TENSOR = "tensor<4x4xf32>"


def onnx_node(field: int, operation: str, inputs: str, outputs: str, domain: str = "") -> bytes:
    names = [nested(1, name.encode()) for name in inputs.split()]
    names += [nested(2, name.encode()) for name in outputs.split()]
    return nested(
        field, b"".join(names) + nested(4, operation.encode()) + nested(7, domain.encode())
    )


def onnx_value(field: int, name: str, shape: tuple[int, ...]) -> bytes:
    sizes = b"".join(nested(1, number(1, size)) for size in shape)
    tensor = nested(2, nested(1, number(1, 1) + nested(2, sizes)))
    return nested(field, nested(1, name.encode()) + tensor)


def onnx_function(name: str, body: bytes) -> bytes:
    opsets = nested(9, nested(1, b"own") + number(2, 1)) + nested(9, number(2, 17))
    head = nested(1, name.encode()) + nested(4, b"a") + nested(5, b"b") + nested(10, b"own")
    return nested(25, head + body + opsets)


def onnx_model(functions: bytes, shape: tuple[int, ...] = (4, 4)) -> bytes:
    graph = onnx_node(1, "f0", "x", "y", "own") + onnx_value(11, "x", shape)
    graph += nested(12, nested(1, b"y"))
    opsets = nested(8, nested(1, b"own") + number(2, 1)) + nested(8, number(2, 17))
    return number(1, 8) + nested(7, graph) + opsets + functions


def make_onnx(depth: int) -> bytes:
    """``f0`` calls ``f1`` twice, ``f1`` calls ``f2`` twice, and so on."""
    functions = b""
    for level in range(depth - 1):
        callee = f"f{level + 1}"
        twice = onnx_node(7, callee, "a", "m", "own") + onnx_node(7, callee, "m", "b", "own")
        functions += onnx_function(f"f{level}", twice)
    last = onnx_node(7, "Relu", "a", "m") + onnx_node(7, "MatMul", "m m", "b")
    return onnx_model(functions + onnx_function(f"f{depth - 1}", last))


def make_stablehlo(depth: int) -> bytes:
    """The same in StableHLO."""
    of = f"({TENSOR}) -> {TENSOR}"
    text = f"func.func @main(%a: {TENSOR}) -> {TENSOR} {{\n %0 = call @f0(%a) : {of}\n"
    text += f" return %0 : {TENSOR}\n}}\n"
    for level in range(depth):
        text += f"func.func private @f{level}(%a: {TENSOR}) -> {TENSOR} {{\n"
        if level < depth - 1:
            text += f" %0 = func.call @f{level + 1}(%a) : {of}\n"
            text += f" %1 = func.call @f{level + 1}(%0) : {of}\n"
        else:
            text += f" %0 = stablehlo.negate %a : {TENSOR}\n"
            text += " %1 = stablehlo.dot_general %0, %0, contracting_dims = [1] x [0]"
            text += f" : ({TENSOR}, {TENSOR}) -> {TENSOR}\n"
        text += f" return %1 : {TENSOR}\n}}\n"
    return text.encode()


MAKERS: dict[str, Callable[[int], bytes]] = {"onnx": make_onnx, "stablehlo": make_stablehlo}
DEEPEST = {"onnx": 16, "stablehlo": 50}


def read(data: bytes) -> IRRequirement:
    return analyse(Source("calls", data), AnalysisOptions())


@pytest.mark.parametrize("family", MAKERS)
def test_calls_that_double_cost_what_the_file_is_long(family: str) -> None:
    depth = DEEPEST[family]
    data = MAKERS[family](depth)
    requirement = ends_within(200_000, lambda: read(data))
    assert requirement.compute.macs == 64 * 2 ** (depth - 1)
    counts = requirement.canonical_operations
    assert sum(
        counts[name] for name in ("matmul", "gemm", "dot_general") if name in counts
    ) == 2 ** (depth - 1)


@pytest.mark.parametrize("family", MAKERS)
def test_figures_are_the_same_whether_functions_are_written_out_or_called(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = MAKERS[family](8)
    written_out = read(data)
    assert "call" not in written_out.canonical_operations
    monkeypatch.setattr(calling, "MAX_WRITTEN_OUT", 0)
    monkeypatch.setattr(calling, "MAX_GROWTH", 1)
    monkeypatch.setattr(calling, "MAX_SMALL", 0)
    called = read(data)
    assert called.canonical_operations["call"] == 2**8 - 1
    assert called.compute == written_out.compute
    assert called.memory.activation_peak_bytes is not None
    assert written_out.memory.activation_peak_bytes is not None
    assert called.memory.activation_peak_bytes >= written_out.memory.activation_peak_bytes


def test_a_function_is_typed_anew_for_other_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "MAX_WRITTEN_OUT", 0)
    monkeypatch.setattr(calling, "MAX_GROWTH", 1)
    monkeypatch.setattr(calling, "MAX_SMALL", 0)
    twice = onnx_node(7, "f1", "a", "m", "own") + onnx_node(7, "Concat", "m m", "c")
    axis = nested(5, nested(1, b"axis") + number(3, 0) + number(20, 2))
    twice = onnx_node(7, "f1", "a", "m", "own") + nested(
        7, nested(1, b"m") * 2 + nested(2, b"c") + nested(4, b"Concat") + axis
    )
    twice += onnx_node(7, "f1", "c", "b", "own")
    square = onnx_node(7, "Transpose", "a", "t") + onnx_node(7, "MatMul", "a t", "b")
    requirement = read(onnx_model(onnx_function("f0", twice) + onnx_function("f1", square), (2, 2)))
    assert requirement.compute.macs == 2 * 2 * 2 + 4 * 2 * 4
    assert [output.shape for output in requirement.outputs] == [(4, 4)]


def test_functions_that_are_called_with_ever_new_shapes_are_refused_in_time() -> None:
    def grow(by: int) -> bytes:
        values = nested(5, nested(1, b"value_ints") + number(8, 0) + number(8, by) + number(20, 7))
        return nested(7, nested(2, b"p") + nested(4, b"Constant") + values)

    functions = b""
    for level in range(15):
        body = grow(2**level) + onnx_node(7, "Pad", "a p", "c")
        for place in range(16):  # more than is written out
            body += onnx_node(7, "Relu", "a", f"r{place}")
        callee = f"f{level + 1}"
        body += onnx_node(7, callee, "a", "d", "own") + onnx_node(7, callee, "c", "b", "own")
        functions += onnx_function(f"f{level}", body)
    functions += onnx_function("f15", onnx_node(7, "Relu", "a", "b"))
    with pytest.raises(UnreadableModel, match="out of proportion"):
        ends_within(4_000_000, lambda: read(onnx_model(functions, (3,))))


def test_a_global_that_called_functions_load_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("MAX_WRITTEN_OUT", "MAX_GROWTH", "MAX_SMALL"):
        monkeypatch.setattr(calling, limit, 0)
    of = f"({TENSOR}) -> {TENSOR}"
    function = (
        f"func.func private @f(%a: {TENSOR}) -> {TENSOR} {{\n"
        f" %w = ml_program.global_load @w : {TENSOR}\n"
        f" %0 = stablehlo.add %a, %w : {TENSOR}\n return %0 : {TENSOR}\n}}\n"
    )
    text = (
        f"ml_program.global private @w(dense<1.5> : {TENSOR}) : {TENSOR}\n"
        f"func.func @main(%a: {TENSOR}) -> {TENSOR} {{\n %0 = call @f(%a) : {of}\n"
        f" %1 = call @g(%0) : {of}\n return %1 : {TENSOR}\n}}\n{function}"
        f"{function.replace('@f', '@g')}"
    )
    requirement = read(text.encode())
    assert requirement.canonical_operations["call"] == 2
    assert requirement.memory.parameter_bytes == 64


def test_functions_are_written_out_while_the_whole_is_in_proportion() -> None:
    sizes: CallSizes[str] = CallSizes()
    sizes.add("leaf", calling.MAX_SMALL + 1, [])
    sizes.add("tiny", 1, [])
    sizes.add("few", 20, ["leaf"] * 10)
    assert sizes.list_called("few") == []
    sizes.add("main", 5_000, ["few", "tiny"] * 1_000)
    assert sizes.list_called("main") == ["leaf", "few"]
