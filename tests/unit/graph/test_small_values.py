"""Small values: the arithmetic by which exported graphs reckon their own shapes."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.inference.bindings import Bindings
from tests.unit.graph.building import GraphBuilder


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


@pytest.mark.parametrize(
    ("operation", "attributes"),
    [
        ("transpose", {"permutation": (0, 1)}),
        ("slice", {"starts": (0,), "ends": (1,), "axes": (1,)}),
        ("add", {}),
    ],
)
def test_values_of_no_elements_take_no_time(operation: str, attributes: dict[str, Any]) -> None:
    b = GraphBuilder()
    empty = b.constant([], shape=(2**40, 0))
    others = [b.constant([])] if operation == "add" else []
    result = b.node(operation, empty, *others, **attributes)
    assert b.infer(result).values[result] == ()
