"""Joining and padding only move."""

import pytest

from tests.unit.graph.operations.counting import Case, as_parameters, count

CASES = (
    Case("joining only moves", "concatenate", [(2, 3), (5, 3)], {"axis": 0}),
    Case("padding only moves", "pad", [(2, 3), [0, 1, 0, 2]]),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_joining_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
