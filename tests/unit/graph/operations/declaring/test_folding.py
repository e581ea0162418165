"""Arithmetic on elements that may be symbols."""

import math

from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.graph.operations.declaring.folding import (
    add_elements,
    broadcast_positions,
    divide_elements,
    multiply_elements,
    subtract_elements,
)


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_elements_behave_like_numbers(a: int, b: int) -> None:
    assert add_elements(a, b) == a + b
    assert subtract_elements(a, b) == a - b
    assert multiply_elements(a, b) == a * b
    if b:
        assert divide_elements(a, b) == math.trunc(a / b)


def test_elements_know_the_neutral_numbers_of_symbols() -> None:
    assert add_elements("n", 0) == "n"
    assert subtract_elements("n", "n") == 0
    assert multiply_elements(1, "n") == "n"
    assert multiply_elements("n", 0) == 0
    assert divide_elements("n", "n") == 1
    assert add_elements("n", "n") == "?"


@given(st.lists(st.integers(1, 3), max_size=4), st.integers(1, 3))
def test_broadcast_positions_repeat_what_is_stretched(shape: list[int], lead: int) -> None:
    target = [lead, *shape]
    once = math.prod(shape)
    assert broadcast_positions(shape, target) == list(range(once)) * lead


def test_broadcast_positions_of_nothing_take_no_room() -> None:
    assert broadcast_positions([0], [2**62, 0]) == []
