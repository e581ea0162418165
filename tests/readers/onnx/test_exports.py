"""Real exports of PyTorch, held against what the reference package says of the same file."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest
from onnx import TensorProto, helper

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.onnx.reader import OnnxReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.onnx.files import FILES, load, read, stored_bytes

EXPORTS = sorted(name for name in FILES if name.startswith(("resnet50", "encoder", "decoder")))


def parameter_bytes(path: Path) -> int:
    """Bytes of the initializers, by the reference package's own element sizes.

    Shapes and indices are none: nobody learns them.
    """
    total = 0
    for tensor in load(path).graph.initializer:
        if tensor.data_type == TensorProto.INT64:
            continue
        element = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
        total += math.prod(tensor.dims) * element
    return total


def test_there_are_six_exports() -> None:
    assert len(EXPORTS) == 6


@pytest.mark.parametrize("name", EXPORTS)
def test_the_reader_recognises_an_export(name: str) -> None:
    content = FILES[name].read_bytes()
    assert OnnxReader().recognises(Source("model", content))


@pytest.mark.parametrize("name", EXPORTS)
def test_the_nodes_are_those_that_the_file_has(name: str) -> None:
    expected = Counter(
        node.op_type for node in load(FILES[name]).graph.node if node.op_type != "Constant"
    )
    assert Counter(node.native_name for node in read(FILES[name]).body.nodes) == expected


@pytest.mark.parametrize("name", EXPORTS)
def test_every_operation_of_an_export_has_a_canonical_one(name: str) -> None:
    assert not [node for node in read(FILES[name]).body.nodes if node.operation == "unknown"]


@pytest.mark.parametrize("name", EXPORTS)
def test_parameter_bytes_are_exact(name: str) -> None:
    assert stored_bytes(read(FILES[name]), "parameter") == parameter_bytes(FILES[name])


@pytest.mark.parametrize("name", EXPORTS)
def test_weights_outside_the_file_are_named_with_count_and_bytes(name: str) -> None:
    outside = [
        tensor
        for tensor in load(FILES[name]).graph.initializer
        if tensor.data_location == TensorProto.EXTERNAL
    ]
    size = sum(
        int(entry.value) for t in outside for entry in t.external_data if entry.key == "length"
    )
    graph = read(FILES[name])
    assert (
        f"{len(outside)} weights ({size} bytes) are stored outside this file" in graph.warnings[0]
    )
    external = [t for t in graph.body.stored.values() if t.location == "external"]
    assert len(external) == len(outside)


def test_the_shipped_model_is_resnet50_with_an_open_batch() -> None:
    graph = read(FILES["resnet50"])
    assert graph.body.inputs == {"image": TensorType("f32", ("batch", 3, 224, 224))}
    assert stored_bytes(graph, "parameter") == 102_015_648
    assert Counter(node.operation for node in graph.body.nodes)["convolution"] == 53
    assert graph.ir.family == "onnx"
    assert [(dialect.name, dialect.version) for dialect in graph.ir.dialects] == [("ai.onnx", "20")]
    assert FILES["resnet50"].stat().st_size < 150_000
