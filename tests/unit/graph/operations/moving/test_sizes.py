"""Sizes told at run time."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Shape
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("shape_of", [(2, 3, 4)], {"start": 1}, (2,)),
    ("shape_of", [("n", 3, 4)], {"start": -1}, (1,)),
    ("size_of", [(2, 3)], {}, ()),
    ("get_dimension_size", [(2, 3)], {"dimension": 1}, ()),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected


VALUES: list[tuple[str, list[Operand], dict[str, Any], tuple[object, ...]]] = [
    ("shape_of", [(2, 3, 4)], {"start": 1}, (3, 4)),
    ("shape_of", [("n", 3)], {}, ("n", 3)),
    ("size_of", [(2, 3)], {}, (6,)),
    ("get_dimension_size", [(2, "n")], {"dimension": 1}, ("n",)),
]  # fmt: skip


@each_case(VALUES)
def test_a_small_value_is_reckoned(
    operation: str,
    operands: list[Operand],
    attributes: dict[str, Any],
    expected: tuple[object, ...],
) -> None:
    assert apply(operation, *operands, **attributes).value == expected


ELEMENT_TYPES: list[tuple[str, list[Operand], dict[str, Any], str]] = [
    ("shape_of", [(2,)], {}, "i64"),
    ("get_dimension_size", [(2,)], {"dimension": 0}, "i32"),
]  # fmt: skip


@each_case(ELEMENT_TYPES)
def test_the_element_type_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: str
) -> None:
    assert apply(operation, *operands, **attributes).element_type == expected


# ---- costs: telling a size computes nothing.

CASES = (
    Case("a shape is told", "shape_of", [(2, 3, 5)], {"start": 1}),
    Case("a number of elements is told", "size_of", [(2, 3, 5)]),
    Case("one size is told", "get_dimension_size", [(2, 3, 5)], {"dimension": 1}),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_telling_sizes_costs_nothing(case: Case) -> None:
    assert count(case) == case.expected
