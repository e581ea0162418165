"""Memory that one value takes over from another: updates, what loops carry, donated arguments."""

from dataclasses import replace

import pytest

from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.memory.liveness import find_peak
from tests.unit.graph.building import GraphBuilder
from tests.unit.graph.test_liveness import peak

COUNTER = TensorType("i32", ())
VECTOR = TensorType("f32", (100,))


def loop(b: GraphBuilder, body: GraphBuilder, results: tuple[str, ...], *first: str) -> str:
    """A while loop of ten trips over these first values; gives the name of its counter."""
    condition = GraphBuilder()
    condition.inputs = {"i": COUNTER, **{f"c{place}": VECTOR for place in range(len(first))}}
    condition.node("compare", "i", condition.constant(10, "i32"), name="go", direction="LT")
    body.node("add", "bi", body.constant(1, "i32"), name="next")
    b.node(
        "while", b.constant(0, "i32"), *first, outputs=1 + len(first), name="loop",
        blocks=(condition.block("go"), body.block("next", *results)),
    )  # fmt: skip
    return "loop"


def body_of(*carried: str) -> GraphBuilder:
    body = GraphBuilder()
    body.inputs = {"bi": COUNTER, **dict.fromkeys(carried, VECTOR)}
    return body


SMALL = 3 * 4 + 1
"""The counter, its next value and its comparison."""


def test_an_update_takes_over_what_nobody_reads_afterwards() -> None:
    b = GraphBuilder()
    x, part, place = b.node("exp", b.input("x", 100)), b.input("p", 1), b.constant(0)
    for _ in range(3):
        x = b.node("dynamic_update_slice", x, part, place)
    assert peak(b, b.node("exp", x)) == 400


def test_an_update_of_what_is_read_again_needs_memory() -> None:
    b = GraphBuilder()
    x = b.node("exp", b.input("x", 100))
    y = b.node("dynamic_update_slice", x, b.input("p", 1), b.constant(0))
    assert peak(b, b.node("add", b.node("exp", y), b.node("exp", x))) >= 2 * 400


def test_an_input_is_never_updated_in_place() -> None:
    b = GraphBuilder()
    y = b.node("dynamic_update_slice", b.input("x", 100), b.input("p", 1), b.constant(0))
    assert peak(b, b.node("exp", y)) == 400


@pytest.mark.parametrize(
    ("operation", "more"),
    [("exp", 0), ("softmax", 400)],
)
def test_a_carried_value_has_one_buffer_and_a_next_one_where_it_cannot_be_written_over(
    operation: str, more: int
) -> None:
    body = body_of("c")
    body.node(operation, "c", name="r", **({"axis": 0} if more else {}))
    b = GraphBuilder()
    first = b.node("exp", b.input("x", 100))
    loop(b, body, ("r",), first)
    found = peak(b, b.node("exp", "loop_1"))
    assert 400 + more <= found <= 400 + more + SMALL


def test_a_first_value_that_is_read_again_is_copied() -> None:
    body = body_of("c")
    body.node("exp", "c", name="r")
    b = GraphBuilder()
    first = b.node("exp", b.input("x", 100))
    loop(b, body, ("r",), first)
    found = peak(b, b.node("exp", b.node("add", "loop_1", first)))
    assert 800 <= found <= 3 * 400 + SMALL


def test_a_first_value_that_the_body_reads_too_is_copied() -> None:
    body = body_of("c")
    body.node("add", "c", "first", name="r")
    b = GraphBuilder()
    b.node("exp", b.input("x", 100), name="first")
    loop(b, body, ("r",), "first")
    assert peak(b, b.node("exp", "loop_1")) >= 800


def test_one_first_value_of_two_carried_ones_is_copied_once() -> None:
    body = body_of("c", "d")
    body.node("exp", "c", name="r")
    body.node("exp", "d", name="s")
    b = GraphBuilder()
    first = b.node("exp", b.input("x", 100))
    loop(b, body, ("r", "s"), first, first)
    found = peak(b, b.node("add", "loop_1", "loop_2"))
    assert 800 <= found <= 800 + SMALL


