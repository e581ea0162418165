"""Orders: comparisons."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.operations.counting import Case, as_parameters, count

CASES = (
    Case("a sort of lines", "sort", [(2, 3, 8)],
         flops=(2 * 3) * (8 * 3)),  # n log2 n comparisons per line
    Case("a sort along the first dimension", "sort", [(8, 3)], {"axis": 0},
         flops=3 * (8 * 3)),
    Case("a sort of a number that is no power of two", "sort", [(3, 5)], {"axis": 1},
         flops=3 * (5 * 3)),  # log2 of 5 is rounded up
    Case("a sort of pairs", "sort", [(3, 2)], {"axis": -1},
         flops=3 * (2 * 1)),
    Case("a sort of keys with their values", "sort", [(3, 8), TensorType("i32", (3, 8))],
         {"axis": 1}, outputs=2,
         flops=3 * (8 * 3)),  # only the keys are compared
    Case("a sort of single numbers compares nothing", "sort", [(3, 1)]),
    Case("a sort of a scalar compares nothing", "sort", [()]),
    Case("a sort of empty lines compares nothing", "sort", [(3, 0)]),
    Case("the largest of one", "top_k", [(3, 1), [1]], outputs=2),
    Case("the five largest of sixteen", "top_k", [(3, 16), [5]], {"axis": -1}, outputs=2,
         flops=3 * (16 * 4)),  # as many comparisons as the whole sort
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_sorting_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
