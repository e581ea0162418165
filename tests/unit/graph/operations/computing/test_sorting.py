"""What is largest and what comes first."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

REFUSED: list[tuple[str, list[Operand], dict[str, Any]]] = [
    ("top_k", [(5,), [6]], {}),
]  # fmt: skip


@each_case(REFUSED)
def test_operands_that_do_not_fit_are_refused_with_the_node(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    with pytest.raises(UnreadableModel, match=r"'v0"):
        apply(operation, *operands, **attributes)


def test_top_k_keeps_k() -> None:
    found = apply("top_k", (4, 100), [5], outputs=2, axis=-1, index_type="i32")
    assert found.types == (TensorType("f32", (4, 5)), TensorType("i32", (4, 5)))


# ---- costs: comparisons.

CASES = (
    Case("each value is looked for among seven", "search_sorted", [(7,), (2, 5)],
         flops=(2 * 5) * 3),  # 8 places between them: 3 comparisons
    Case("each value is looked for among eight", "search_sorted", [(2, 8), (2, 5)],
         flops=(2 * 5) * 4),  # 9 places between them
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
