"""Work and weights of what PyTorch itself counts, once the inputs are bound."""

from __future__ import annotations

import pytest

from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.options import parse_options
from cyborg_rr.readers.reading.source import Source
from tests.readers.samples import DATA
from tests.readers.torchscript.files import read

IDS = "input_ids=2x10:i64"


@pytest.mark.parametrize(
    ("file", "inputs", "flops", "parameters"),
    [
        # 55296 for the convolution, 12288 + 4096 around and twice 32768 within attention, 80.
        ("network", ["x=1x3x16x16:f32"], 2 * 137_296, 2536),
        # Two layers of two directions and 10 rows, 4 gates of 8 numbers; a GRU of 3 gates.
        ("recurrent", ["x=2x5x4:f32"], 2 * 10 * (64 * 12 + 64 * 24 + 24 * 24), 12_736),
        ("bert", [IDS, "attention_mask=2x10:i64"], 95_744, 14_464),
        ("gpt2", [IDS], 135_680, 17_472),
        # Twice 16 x 8 + 8 x 4, and biases; 8-bit weights, biases of 32.
        ("dynamic", ["input=2x16:f32"], 2 * 2 * (16 * 8 + 8 * 4), 16 * 8 + 8 * 4 + 12 * 4),
        # By hand, in make.py; the scale of what enters is a buffer, which freezing folds.
        ("quantised", ["x=1x3x8x8:f32"], 2 * 16_448, 216 + 72 + 32 + 20 * 4 + 4),
        ("quantised_frozen", ["x=1x3x8x8:f32"], 2 * 16_448, 216 + 72 + 32 + 20 * 4),
    ],
)
def test_traced_models_have_the_work_that_pytorch_counts(
    file: str, inputs: list[str], flops: int, parameters: int
) -> None:
    data = (DATA / "torchscript" / f"{file}.pt").read_bytes()
    requirement = analyse(Source(file, data), parse_options(None, inputs))
    assert requirement.compute.flops == flops
    assert requirement.memory.parameter_bytes == parameters
    assert requirement.memory.activation_peak_bytes


def test_a_frozen_model_keeps_its_weights_among_the_constants() -> None:
    for file in ("branches", "frozen"):
        graph = read((DATA / "torchscript" / f"{file}.pt").read_bytes())
        kept = [
            held.type.byte_size for held in graph.body.stored.values() if held.kind == "parameter"
        ]
        assert sorted(filter(None, kept)) == [32, 256]


def test_a_layer_counts_as_often_as_it_is_called() -> None:
    graph = read((DATA / "torchscript" / "branches.pt").read_bytes())
    assert [node.operation for node in graph.body.nodes].count("matmul") == 4
    (branch,) = [node for node in graph.body.nodes if node.operation == "if"]
    assert [len(block.nodes) for block in branch.blocks] == [2, 0]
    assert graph.completeness == "full"


def test_a_model_for_the_lite_interpreter_reads_like_the_other() -> None:
    files = [(DATA / "torchscript" / name).read_bytes() for name in ("scripted.pt", "light.ptl")]
    one, other = map(read, files)
    assert one.body == other.body
    assert other.ir.encoding == "zip with bytecode"
