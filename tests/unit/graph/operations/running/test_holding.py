"""Sequences of which nothing is known but what the file states."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.applying import apply
from tests.unit.graph.operations.counting import Case, as_parameters, count

_DATA = TensorType("f32", (3, 5))


def test_a_length_is_one_number() -> None:
    assert apply("sequence_length", (2,)).types == (TensorType("i64", ()),)
    present = apply("sequence_length", (2,), element_type="i1")
    assert present.types == (TensorType("i1", ()),)


# ---- costs: elements only move.

CASES = (
    Case("a sequence with one more costs nothing", "sequence", [(3, 5), (3, 5)], yields=[_DATA]),
    Case("an element of a sequence costs nothing", "from_sequence", [(3, 5)], yields=[_DATA]),
    Case("a length costs nothing", "sequence_length", [(3, 5)]),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_holding_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
