"""What is handed on costs nothing."""

import pytest

from tests.unit.graph.operations.counting import Case, as_parameters, count

CASES = (
    Case("an identity is a view", "identity", [(3, 5)]),
    Case("a barrier is a view", "optimization_barrier", [(3, 5), (7,)], outputs=2),
    Case("dropout does nothing at inference", "dropout", [(3, 5)], outputs=2),
    Case("a copy only moves", "copy", [(2, 3)]),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_passing_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
