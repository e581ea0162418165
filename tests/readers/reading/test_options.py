"""What a person fixes before the analysis is read strictly and crosses to another process."""

from __future__ import annotations

import pytest

from cyborg_rr import codec
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.readers.reading.options import AnalysisOptions, parse_input, parse_options


@pytest.mark.parametrize(
    "text",
    [
        "image",
        "image=1xx3",
        "image=0x3",
        "image=1x3:float",
        "image=axb",
        "=1",
        "i=" + "1x" * 70 + "1",
    ],
)
def test_an_input_that_is_not_of_the_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="input"):
        parse_input(text)


def test_a_size_of_nothing_is_refused_as_such() -> None:
    with pytest.raises(InvalidInput, match="'images=0' has a size of 0; the least is 1"):
        parse_input("images=0")


def test_an_input_may_have_no_shape_and_no_type() -> None:
    name, type_ = parse_input("step=")
    assert (name, type_.shape, type_.element_type) == ("step", (), None)


def test_options_cross_to_the_reading_process_as_they_are() -> None:
    options = parse_options(4, ["a=1x2:f32", "b=3"])
    assert codec.parse(AnalysisOptions, codec.render(options), "options") == options
