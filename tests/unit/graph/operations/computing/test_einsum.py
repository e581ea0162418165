"""Equations of index letters."""

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape
from tests.unit.graph.applying import apply


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
