"""What a sample leaves open is named at once, with an example that works as it is printed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.detection import list_readers
from cyborg_rr.readers.reading.options import AnalysisOptions, parse_options
from tests.cli.test_cli import run
from tests.readers.samples import Sample, list_samples

DATA = Path(__file__).parents[1] / "data"
SAMPLES = [sample for name, _ in list_readers() for sample in list_samples(name)]


@pytest.mark.parametrize(
    "sample", SAMPLES, ids=lambda sample: f"{sample.reader}-{sample.path.stem}"
)
def test_the_example_makes_all_inputs_known(sample: Sample) -> None:
    source = sample.copy()
    found = analyse(source, AnalysisOptions())
    is_open = found.memory.input_bytes is None and any(  # a size with a bound is known
        tensor.shape is None or any(isinstance(size, str) for size in tensor.shape)
        for tensor in found.inputs
    )
    assert bool(found.example_inputs) == is_open
    if is_open:
        bound = analyse(source, parse_options(None, found.example_inputs))
        assert bound.memory.input_bytes is not None
        assert bound.example_inputs == ()


@pytest.mark.parametrize("verb", ["inspect", "match"])
@pytest.mark.parametrize("model", ["onnx/open_shapes.onnx", "stablehlo/symbolic.mlir"])
def test_the_command_that_is_printed_answers(verb: str, model: str) -> None:
    program, *arguments = read_command(run(verb, DATA / model).stdout)
    assert program == "cyborg-rr"
    assert "--input" in arguments
    answer = run(*arguments).stdout
    assert "Give them" not in answer
    assert "ASSUMED" not in answer
    assert read_command(answer) != [program, *arguments]


def read_command(shown: str) -> list[str]:
    """The words of the command that an answer ends with, as a shell takes them."""
    last = shown.rstrip("\n").rpartition(":\n")[2]
    return shlex.split(last.replace("\\\n", ""))
