"""Small values: the arithmetic by which exported graphs reckon their own shapes."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.graph.inference.inference import Bindings
from cyborg_rr.domain.graph.operations.declaring.folding import (
    add_elements,
    broadcast_positions,
    divide_elements,
    multiply_elements,
    subtract_elements,
)
from tests.unit.graph.applying import Operand, apply
from tests.unit.graph.building import GraphBuilder

CASES: list[tuple[str, list[Operand], dict[str, Any], tuple[object, ...]]] = [
    ("add", [[1, 2, 3], 10], {}, (11, 12, 13)),
    ("multiply", [[2, 3], [4, 5]], {}, (8, 15)),
    ("divide", [[7, -7], [2, 2]], {}, (3, -3)),
    ("divide", [7.0, 2.0], {}, (3.5,)),
    ("divide", [7, 0], {}, ("?",)),
    ("remainder", [[7, 8], 4], {}, (3, 0)),
    ("remainder", [-7, 4], {}, ("?",)),
    ("power", [2, 10], {}, (1024,)),
    ("power", [2, 65], {}, ("?",)),
    ("maximum", [[1, 5], [3, 2]], {}, (3, 5)),
    ("compare", [[1, 2], [2, 2]], {"direction": "LT"}, (True, False)),
    ("convert", [2.7], {"element_type": "i64"}, (2,)),
    ("convert", [[0, 3]], {"element_type": "i1"}, (False, True)),
    ("convert", [3], {"element_type": "f32"}, (3.0,)),
    ("ceil", [2.1], {}, (3.0,)),
    ("concatenate", [[1, 2], [3]], {"axis": 0}, (1, 2, 3)),
    ("gather", [[5, 6, 7], [-1, 0]], {"axis": 0}, (7, 5)),
    ("gather", [[5, 6, 7], 1], {"axis": 0}, (6,)),
    ("slice", [[5, 6, 7, 8], [1], [3]], {}, (6, 7)),
    ("slice", [[5, 6, 7, 8], [-1], [-9], [0], [-1]], {}, (8, 7, 6, 5)),
    ("range", [0, 6, 2], {}, (0, 2, 4)),
    ("iota", [], {"shape": (3,), "element_type": "i32"}, (0, 1, 2)),
    ("constant_of_shape", [[2, 2]], {"value": 7, "element_type": "i64"}, (7, 7, 7, 7)),
    ("expand", [[5], [3]], {}, (5, 5, 5)),
    ("tile", [[1, 2], [2]], {}, (1, 2, 1, 2)),
    ("broadcast_in_dim", [[1, 2]], {"shape": (2, 2), "broadcast_dimensions": (0,)}, (1, 1, 2, 2)),
    ("reduce", [[2, 3, 4]], {"function": "prod", "axes": (0,)}, (24,)),
    ("reduce", [[2, 3, 4]], {"function": "sum"}, (9,)),
    ("scatter_nd", [[1, 2, 3], [0, 2], [9, 8]], {}, (9, 2, 8)),
    ("non_zero", [[0, 4, 0, 5]], {}, (1, 3)),
    ("shape_of", [(2, 3, 4)], {"start": 1}, (3, 4)),
    ("shape_of", [("n", 3)], {}, ("n", 3)),
    ("size_of", [(2, 3)], {}, (6,)),
    ("get_dimension_size", [(2, "n")], {"dimension": 1}, ("n",)),
    ("squeeze", [[4]], {}, (4,)),
    ("unsqueeze", [4, [0]], {}, (4,)),
]


@pytest.mark.parametrize(
    ("operation", "operands", "attributes", "value"),
    CASES,
    ids=[f"{place}-{case[0]}" for place, case in enumerate(CASES)],
)
def test_a_small_value_is_reckoned(
    operation: str,
    operands: list[Operand],
    attributes: dict[str, Any],
    value: tuple[object, ...],
) -> None:
    assert apply(operation, *operands, **attributes).value == value


@pytest.mark.parametrize(
    ("operation", "operands", "attributes"),
    [
        ("add", [[1, 2], (2,)], {}),
        ("constant_of_shape", [[5000]], {}),
        ("range", [0, 10**9, 1], {}),
        ("multiply", [[2**62], [8]], {}),
        ("log", [-1.0], {}),
        ("convert", [float("inf")], {"element_type": "i64"}),
        ("gather", [[1, 2], [7]], {"axis": 0}),
    ],
)
def test_what_cannot_be_reckoned_stays_unknown(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    assert apply(operation, *operands, **attributes).value is None


def test_a_choice_among_known_elements() -> None:
    b = GraphBuilder()
    shape = b.node("shape_of", b.input("x", "n", 4))
    minus = b.constant([-1, 4])
    unset = b.node("compare", minus, b.constant(-1), direction="EQ")
    chosen = b.node("select", unset, shape, minus)
    assert b.infer(chosen).values[chosen] == ("n", 4)


def test_a_size_differs_from_every_negative_number() -> None:
    b = GraphBuilder()
    shape = b.node("shape_of", b.input("x", "n", 4))
    equal = b.node("compare", shape, b.constant([-1, -1]), direction="EQ")
    assert b.infer(equal).values[equal] == (False, False)


def build_self_shaping() -> tuple[GraphBuilder, str]:
    """The detour that exporters take to split heads: Shape, Gather, Unsqueeze, Concat, Reshape."""
    b = GraphBuilder()
    x = b.input("x", "batch", "sequence", 768)
    shape = b.node("shape_of", x)
    parts = [
        b.node("unsqueeze", b.node("gather", shape, b.constant(place), axis=0), b.constant([0]))
        for place in (0, 1)
    ]
    target = b.node("concatenate", *parts, b.constant([12]), b.constant([64]), axis=0)
    return b, b.node("reshape", x, target)


def test_a_graph_that_reckons_its_shapes_resolves_once_bound() -> None:
    b, result = build_self_shaping()
    bound = Bindings(batch=2, symbols={"sequence": 128})
    typed = b.infer(result, bindings=bound)
    assert typed.types[result].shape == (2, 128, 12, 64)
    assert typed.unresolved == ()


def test_symbols_travel_through_the_same_graph() -> None:
    b, result = build_self_shaping()
    assert b.infer(result).types[result].shape == ("batch", "sequence", 12, 64)


def test_values_beyond_the_budget_are_left_alone() -> None:
    b = GraphBuilder()
    x = b.constant([1] * 4096)
    for _ in range(600):
        x = b.node("add", x, x)
        x = b.node("minimum", x, b.constant(1))
    small = b.node("add", b.constant([1]), b.constant([2]))
    typed = b.infer(x, small)
    assert typed.types[x].shape == (4096,)
    assert x not in typed.values
    assert typed.values[small] == (3,)


def test_small_sums_over_large_values_count_against_the_budget() -> None:
    b = GraphBuilder()
    x = b.constant([1] * 4096)
    sums = [b.node("reduce", x, function="sum") for _ in range(600)]
    shape = b.node("shape_of", b.node("exp", b.input("y", 64, 64)))
    typed = b.infer(*sums, shape)
    assert typed.values[sums[0]] == (4096,)
    assert sums[-1] not in typed.values
    assert typed.values[shape] == (64, 64)


def test_repeated_squaring_does_not_grow_without_bound() -> None:
    b = GraphBuilder()
    x = b.constant(3)
    for _ in range(200):
        x = b.node("multiply", x, x)
    assert x not in b.infer(x).values


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
