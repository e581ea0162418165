"""What is handed on."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.applying import apply
from tests.unit.graph.operations.counting import Case, as_parameters, count


def test_each_result_is_the_operand_at_its_place() -> None:
    whole = TensorType("i32", (4,))
    for operation in ("identity", "optimization_barrier"):
        found = apply(operation, (2, 3), whole, outputs=2)
        assert found.types == (TensorType("f32", (2, 3)), whole)


def test_what_is_handed_on_keeps_its_value() -> None:
    assert apply("identity", [1, 2]).value == (1, 2)
    assert apply("copy", [1, 2]).value == (1, 2)


def test_dropout_drops_nothing_and_tells_so() -> None:
    found = apply("dropout", (2, 3), 0.5, outputs=2)
    assert found.types == (TensorType("f32", (2, 3)), TensorType("i1", (2, 3)))
    assert found.cost is not None
    assert found.cost.flops_other == 0


# ---- costs: what is handed on costs nothing.

CASES = (
    Case("an identity is a view", "identity", [(3, 5)]),
    Case("a barrier is a view", "optimization_barrier", [(3, 5), (7,)], outputs=2),
    Case("dropout does nothing at inference", "dropout", [(3, 5)], outputs=2),
    Case("a copy only moves", "copy", [(2, 3)]),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_passing_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
