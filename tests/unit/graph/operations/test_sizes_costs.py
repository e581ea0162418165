"""Telling a size computes nothing."""

import pytest

from tests.unit.graph.operations.counting import Case, as_parameters, count

CASES = (
    Case("a shape is told", "shape_of", [(2, 3, 5)], {"start": 1}),
    Case("a number of elements is told", "size_of", [(2, 3, 5)]),
    Case("one size is told", "get_dimension_size", [(2, 3, 5)], {"dimension": 1}),
)


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_telling_sizes_costs_nothing(case: Case) -> None:
    assert count(case) == case.expected
