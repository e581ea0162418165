"""Equations: one multiply-add per combination of all indices."""

import pytest

from tests.unit.graph.operations.counting import Case, as_parameters, count

CASES = (
    Case("an einsum of one operand only adds up", "einsum", [(2, 3)], {"equation": "ij->i"},
         flops=2 * 3),  # each element goes into a sum
    Case("an einsum of two operands", "einsum", [(7, 2, 3), (7, 3, 5)],
         {"equation": "bij,bjk->bik"},
         macs=(7 * 2 * 5) * 3),
    Case("an einsum of three operands multiplies twice", "einsum", [(2, 3), (3, 5), (5, 7)],
         {"equation": "ij,jk,kl->il"},
         macs=(2 * 3 * 5 * 7) * 2),  # every combination of i, j, k, l: two products
    Case("an einsum with dots and no arrow", "einsum", [(11, 2, 3), (3, 5)],
         {"equation": "...ij, jk"},
         macs=11 * (2 * 5) * 3),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_einsum_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
