"""What is offered for inputs of symbols, of which not even the rank is stated."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.mxnet.reader import MxnetReader
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source
from tests.readers.mxnet.files import var, write


def attend(length: int) -> IRRequirement:
    """What a layer asks for whose result is cut into parts of a length that only it states."""
    symbol = write(
        var("data"),
        var("qkv_weight"),
        var("qkv_bias"),
        ("FullyConnected", "qkv", (0, 1, 2), {"flatten": "False", "num_hidden": "96"}),
        ("Reshape", "cut", (3,), {"shape": f"(-1, {length}, 8)"}),
    )
    return analyse_by(MxnetReader(), Source("model-symbol.json", symbol), AnalysisOptions())


def test_a_number_is_offered_only_where_all_else_follows_from_it() -> None:
    found = attend(10007)  # no guess has as many elements, and a number contradicts nothing
    assert found.example_inputs == ()
    (told,) = [each for each in found.warnings if "Give sizes" in each]
    assert told.endswith("Give sizes that fit the model: --input data=SIZExSIZE...")


@pytest.mark.parametrize("length", [1, 12])
def test_a_guess_is_offered_that_makes_all_known(length: int) -> None:
    (example,) = attend(length).example_inputs
    assert example.startswith("data=1x")
