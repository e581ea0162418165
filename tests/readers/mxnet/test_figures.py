"""Figures of whole symbols: counted by hand, or as MXNet's own inference has them."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest

from cyborg_rr.domain.graph.graph import Shape, TensorType
from cyborg_rr.domain.graph.operations.checking import check_graph
from cyborg_rr.domain.requirement.extraction import extract
from tests.readers.mxnet.files import bind, count_parameters, read, result, var, write
from tests.readers.samples import DATA, Sample, list_samples

FOLDER = DATA / "mxnet"
ORACLE: dict[str, dict[str, Any]] = json.loads((FOLDER / "oracle" / "operations.json").read_bytes())
NOT_COUNTED = {"apool4"}
"""Operations that have no canonical counterpart."""

NUMPY_SHAPES = ((), (4,), (3, 4), (2, 3, 4), (5, 2, 3, 4))
"""Left sides; right ones have their last two dimensions the other way round."""

_LSTM = 5 * 2 * 2 * 4 * 4 * ((3 + 4) + (8 + 4))
COUNTED: list[tuple[str, dict[str, Shape], int, int]] = [
    # arguments and statistics as MXNet 1.9.1 infers them: 272474 + 1568, 19276638 + 20
    ("cifar_resnet20_v1-symbol", {"data": (1, 3, 32, 32)}, 40_813_184, 272_474 + 1_568),
    ("save_000800", {"data": (1, 150528)}, 128 * 150528 + 64 * 128 + 10 * 64, 19_276_638 + 20),
    ("attention-symbol", {"x": (5, 2, 16)}, 10 * 16 * (48 + 16) + 2 * 8 * 25 * 4, 1120),
    ("detector-symbol", {"data": (1, 3, 32, 32)}, 256 * (8 * 27 + (12 + 16) * 144), 4324),
    ("loops-symbol", {"x": (5, 2, 4), "h": (2, 4), "i": (1,)}, 5 * 2 * (2 * 4 * 4), 40),
    ("quantized-symbol", {"data": (1, 3, 10, 10)}, 64 * 8 * 27 + 128 * 10, 1514 + 8),
    ("fused-symbol", {"data": (1, 3, 10, 10)}, 64 * 8 * 27 + 128 * 10, 1514),
    ("speech-symbol", {"data": (5, 2, 3)}, _LSTM + 10 * 8 * 3, 763),
]


@pytest.mark.parametrize(("name", "inputs", "macs", "parameters"), COUNTED)
def test_figures_are_those_that_are_known(
    name: str, inputs: dict[str, Shape], macs: int, parameters: int
) -> None:
    typed = bind(read((FOLDER / f"{name}.json").read_bytes()), **inputs)
    found = extract(typed, name=name, sha256=None, size_bytes=0, reader_name="", bindings={})
    assert typed.unresolved == ()
    assert found.compute.macs == macs
    assert count_parameters(typed) == parameters


@pytest.mark.parametrize(
    ("operation", "shapes", "attributes", "shape", "macs"),
    [
        ("_linalg_syrk", [(5, 3, 4)], {}, (5, 3, 3), 5 * 3 * 3 * 4),
        ("linalg_syrk", [(5, 3, 4)], {"transpose": "True"}, (5, 4, 4), 5 * 4 * 4 * 3),
        ("_linalg_trmm", [(3, 3), (3, 4)], {}, (3, 4), 3 * 3 * 4),
        ("linalg_trmm", [(4, 4), (3, 4)], {"rightside": "1"}, (3, 4), 3 * 4 * 4),
        ("_sg_mkldnn_selfatt_qk", [(6, 2, 24)], {"heads": "4"}, (8, 6, 6), 8 * 6 * 6 * 2),
    ],
)
def test_products_under_any_name_are_counted(
    operation: str, shapes: list[Shape], attributes: dict[str, str], shape: Shape, macs: int
) -> None:
    inputs = {f"x{place}": each for place, each in enumerate(shapes)}
    nodes = [var(name) for name in inputs]
    made = (operation, "made", tuple(range(len(nodes))), attributes)
    typed = bind(read(write(*nodes, made)), **inputs)
    assert result(typed).shape == shape
    found = extract(typed, name="", sha256=None, size_bytes=0, reader_name="", bindings={})
    assert (found.compute.macs, found.unknown_operations) == (macs, {})


@pytest.mark.parametrize("left", NUMPY_SHAPES)
@pytest.mark.parametrize("right", NUMPY_SHAPES)
def test_numpy_dot_yields_what_numpy_does(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    turned = (*right[:-2], *right[-2:][::-1])  # both sum over four elements
    expected = numpy.dot(numpy.ones(left), numpy.ones(turned))
    graph = read(write(var("x"), var("y"), ("_np_dot", "made", (0, 1), {})))
    typed = bind(graph, x=left, y=turned)
    assert result(typed).shape == expected.shape
    found = extract(typed, name="", sha256=None, size_bytes=0, reader_name="", bindings={})
    summed = int(expected.sum()) if left and right else 0
    assert (found.compute.macs, found.unknown_operations) == (summed, {})


def test_whole_numbers_of_a_quantised_network_take_a_byte() -> None:
    typed = bind(read((FOLDER / "quantized-symbol.json").read_bytes()), data=(1, 3, 10, 10))
    assert typed.body.types["fc0_weight_quantize"] == TensorType("i8", (10, 128))
    assert typed.body.types["fc0_weight_quantize_min"] == TensorType("f32", (1,))


@pytest.mark.parametrize("name", ORACLE)
def test_shapes_and_parameters_are_those_that_mxnet_infers(name: str) -> None:
    case = ORACLE[name]
    graph = read(json.dumps(case["symbol"]).encode())
    inputs = {name: tuple(shape) for name, shape in case["inputs"].items()}
    assert set(graph.body.inputs) <= set(inputs)
    typed = bind(graph, **{name: inputs[name] for name in graph.body.inputs})
    shapes = [result(typed, place).shape for place in range(len(graph.body.outputs))]
    assert check_graph(graph) == []
    if name in NOT_COUNTED:
        assert shapes == [None]
        return
    assert shapes == [tuple(shape) for shape in case["outputs"]]
    assert count_parameters(typed) == case["parameters"]
    assert typed.unresolved == ()


@pytest.mark.parametrize("sample", list_samples("mxnet"), ids=lambda sample: sample.path.stem)
def test_samples_say_what_operations_declare(sample: Sample) -> None:
    graph = sample.read()
    assert check_graph(graph) == []
    assert all(node.operation != "unknown" for node in graph.body.nodes)