def test_carried_values_that_change_places_are_copied() -> None:
    body = body_of("c", "d")
    b = GraphBuilder()
    loop(b, body, ("d", "c"), b.node("exp", b.input("x", 100)), b.node("exp", b.input("y", 100)))
    assert peak(b, b.node("add", "loop_1", "loop_2")) >= 4 * 400


def test_what_a_function_updates_is_updated_in_place() -> None:
    inner = Block(
        {"a": VECTOR, "p": TensorType("f32", (1,)), "at": TensorType("i64", ())},
        ("r",),
        (Node("dynamic_update_slice", "update", ("a", "p", "at"), ("r",)),),
    )
    b = GraphBuilder()
    x = b.node("exp", b.input("x", 100))
    y = b.node("call", x, b.input("p", 1), b.constant(0), blocks=(inner,))
    assert peak(b, b.node("exp", y)) == 400


def test_a_donated_argument_is_updated_in_place_and_only_as_its_output() -> None:
    b = GraphBuilder()
    step = b.node("dynamic_update_slice", b.input("x", 100), b.input("p", 1), b.constant(0))
    b.node("dynamic_update_slice", step, "p", b.constant(1), name="y")
    b.node("exp", "y", name="z")
    graph = b.graph("y", "z")

    def total(aliased: dict[int, str]) -> int:
        found = find_peak(infer(replace(graph, body=replace(graph.body, aliased_outputs=aliased))))
        assert found is not None
        return found.total_bytes

    assert total({0: "x"}) == 0
    assert total({1: "x"}) == total({})


def test_a_broadcast_that_adds_dimensions_of_one_shows_its_operand() -> None:
    b = GraphBuilder()
    x = b.node("exp", b.input("x", 100))
    wide = b.node("broadcast_in_dim", x, shape=(1, 100), broadcast_dimensions=(1,))
    assert peak(b, b.node("softmax", wide, axis=1)) == 400


def donate(b: GraphBuilder, outputs: tuple[str, ...], aliased: dict[int, str]) -> int:
    graph = b.graph(*outputs)
    typed = infer(replace(graph, body=replace(graph.body, aliased_outputs=aliased)))
    found = find_peak(typed)
    assert found is not None
    return found.total_bytes


def square(b: GraphBuilder, name: str) -> str:
    return b.input(name, 10, 10)


@pytest.mark.parametrize(
    ("operations", "temporaries"),
    [
        (("exp",), 0),
        (("matmul",), 400),
        (("softmax",), 400),
        (("exp", "matmul"), 400),
        (("softmax", "matmul"), 400),
    ],
)
def test_what_cannot_be_written_over_its_donated_operand_is_copied(
    operations: tuple[str, ...], temporaries: int
) -> None:
    """XLA's memory analysis has as many for f32[512,512] on a CPU: none or one tensor."""
    b = GraphBuilder()
    y = square(b, "x")
    for operation in operations:
        if operation == "matmul":
            y = b.node("matmul", y, b.parameter(10, 10))
        else:
            y = b.node(operation, y, axis=0) if operation == "softmax" else b.node(operation, y)
    assert donate(b, (y,), {0: "x"}) == temporaries


def test_donated_arguments_that_change_places_are_copied() -> None:
    b = GraphBuilder()
    x, y = square(b, "x"), square(b, "y")
    assert donate(b, (b.node("identity", y), b.node("identity", x)), {0: "x", 1: "y"}) == 800


def test_a_donated_argument_that_is_read_after_its_output_is_made_is_not_written_over() -> None:
    b = GraphBuilder()
    y = b.node("exp", square(b, "x"))
    assert donate(b, (y, b.node("matmul", "x", b.parameter(10, 10))), {0: "x"}) == 400
