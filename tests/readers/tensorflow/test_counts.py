"""Models of real exporters: parameters as Keras counts them, multiply-adds as counted by hand."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tensorflow.reader import TensorflowReader
from tests.readers.folders import MemoryFolder, load_folder
from tests.readers.samples import DATA, Sample, list_samples
from tests.readers.tensorflow.writing import require

MLP_MACS = 20 * 16 + 16 * 3
CNN_MACS = (
    8 * 8 * 8 * 27  # convolution with a stride
    + 8 * 8 * 8 * 9  # each channel alone
    + 8 * 8 * 8 * 9 * 4  # transposed: each element of the data meets each tap
    + 14 * 14 * 8 * 9 * 2  # two groups
    + 8 * 10
)
ENCODER_MACS = 12 * (3 * 16 * 16 + 16 * 16 + 2 * 16 * 32) + 2 * 2 * 12 * 12 * 8
LSTM_MACS = 7 * 24 * (5 + 6) + 6 * 2

COUNTED = [
    ("mlp.pbtxt", None, MLP_MACS, 387),
    ("folders/dense", 1, MLP_MACS, 387),
    ("folders/dense", 9, 9 * MLP_MACS, 387),
    ("cnn.pb", None, CNN_MACS, 862),
    ("encoder.pb", None, ENCODER_MACS, 3024),
    ("lstm_frozen.pb", None, LSTM_MACS, 302),
    ("folders/lstm", 1, LSTM_MACS, 302),
    ("folders/lstm", 4, 4 * LSTM_MACS, 302),
    ("folders/branches", 5, 5 * 4 * 6, 24),
    ("folders/old_text", 2, 2 * 8 * 4, 36),
    ("old.meta", 2, 2 * 8 * 4, 36),
]


def read(name: str) -> Graph:
    """The graph of a sample."""
    return Sample("graphdef", DATA / "graphdef" / name).read()


@pytest.mark.parametrize(("name", "batch", "macs", "parameters"), COUNTED)
def test_figures_are_those_counted_by_hand(
    name: str, batch: int | None, macs: int, parameters: int
) -> None:
    found = require(read(name), batch)
    assert found.compute.macs == macs
    assert found.memory.parameter_bytes == 4 * parameters


@pytest.mark.parametrize("sample", list_samples("graphdef"), ids=lambda sample: sample.path.stem)
def test_nothing_contradicts_what_the_samples_state(sample: Sample) -> None:
    graph = sample.read()
    assert [text for text in infer(graph, Bindings()).warnings if "disagree" in text] == []


def locations(folder: MemoryFolder) -> tuple[set[str], tuple[str, ...]]:
    """Where the variables of a folder are, and what is said of it."""
    graph = TensorflowReader().read(Source("folder", folder=folder, is_folder=True))
    stored = graph.body.stored.values()
    return {each.location for each in stored if each.kind == "parameter"}, graph.warnings


DENSE = load_folder(DATA / "graphdef" / "folders" / "dense")
VARIABLES = DENSE.inner["variables"].contents
SHARD = "variables.data-00000-of-00001"


def test_variables_that_are_there_are_external() -> None:
    assert locations(DENSE)[0] == {"external"}


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        (None, "variables/variables.index is missing"),
        ({SHARD: VARIABLES[SHARD]}, "variables/variables.index is missing"),
        ({"variables.index": VARIABLES["variables.index"]}, f"missing: {SHARD}"),
        ({**VARIABLES, SHARD: VARIABLES[SHARD][:100]}, "cut off"),
    ],
)
def test_variables_that_are_missing_are_absent(
    variables: dict[str, bytes] | None, told: str
) -> None:
    inner = {} if variables is None else {"variables": MemoryFolder(variables)}
    found, warnings = locations(MemoryFolder(DENSE.contents, inner))
    assert found == {"absent"}
    assert told in " ".join(warnings)


def test_an_index_of_another_model_is_told() -> None:
    other = load_folder(DATA / "graphdef" / "folders" / "branches")
    _, warnings = locations(MemoryFolder(DENSE.contents, other.inner))
    assert "4 variables of the graph have no tensor of their type and shape" in " ".join(warnings)
