"""Arithmetic on shapes: numpy's broadcasting rule and what follows from it."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cyborg_rr.domain.graph.graph import Shape, TensorType
from cyborg_rr.domain.graph.shapes import (
    ANY,
    Contradiction,
    add,
    broadcast,
    check_type,
    divide,
    find_whole,
    multiply,
    normalise_axes,
    slide_window,
    unify,
)

sizes = st.sampled_from([1, 2, 3])
dimensions = st.sampled_from([1, 2, 3, "n", "m"])
shapes = st.lists(dimensions, max_size=4).map(tuple)
static_shapes = st.lists(sizes, max_size=4).map(tuple)


def try_broadcast(*operands: Shape | None) -> Shape | str | None:
    try:
        return broadcast(operands)
    except Contradiction:
        return "contradiction"


@given(shapes, shapes)
def test_broadcasting_does_not_mind_the_order(left: Shape, right: Shape) -> None:
    assert try_broadcast(left, right) == try_broadcast(right, left)


@given(static_shapes, static_shapes, static_shapes)
def test_broadcasting_is_associative(a: Shape, b: Shape, c: Shape) -> None:
    first, last = try_broadcast(a, b), try_broadcast(b, c)
    assume("contradiction" not in (first, last))
    assert not isinstance(first, str)
    assert not isinstance(last, str)
    assert try_broadcast(first, c) == try_broadcast(a, last)


@given(shapes)
def test_a_shape_broadcasts_with_itself_and_with_a_scalar_to_itself(shape: Shape) -> None:
    assert broadcast((shape, shape)) == shape
    assert broadcast((shape, ())) == shape


def test_sizes_that_differ_do_not_broadcast() -> None:
    with pytest.raises(Contradiction, match="2 and 3"):
        broadcast(((2, 1), (3, 1)))


def test_a_symbol_gives_way_to_a_size() -> None:
    assert broadcast((("n", 1), (1, 5))) == ("n", 5)
    assert broadcast((("n",), (7,))) == (7,)
    assert broadcast((("n",), ("m",))) == (ANY,)


@given(st.lists(sizes, max_size=5))
def test_products_and_sums_of_sizes_are_exact(numbers: list[int]) -> None:
    product = 1
    for number in numbers:
        product *= number
    assert multiply(numbers) == product
    assert add(numbers) == sum(numbers)


def test_a_lone_symbol_survives_ones_and_zeros() -> None:
    assert multiply((1, "n", 1)) == "n"
    assert multiply((2, "n")) == ANY
    assert multiply((0, "n")) == 0
    assert add((0, "n")) == "n"


@given(static_shapes, sizes)
def test_division_undoes_multiplication(shape: Shape, factor: int) -> None:
    assert divide((*shape, factor), shape) == factor
    assert divide((*shape, "n", factor), (*shape, "n")) == factor


def test_an_inexact_division_is_a_contradiction() -> None:
    with pytest.raises(Contradiction):
        divide((7,), (2,))
    with pytest.raises(Contradiction):
        divide((7,), (0,))


def test_unify_prefers_the_number_and_refuses_two() -> None:
    assert unify("n", 4) == unify(4, ANY) == 4
    assert unify(ANY, "n") == "n"
    with pytest.raises(Contradiction):
        unify(3, 4)


def test_axes_count_from_either_end_once() -> None:
    assert normalise_axes((0, -1), 3) == (0, 2)
    for wrong in ((3,), (-4,), (0, -3)):
        with pytest.raises(Contradiction):
            normalise_axes(wrong, 3)


@given(
    st.integers(1, 30),
    st.integers(1, 5),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(1, 3),
)
def test_a_window_takes_as_many_places_as_can_be_counted(
    size: int, window: int, stride: int, dilation: int, low: int, high: int, base: int
) -> None:
    room = (size - 1) * base + 1 + low + high
    reach = (window - 1) * dilation + 1
    counted = len([start for start in range(0, room, stride) if start + reach <= room])
    try:
        found = slide_window(size, window, stride, dilation, (low, high), base_dilation=base)
    except Contradiction:
        found = 0
    assert found == counted


def test_a_ceiling_window_never_starts_in_the_padding_behind_the_end() -> None:
    assert slide_window(4, 2, 2, 1, (0, 0), ceil_mode=True) == 2
    assert slide_window(5, 2, 2, 1, (0, 0), ceil_mode=True) == 3
    assert slide_window(4, 1, 3, 1, (0, 1), ceil_mode=True) == 2
    assert slide_window(3, 2, 3, 1, (0, 1), ceil_mode=True) == 1


@pytest.mark.parametrize("shape", [(-1,), (2**64,), (2**32, 2**32), (1,) * 65])
def test_absurd_shapes_are_refused(shape: Shape) -> None:
    with pytest.raises(Contradiction):
        check_type(TensorType("f32", shape))


def test_whole_values_are_found_and_others_are_not() -> None:
    assert find_whole((2, True, -1)) == (2, 1, -1)
    assert find_whole(()) == ()
    assert find_whole(None) is None
    for wrong in (math.nan, math.inf, 2.0, "2"):
        assert find_whole((1, wrong)) is None
