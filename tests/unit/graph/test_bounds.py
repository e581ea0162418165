"""Sizes that depend on data: largest values, what they make of figures, and that they hold."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cyborg_rr.domain.errors import CyborgError, InvalidInput
from cyborg_rr.domain.graph.bounds import ANY, Bounded
from cyborg_rr.domain.graph.graph import Block, Dimension, Graph, Node, TensorType
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.inference.symbols import find_most
from cyborg_rr.domain.graph.inference.typed import TypedGraph
from cyborg_rr.domain.graph.memory.liveness import find_peak
from cyborg_rr.domain.graph.operations.declaring.folding import (
    divide_elements,
    multiply_elements,
    pick_larger,
    pick_smaller,
    remainder_elements,
    subtract_elements,
)
from cyborg_rr.domain.graph.shapes import add, broadcast_dimension, divide, join, multiply, unify
from cyborg_rr.domain.graph.work.workload import Workload, find_workload
from tests.unit.graph.building import GraphBuilder

N, M = Bounded("n", 10), Bounded("m", 4)


def most(size: object) -> object:
    return size.most if isinstance(size, Bounded) else size


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (multiply((N, 3)), 30),
        (multiply((N, M)), 40),
        (multiply((N, "k")), ANY),
        (add((N, M, 2)), 16),
        (add((N, -20)), 0),
        (divide((N, 6), (4,)), 15),
        (divide((N, 6), (N,)), 6),
        (divide((N, 6), (M, 2)), 30),
        (unify(N, M), 4),
        (unify(N, 7), 7),
        (join(3, 5), 5),
        (join(N, "k"), ANY),
        (broadcast_dimension(N, M), 10),
        (broadcast_dimension(N, 1), 10),
        (broadcast_dimension(Bounded(ANY, 3), ANY), ANY),
        (subtract_elements(20, N), 20),
        (subtract_elements(N, 3), 7),
        (multiply_elements(N, -1), ANY),
        (divide_elements(N, 3), 3),
        (remainder_elements(N, 4), 3),
        (pick_smaller("k", 9), 9),
        (pick_smaller("k", -9), ANY),
        (pick_larger(N, 12), 12),
        (pick_larger("k", 12), ANY),
    ],
)
def test_what_is_reckoned_of_bounded_sizes_is_bounded(found: object, expected: object) -> None:
    assert most(found) == expected


def test_arithmetic_in_names_has_a_largest_value() -> None:
    assert find_most("2*a + Max(b, 3) - c", {"c": 1}, {"a": 4, "b": 2}) == 10
    assert find_most("8//a", {}, {"a": 4}) == 8
    assert find_most("a + d", {}, {"a": 4}) is None


def test_figures_before_a_size_that_depends_on_data_stay_exact() -> None:
    b = GraphBuilder()
    x = b.node("matmul", b.input("x", 4, 8), b.parameter(8, 8))
    places = b.node("transpose", b.node("non_zero", x))
    picked = b.node("gather_nd", x, places)
    workload = find_workload(b.infer(picked))
    exact = {kernel for kernel in workload.kernels if not kernel.at_most}
    assert sum(kernel.macs for kernel in exact) == workload.macs == 4 * 8 * 8
    assert {kernel.kind for kernel in workload.kernels if kernel.at_most} == {"other", "movement"}


def test_a_caller_may_bind_a_size_that_depends_on_data() -> None:
    b = GraphBuilder()
    b.node("non_zero", b.input("x", 4, 8), name="places")
    typed = b.infer("places")
    assert typed.body.bounded["places"].shape == (2, "found0")
    assert typed.types["places"].shape == (2, 32)
    bound = b.infer("places", bindings=Bindings(symbols={"found0": 5}))
    assert bound.types["places"].shape == (2, 5)
    assert not bound.found
    for wrong in ({"found0": 33}, {"found1": 3}):
        with pytest.raises(InvalidInput):
            b.infer("places", bindings=Bindings(symbols=wrong))


def test_boxes_are_bounded_by_what_is_asked_for_in_each_class() -> None:
    b = GraphBuilder()
    boxes, scores = b.input("boxes", 2, 6400, 4), b.input("scores", 2, 80, 6400)
    b.node("non_max_suppression", boxes, scores, b.constant([100]), name="kept")
    b.node("non_max_suppression", boxes, scores, b.constant([9000]), name="all")
    b.node("non_max_suppression", boxes, scores, name="none")
    types = b.infer("kept", "all", "none").types
    assert types["kept"].shape == (2 * 80 * 100, 3)
    assert types["all"].shape == (2 * 80 * 6400, 3)
    assert types["none"].shape == (0, 3)


def test_a_count_known_only_as_it_runs_is_no_more_than_there_are() -> None:
    b = GraphBuilder()
    b.inputs["k"] = TensorType("i64", (1,))
    b.node("top_k", b.input("x", 3, 50), "k", outputs=2, name="best")
    assert b.infer("best").types["best"].shape == (3, 50)


def test_a_loop_that_data_may_end_costs_at_most_its_trips() -> None:
    body = GraphBuilder()
    body.inputs = {"i": TensorType("i64", ()), "go": TensorType("i1", ())}
    body.inputs["m"] = TensorType("f32", (8, 8))
    body.node("matmul", "m", "m", name="next")
    body.node("compare", body.node("reduce", "next", function="sum"), body.constant(0.0, "f32"),
              name="on", direction="GT")  # fmt: skip
    b = GraphBuilder()
    b.node(
        "loop", b.constant(10), b.constant([True], "i1", ()), b.input("x", 8, 8), outputs=2,
        name="y", blocks=(body.block("on", "next", "next"),),
    )  # fmt: skip
    typed = b.infer("y_1")
    workload = find_workload(typed)
    assert workload.macs == 10 * 512
    assert all(kernel.at_most for kernel in workload.kernels)
    assert typed.body.bounded["y_1"].shape == (ANY, 8, 8)
    assert typed.types["y_1"].shape == (10, 8, 8)
    assert typed.found == ("node 'y' (loop) runs at most 10 times",)


def test_a_file_may_say_that_a_size_is_less_than_its_rule_finds() -> None:
    b = GraphBuilder()
    b.node("identity", b.input("x", 16, 8), name="y")
    b.types["y"] = TensorType("f32", (Bounded(ANY, 16), 8))
    typed = b.infer("y")
    assert typed.types["y"].shape == (16, 8)
    assert typed.found == ("node 'y' (identity) yields at most 16",)


def test_what_grows_in_a_loop_has_no_bound() -> None:
    body = GraphBuilder()
    body.inputs = {"i": TensorType("i64", ()), "go": TensorType("i1", ())}
    body.inputs["m"] = TensorType("f32", (ANY,))
    body.node("concatenate", "m", "m", name="next", axis=0)
    b = GraphBuilder()
    b.node("non_zero", b.input("x", 8), name="found")
    b.node("squeeze", "found", b.constant([0]), name="some")
    b.node("loop", b.constant(10), "", b.node("convert", "some", element_type="f32"),
           name="y", blocks=(body.block("go", "next"),))  # fmt: skip
    assert "y" in b.infer("y").unresolved


def test_two_runs_of_a_function_need_not_find_equally_many() -> None:
    inner = Block(
        {"a": TensorType("f32", (6,))},
        ("places",),
        (Node("non_zero", "non_zero", ("a",), ("places",)),),
    )
    b = GraphBuilder()
    left = b.node("call", b.input("x", 6), blocks=(inner,))
    right = b.node("call", b.input("y", 6), blocks=(inner,))
    typed = b.infer(b.node("concatenate", left, right, axis=1, name="z"))
    assert typed.types["z"].shape == (1, 12)
    assert typed.body.bounded[left].shape == (1, ANY)


def test_work_beyond_any_machine_is_left_unknown() -> None:
    b = GraphBuilder()
    places = b.node("non_zero", b.input("x", 2**28))
    b.node("matmul", b.node("transpose", places), places, name="y")
    typed = b.infer("y")
    assert "y" in typed.unresolved
    assert "beyond any machine" in str(typed.cause)


# ---- whatever the data says, the figures hold

Step = Callable[[GraphBuilder, str], str]


def _window(b: GraphBuilder, x: str) -> str:
    wide = b.node("unsqueeze", x, b.constant([0, 1]))
    pooled = b.node("pool", wide, function="max", kernel=(2, 1), strides=(2, 1))
    return b.node("squeeze", pooled, b.constant([0, 1]))


def _spread(b: GraphBuilder, x: str) -> str:
    return b.node("expand", b.constant(1.0, "f32"), b.node("shape_of", x))


def _fold(b: GraphBuilder, x: str) -> str:
    flat = b.node("flatten", x, axis=0)
    return b.node("reshape", flat, b.constant([-1, 4]))


def _find(b: GraphBuilder, x: str) -> str:
    places = b.node("transpose", b.node("non_zero", x))
    values = b.node("unsqueeze", b.node("gather_nd", x, places), b.constant([1]))
    return b.node("expand", values, b.constant([1, 4]))


def _best(b: GraphBuilder, x: str) -> str:
    size = b.node("slice", b.node("shape_of", x), b.constant([0]), b.constant([1]))
    count = b.node("minimum", size, b.constant([3]))
    return b.node("top_k", x, count, axis=0)


def _shrink(b: GraphBuilder, x: str) -> str:
    size = b.node("slice", b.node("shape_of", x), b.constant([0]), b.constant([1]))
    half = b.node("divide", size, b.constant([2]))
    return b.node("slice", x, b.constant([0]), half, b.constant([0]))


STEPS: tuple[Step, ...] = (
    lambda b, x: b.node("exp", x),
    lambda b, x: b.node("add", x, b.node("exp", x)),
    lambda b, x: b.node("matmul", x, b.parameter(4, 4)),
    lambda b, x: b.node("concatenate", x, x, axis=0),
    lambda b, x: b.node("slice", x, b.constant([1]), b.constant([5]), b.constant([0])),
    lambda b, x: b.node("slice", x, b.constant([-3]), b.constant([2**40]), b.constant([0])),
    lambda b, x: b.node("matmul", b.node("matmul", x, b.node("transpose", x)), x),
    lambda b, x: b.node("tile", x, b.constant([3, 1])),
    lambda b, x: b.node("pad", x, b.constant([1, 0, 2, 0])),
    lambda b, x: b.node("softmax", x, axis=0),
    lambda b, x: b.node("unique", x, axis=0),
    _window, _spread, _fold, _find, _best, _shrink,
)  # fmt: skip


def build(steps: list[Step], rows: Dimension) -> Graph:
    b = GraphBuilder()
    x = b.input("x", rows, 4)
    for step in steps:
        x = step(b, x)
    return b.graph(x)


def figures(typed: TypedGraph) -> list[int]:
    workload: Workload = find_workload(typed)
    assert workload.first_uncosted is None
    peak = find_peak(typed)
    assert peak is not None
    sizes = [typed.types[name].byte_size for name in sorted(typed.types)]
    return [*workload.rank, peak.total_bytes, *(size or 0 for size in sizes)]


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=5),
    largest=st.integers(1, 12),
    share=st.floats(0, 1),
)
def test_no_data_makes_more_work_or_memory_than_is_said(
    steps: list[Step], largest: int, share: float
) -> None:
    graph = replace(build(steps, "n"), bounds={"n": largest})
    try:
        concrete = infer(build(steps, int(share * largest)))
    except CyborgError:
        assume(False)
    bounded = infer(graph)
    assume(not bounded.unresolved)
    said = figures(bounded)
    assert all(a <= b for a, b in zip(figures(concrete), said, strict=True))
    wider = figures(infer(replace(graph, bounds={"n": largest + 1})))
    assert all(a <= b for a, b in zip(said, wider, strict=True))


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=4), largest=st.integers(4, 12))
def test_a_bound_is_lost_by_no_step(steps: list[Step], largest: int) -> None:
    graph = replace(build(steps, "n"), bounds={"n": largest})
    assert not infer(graph).unresolved


def test_a_size_that_one_carried_value_hands_to_the_next_is_followed() -> None:
    """x grows, y is the last x and z the last y: z changes in the third trip only."""
    body = loop_body("c", {"x": "grown", "y": "x", "z": "y"})
    b = GraphBuilder()
    first = [b.input(f"{name}0", 10) for name in "xyz"]
    b.node("loop", b.constant(5), "", *first, outputs=3, name="l", blocks=(body,))
    types = b.infer("l", "l_1", "l_2").types
    assert [types[name].shape for name in ("l", "l_1", "l_2")] == [(ANY,)] * 3


def loop_body(condition: str, after: dict[str, str]) -> Block:
    """A body that carries vectors; each becomes another one, or ``grown``, x beside itself."""
    body = GraphBuilder()
    body.inputs = {"i": TensorType("i64", ()), "c": TensorType("i1", ())}
    body.inputs |= {name: TensorType("f32", None) for name in after}
    body.node("concatenate", "x", "x", axis=0, name="grown")
    body.node("slice", "x", body.constant([0]), body.constant([3]), body.constant([0]), name="cut")
    body.node("identity", condition, name="go")
    for name, source in after.items():
        body.node("identity", source, name=f"next_{name}")
    return body.block("go", *(f"next_{name}" for name in after))


@settings(max_examples=100, deadline=None)
@given(
    after=st.lists(st.sampled_from(["x", "y", "z", "w", "grown", "cut"]), min_size=4, max_size=4),
    sizes=st.lists(st.integers(1, 6), min_size=4, max_size=4),
    trips=st.integers(1, 6),
)
def test_carried_sizes_are_those_of_the_trips_or_open(
    after: list[str], sizes: list[int], trips: int
) -> None:
    names = "xyzw"
    now = dict(zip(names, sizes, strict=True))
    for _ in range(trips):
        now |= {"grown": 2 * now["x"], "cut": min(3, now["x"])}
        now |= {name: now[source] for name, source in zip(names, after, strict=True)}
    b = GraphBuilder()
    first = [b.input(f"{n}0", size) for n, size in zip(names, sizes, strict=True)]
    body = loop_body("c", dict(zip(names, after, strict=True)))
    b.node("loop", b.constant(trips), "", *first, outputs=4, name="l", blocks=(body,))
    typed = b.infer("l")
    for result, name in zip(("l", "l_1", "l_2", "l_3"), names, strict=True):
        (size,) = typed.types[result].shape or (ANY,)
        if result in typed.body.bounded:
            assert isinstance(size, int)
            assert now[name] <= size
        elif isinstance(size, int):
            assert now[name] == size


def test_a_symbol_that_a_body_states_has_not_the_size_of_its_first_trip() -> None:
    body = loop_body("c", {"x": "grown"})
    body = replace(body, types={"grown": TensorType("f32", ("k",))})
    b = GraphBuilder()
    b.node("loop", b.constant(5), "", b.input("x0", 10), name="l", blocks=(body,))
    assert b.infer("l").types["l"].shape in (("?",), ("k",))


def test_a_symbol_that_a_function_states_has_not_the_bound_of_its_first_call() -> None:
    function = Block(
        {"a": TensorType("f32", None)},
        ("r",),
        (Node("non_zero", "non_zero", ("a",), ("r",)),),
        types={"r": TensorType("i64", (1, "k"))},
    )
    b = GraphBuilder()
    few = b.node("call", b.input("x", 10), blocks=(function,))
    many = b.node("call", b.input("y", 100), blocks=(function,))
    types = b.infer(few, many).types
    assert [types[name].shape for name in (few, many)] == [(1, 10), (1, 100)]
