"""What the reading process says arrives as what it was: a document, or an error of its class."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import InvalidInput, UnreadableModel
from cyborg_rr.readers.reading.answers import (
    MAX_ANSWER_BYTES,
    parse_answer,
    render_refusal,
    render_requirement,
)


@pytest.mark.parametrize("kind", [InvalidInput, UnreadableModel])
def test_an_error_arrives_by_its_code_whatever_its_text_says(kind: type[InvalidInput]) -> None:
    with pytest.raises(InvalidInput) as arrived:
        parse_answer(render_refusal(kind("MemoryError: unreadable_model")).encode())
    assert type(arrived.value) is kind
    assert str(arrived.value) == "MemoryError: unreadable_model"


def test_a_requirement_arrives_as_it_was() -> None:
    document = {"name": "a model", "operations": {"Conv": 53}}
    assert parse_answer(render_requirement(document).encode()) == document


def test_a_requirement_that_is_too_long_is_a_refusal() -> None:
    with pytest.raises(UnreadableModel, match="too many distinct parts"):
        parse_answer(render_requirement({"name": "a" * MAX_ANSWER_BYTES}).encode())
