"""What the data decides is not counted."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.operations.counting import Case, as_parameters, count

_POSITIONS = TensorType("i64", (5,))

CASES = (
    Case("places of non-zeros are not counted", "non_zero", [(2, 3)],
         yields=[TensorType("i64", (2, 5))]),
    Case("places of truths are not counted", "where_indices", [(2, 3)],
         yields=[TensorType("i64", (5, 2))]),
    Case("distinct elements are not counted", "unique", [(7,)],
         yields=[TensorType("f32", (5,)), _POSITIONS, TensorType("i64", (7,)), _POSITIONS]),
    Case("suppression of boxes is not counted", "non_max_suppression", [(1, 7, 4), (1, 2, 7)],
         yields=[TensorType("i64", (5, 3))]),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_searching_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
