"""Repeating only moves."""

import pytest

from tests.unit.graph.operations.counting import Case, as_parameters, count

CASES = (
    Case("a broadcast only repeats", "broadcast_in_dim", [(3,)],
         {"shape": (2, 3), "broadcast_dimensions": (1,)}),
    Case("an expansion only repeats", "expand", [(1, 3), [2, 3]]),
    Case("tiles only repeat", "tile", [(2, 3), [5, 7]]),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_repeating_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
