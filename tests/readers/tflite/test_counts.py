"""Networks whose multiply-adds and parameters were counted by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.checking import check_graph
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import IRRequirement
from tests.readers.samples import DATA, Sample, list_samples
from tests.readers.tflite.networks import IMAGE_MACS, IMAGE_PARAMETER_BYTES

# An autoencoder 640-128-128-128-128-8-128-128-128-128-640, with biases of 32 bits.
WIDTHS = (640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640)
DETECTOR_MACS = sum(a * b for a, b in pairwise(WIDTHS))
DETECTOR_PARAMETER_BYTES = DETECTOR_MACS + 4 * sum(WIDTHS[1:])

COUNTED = [
    ("ad01_int8", 1, DETECTOR_MACS, DETECTOR_PARAMETER_BYTES),
    ("ad01_int8", 7, 7 * DETECTOR_MACS, DETECTOR_PARAMETER_BYTES),
    ("leaky_relu22", 1, 0, 0),
    ("images", 1, IMAGE_MACS, IMAGE_PARAMETER_BYTES),
    ("images", 3, 3 * IMAGE_MACS, IMAGE_PARAMETER_BYTES),
    ("control", None, 2 * 16, 64),
]


def read(name: str) -> Graph:
    """The graph of a sample."""
    return Sample("tflite", DATA / "tflite" / f"{name}.tflite").read()


def require(name: str, batch: int | None) -> IRRequirement:
    """What a sample asks for."""
    typed = infer(read(name), Bindings(batch=batch))
    return extract(typed, name=name, sha256=None, size_bytes=0, reader_name="", bindings={})


@pytest.mark.parametrize(("name", "batch", "macs", "parameter_bytes"), COUNTED)
def test_figures_are_those_counted_by_hand(
    name: str, batch: int | None, macs: int, parameter_bytes: int
) -> None:
    found = require(name, batch)
    assert found.compute.macs == macs
    assert found.memory.parameter_bytes == parameter_bytes


@pytest.mark.parametrize("sample", list_samples("tflite"), ids=lambda sample: sample.path.stem)
def test_samples_say_what_operations_declare_and_nothing_contradicts_them(sample: Sample) -> None:
    graph = sample.read()
    assert check_graph(graph) == []
    assert [text for text in infer(graph, Bindings()).warnings if "disagree" in text] == []


def test_a_loop_and_a_condition_are_blocks_that_share_their_weight() -> None:
    body = read("control").body
    assert [len(node.blocks) for node in body.nodes] == [2, 2]
    kinds = [tensor.kind for tensor in body.stored.values()]
    assert kinds.count("parameter") == 1
    loop = body.nodes[0]
    assert [list(block.inputs) for block in loop.blocks] == [
        ["condition.1/count", "condition.1/data"],
        ["body.2/count", "body.2/data"],
    ]


def test_open_sizes_of_inputs_are_symbols_and_runtime_versions_stand_in_the_dialect() -> None:
    graph = read("images")
    assert graph.body.inputs["image"].shape == ("unk__image_0", 16, 16, 3)
    assert [(each.name, each.version) for each in graph.ir.dialects] == [("tflite", "2.3.0")]
