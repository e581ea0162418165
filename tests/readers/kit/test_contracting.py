"""Products of several tensors are taken apart into the pairs that runtimes multiply."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cyborg_rr.readers.kit.contracting import (
    Path,
    contract,
    find_path,
    go_first_with_last,
    go_left_to_right,
)
from tests.patience import grows_in_proportion


def spell(equation: str, path: Path | None = None, count: int = 0) -> list[str]:
    """The equations in turn."""
    operands = [f"x{place}" for place in range(count or equation.count(",") + 1)]
    path = go_left_to_right(len(operands)) if path is None else path
    found = contract(equation, operands, path, str, "y")
    assert found[-1].result == "y"
    return [each.equation for each in found]


@pytest.mark.parametrize(
    ("equation", "turns"),
    [
        ("ij,jk->ik", ["ij,jk->ik"]),
        ("ab,bc,cd,de->ae", ["ab,bc->ac", "ac,cd->ad", "ad,de->ae"]),
        ("ij,j,kj->k", ["ij->j", "j,j->j", "j,kj->k"]),
        ("ij,kl->ik", ["ij->i", "kl->k", "i,k->ik"]),
        ("ij,jk", ["ij,jk->ik"]),
        ("ba,cd , ca", ["ba,cd->bacd", "bacd,ca->bd"]),
        ("...ij,jk,...kl->...il", ["...ij,jk->...ik", "...ik,...kl->...il"]),
        ("...i,ij,j->", ["...i->i", "i,ij->j", "j,j->"]),
        ("ii,ij,jk->ik", ["ii,ij->ij", "ij,jk->ik"]),
        ("ij->ji", ["ij->ji"]),
    ],
)  # fmt: skip
def test_pairs_go_from_left_to_right(equation: str, turns: list[str]) -> None:
    assert spell(equation) == turns


def test_the_first_goes_with_the_last() -> None:
    assert spell("ab,bc,cd->ad", go_first_with_last(3)) == ["ab,cd->abcd", "bc,abcd->ad"]
    assert spell("ab,bc,cd,de->ae", go_first_with_last(4)) == [
        "ab,de->abde", "bc,abde->cade", "cd,cade->ae"
    ]  # fmt: skip


def test_a_stated_path_is_followed() -> None:
    path = find_path((1, 2, 0, 1), 3)
    assert path is not None
    assert spell("ab,bc,cd->ad", path) == ["bc,cd->bd", "ab,bd->ad"]


@pytest.mark.parametrize(
    "places", [(0, 1), (0, 1, 0, 2), (0, 0, 0, 1), (0, 3, 0, 1), (-1, 1, 0, 1)]
)
def test_a_path_that_does_not_fit_is_none(places: tuple[int, ...]) -> None:
    assert find_path(places, 3) is None


@pytest.mark.parametrize(
    "equation", ["ij,jk->ik", "i1,j,k->i", "", "i,,k->\N{DEGREE SIGN}", "...i...,j,k->i"]
)
def test_an_equation_that_does_not_fit_is_left_as_it_is(equation: str) -> None:
    assert spell(equation, go_left_to_right(3), 3) == [equation]


def test_many_operands_take_time_in_proportion() -> None:
    def make(count: int) -> Callable[[], list[str]]:
        return lambda: spell(",".join(["ab"] * count) + "->b")

    assert len(make(1000)()) == 999
    grows_in_proportion(make, 5_000)
