"""Texts, tables, and n-grams."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.bounds import ANY
from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

_TEXTS = TensorType("str", (2, 3))

SHAPES: list[tuple[str, list[Operand], dict[str, Any], tuple[Shape, ...]]] = [
    ("text_map", [_TEXTS, TensorType("str", (3,))], {}, ((2, 3),)),
    ("text_split", [_TEXTS], {}, ((2, 3, ANY),)),
    ("look_up", [_TEXTS, (9,)], {"element_type": "i64"}, ((2, 3),)),
    ("count_ngrams", [_TEXTS], {"length": 7}, ((2, 7),)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shapes_of_the_results(
    operation: str,
    operands: list[Operand],
    attributes: dict[str, Any],
    expected: tuple[Shape, ...],
) -> None:
    assert apply(operation, *operands, **attributes).shapes[: len(expected)] == expected


def test_of_texts_that_are_filtered_no_more_are_left_and_at_least_an_empty_one() -> None:
    assert apply("text_filter", _TEXTS).types[0].shape == (2, 3)
    assert apply("text_filter", TensorType("str", (0,))).types[0].shape == (1,)


# ---- costs: no arithmetic.

CASES = (
    Case("changing texts is not counted", "text_map", [(2, 3)], yields=[_TEXTS]),
    Case("parts of texts are not counted", "text_split", [(2, 3)], yields=[_TEXTS]),
    Case("leaving texts out is not counted", "text_filter", [(2, 3)],
         yields=[TensorType("str", (2, 1))]),
    Case("a table is not computed", "look_up", [(2, 3)], {"element_type": "f32"}),
    Case("counting n-grams is not counted", "count_ngrams", [(2, 3)], {"length": 7}),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_text_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
