"""Dimension names that are arithmetic over symbols."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.inference.symbols import (
    find_size,
    is_plain_symbol,
    list_symbols,
    substitute,
)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("n", 7),
        ("n + m", 10),
        ("2*n + 1", 15),
        ("(n+1)//2", 4),
        ("n - m*2", 1),
        ("-m + n", 4),
        ("Max(1, n, m)", 7),
        ("Min(n, 3) * 2", 6),
        ("floor(n/2)", 3),
        ("past.length", 5),
    ],
)
def test_arithmetic_over_bound_symbols_has_a_size(name: str, size: int) -> None:
    assert find_size(name, {"n": 7, "m": 3, "past.length": 5}) == size


@pytest.mark.parametrize(
    "name",
    ["k", "n + k", "n +", "(n", "n // 0", "n - 9", "n n", "n ! 2", "print(n)", "", "?",
     "9999999999999999999*n*n", "(" * 40 + "n" + ")" * 40, "n+" * 200 + "n"],
)  # fmt: skip
def test_anything_else_has_none(name: str) -> None:
    assert find_size(name, {"n": 7}) is None


@given(st.text(max_size=40))
def test_any_name_is_looked_at_without_an_error(name: str) -> None:
    size = find_size(name, {"n": 7, "m": 3})
    assert size is None or size >= 0


def test_a_whole_name_comes_before_its_arithmetic() -> None:
    assert find_size("a-b", {"a-b": 9, "a": 1, "b": 1}) == 9


def test_substitution_replaces_what_is_bound_and_leaves_the_rest() -> None:
    tensor = TensorType("f32", ("n", 4, "k", "n+1"))
    assert substitute(tensor, {"n": 2}).shape == (2, 4, "k", 3)
    assert substitute(tensor, {}) is tensor


def test_plain_symbols_are_told_from_arithmetic() -> None:
    assert is_plain_symbol("batch")
    assert not is_plain_symbol("n+1")
    assert not is_plain_symbol("?")


def test_the_symbols_of_arithmetic_are_listed() -> None:
    assert list_symbols("past + 2*Max(new, 1)") == ["past", "new"]
    assert list_symbols("batch") == ["batch"]
    assert list_symbols("odd name!") == ["odd name!"]
    assert list_symbols("?") == []
