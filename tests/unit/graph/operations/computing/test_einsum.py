"""Equations of index letters."""

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape
from tests.unit.graph.applying import apply
from tests.unit.graph.operations.counting import Case, as_parameters, count


@pytest.mark.parametrize(
    ("equation", "shapes", "shape", "macs"),
    [
        ("ij,jk->ik", [(2, 3), (3, 5)], (2, 5), 30),
        ("bhqd,bhkd->bhqk", [(1, 4, 6, 8), (1, 4, 7, 8)], (1, 4, 6, 7), 4 * 6 * 7 * 8),
        ("...ij,...jk->...ik", [(9, 2, 3), (9, 3, 5)], (9, 2, 5), 270),
        ("...ij,jk", [(9, 2, 3), (3, 5)], (9, 2, 5), 270),
        ("ij,jk", [(2, 3), (3, 5)], (2, 5), 30),
        ("ii->i", [(4, 4)], (4,), 0),
        ("i,j,k->ijk", [(2,), (3,), (4,)], (2, 3, 4), 48),
    ],
)
def test_einsum_shapes_and_work(
    equation: str, shapes: list[Shape], shape: Shape, macs: int
) -> None:
    found = apply("einsum", *shapes, equation=equation)
    assert found.shape == shape
    assert found.cost is not None
    assert found.cost.macs == macs


@pytest.mark.parametrize("equation", ["ij->k", "ij,jk->ik", "ijk->i", ""])
def test_an_einsum_that_does_not_fit_is_refused(equation: str) -> None:
    with pytest.raises(UnreadableModel):
        apply("einsum", (2, 3), equation=equation)


# ---- costs: one multiply-add per combination of all indices.

CASES = (
    Case("an einsum of one operand only adds up", "einsum", [(2, 3)], {"equation": "ij->i"},
         flops=2 * 3),  # each element goes into a sum
    Case("an einsum that sums over nothing moves", "einsum", [(2, 3)], {"equation": "ij->ji"}),
    Case("an einsum of two operands", "einsum", [(7, 2, 3), (7, 3, 5)],
         {"equation": "bij,bjk->bik"},
         macs=(7 * 2 * 5) * 3),
    Case("three operands in one loop are multiplied twice", "einsum", [(2, 3), (3, 5), (5, 7)],
         {"equation": "ij,jk,kl->il"},
         macs=(2 * 3 * 5 * 7) * 2),  # every combination of i, j, k, l: two products
    Case("an einsum with dots and no arrow", "einsum", [(11, 2, 3), (3, 5)],
         {"equation": "...ij, jk"},
         macs=11 * (2 * 5) * 3),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_einsum_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
