"""Shapes and work that follow from what the reader says, against independent counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.inference.typed import TypedGraph
from cyborg_rr.domain.graph.work.workload import find_workload
from tests.readers.onnx.files import FILES, read
from tests.readers.onnx.shapes import reference_types

SIZES = {
    "resnet50": {"batch": 1},
    "resnet50_torchscript": {"batch": 3},
    "encoder_dynamo": {"batch": 1, "sequence": 128},
    "encoder_torchscript": {"batch": 2, "sequence": 96},
    "decoder_dynamo": {"batch": 2, "sequence": 64},
    "decoder_torchscript": {"batch": 1, "sequence": 33},
    "before_seven": {},
    "branches": {"n": 3},
    "cnn": {"batch": 2},
    "constants": {},
    "loops": {"t": 4},
    "quantized": {"n": 3},
}


def typed(name: str, sizes: dict[str, int]) -> TypedGraph:
    """The file with its symbols bound and none of the types that it states for results."""
    graph = read(FILES[name])
    return infer(replace(graph, body=replace(graph.body, types={})), Bindings(symbols=sizes))


@pytest.mark.parametrize("name", sorted(SIZES))
def test_every_shape_is_the_one_that_onnx_infers(name: str) -> None:
    ours = typed(name, SIZES[name])
    known = {
        value: found
        for value, found in reference_types(FILES[name], SIZES[name]).items()
        if found.shape is not None and "?" not in found.shape
    }
    assert known
    assert {value: ours.types[value] for value in known} == known
    assert ours.unresolved == ()


@pytest.mark.parametrize(
    ("name", "sizes", "macs"),
    [  # the figures are torch.utils.flop_counter's, halved; export.py prints them
        ("resnet50", {"batch": 2}, 8_178_368_512),
        ("resnet50_torchscript", {"batch": 2}, 8_178_368_512),
        ("encoder_dynamo", {"batch": 2, "sequence": 128}, 22_348_431_360),
        ("encoder_torchscript", {"batch": 2, "sequence": 128}, 22_348_431_360),
        ("decoder_dynamo", {"batch": 2, "sequence": 64}, 1_459_617_792),
        ("decoder_torchscript", {"batch": 2, "sequence": 64}, 1_459_617_792),
    ],
)
def test_multiply_adds_are_those_that_torch_counts(
    name: str, sizes: dict[str, int], macs: int
) -> None:
    assert find_workload(typed(name, sizes)).macs == macs


def test_fused_operations_keep_their_shapes() -> None:
    types = typed("fused", {"batch": 2}).types
    for name in ("x", "a", "n", "sum", "o", "r", "m", "t", "q"):
        assert types[name] == TensorType("f32", (2, 6, 32)), name
    assert types["lengths"] == TensorType("i32", (2,))
    assert types["quick"] == TensorType("f32", (2, 6, 64))
    assert types["y"] == TensorType("f32", (2, 6, 16))
    assert types["like"] == TensorType("i32", (2, 6, 16))


def test_packed_weights_are_restated_as_what_they_hold() -> None:
    stored = read(FILES["fused"]).body.stored["w4"]
    assert stored.type == TensorType("u4", (16, 32))
    assert stored.type.byte_size == 256


def test_a_function_hands_its_inputs_and_attributes_through() -> None:
    types = typed("functions", {}).types
    assert types["y"] == TensorType("f32", (2, 8))
    leaky = [n for n in read(FILES["functions"]).body.nodes if n.native_name == "LeakyRelu"]
    assert [node.attributes["alpha"] for node in leaky] == [0.5, 0.25]


def test_weights_that_a_constant_of_shape_makes_count_as_parameters() -> None:
    stored = read(FILES["light"]).body.stored
    assert stored["w"].type == TensorType("f32", (16, 4, 3, 3))
    assert (stored["w"].kind, stored["w"].splat, stored["w"].values) == ("parameter", True, (0.5,))
    assert stored["w2"].kind == "parameter"
    assert stored["k"].kind == "constant"
    assert typed("light", {}).types["y"] == TensorType("f32", (1, 8, 6, 6))
