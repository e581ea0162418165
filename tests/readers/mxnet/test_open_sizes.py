"""Constants whose shapes leave sizes open get those that the operations around them demand."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.requirement.extraction import extract
from tests.readers.mxnet.files import Stated, bind, read, result, var, write

ZEROS = {"shape": "(0, 12)"}
DENSE = {"num_hidden": "48"}


def count_work(graph: Graph, **inputs: tuple[int, ...]) -> int | None:
    """Multiply-adds with these inputs, all of them known."""
    typed = bind(graph, **inputs)
    assert typed.unresolved == ()
    found = extract(typed, name="", sha256=None, size_bytes=0, reader_name="", bindings={})
    return found.compute.macs


def cell(*, turned: bool, join: str = "elemwise_add", state: str = "_zeros") -> Graph:
    """A cell at its first step: what comes in stands before the state, or behind it."""
    given: list[Stated] = [var("x"), var("i_weight"), var("i_bias")]
    start: list[Stated] = [(state, "begin", (), ZEROS), var("h_weight"), var("h_bias")]
    first, second = (start, given) if turned else (given, start)
    nodes = [*first, ("FullyConnected", "one", (0, 1, 2), DENSE), *second]
    nodes.append(("FullyConnected", "two", (4, 5, 6), DENSE))
    pair = (7, 3) if turned else (3, 7)
    return read(write(*nodes, (join, "sum", pair, {"dim": "1"})))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("join", ["elemwise_add", "_plus", "_Mul", "Concat", "add_n", "_maximum"])
@pytest.mark.parametrize("state", ["_zeros", "_ones", "_full"])
def test_a_state_has_the_batch_of_what_it_meets(turned: bool, join: str, state: str) -> None:
    graph = cell(turned=turned, join=join, state=state)
    assert count_work(graph, x=(3, 7)) == 3 * 7 * 48 + 3 * 12 * 48
    assert graph.warnings == ()


def test_a_state_that_is_broadcast_has_no_batch_of_its_own() -> None:
    graph = cell(turned=False, join="broadcast_add")
    assert count_work(graph, x=(3, 7)) == 3 * 7 * 48 + 12 * 48
    (told,) = graph.warnings
    assert told.startswith("the shapes of 1 constants leave sizes open that nothing gives")
    assert told.endswith(": begin")


def test_a_state_finds_what_it_meets_through_other_operations() -> None:
    graph = read(
        write(
            var("x"),
            ("_zeros", "begin", (), ZEROS),
            ("Activation", "act", (1,), {"act_type": "tanh"}),
            ("SliceChannel", "cut", (2,), {"num_outputs": "2"}),
            ("expand_dims", "wide", (3,), {"axis": "0"}),
            ("_mul_scalar", "twice", (4,), {"scalar": "2"}),
            ("elemwise_mul", "met", (0, 5), {}),
        )
    )
    assert result(bind(graph, x=(1, 5, 6))).shape == (1, 5, 6)


def test_a_state_of_all_layers_has_the_batch_of_the_sequence() -> None:
    graph = read(
        write(
            var("x"),
            var("rnn_parameters"),
            ("_zeros", "begin", (), {"shape": "(1, 0, 12)"}),
            ("RNN", "rnn", (0, 1, 2), {"state_size": "12", "num_layers": "1", "mode": "gru"}),
        )
    )
    typed = bind(graph, x=(5, 3, 7))
    assert typed.body.types["begin"].shape == (1, 3, 12)


def test_two_states_that_meet_each_other_first_are_no_circle() -> None:
    graph = read(
        write(
            ("_zeros", "one", (), ZEROS),
            ("_zeros", "two", (), ZEROS),
            ("elemwise_add", "pair", (0, 1), {}),
            var("x"),
            ("elemwise_add", "sum", (2, 3), {}),
        )
    )
    assert result(bind(graph, x=(3, 12))).shape == (3, 12)


def test_many_states_take_no_longer_than_the_symbol_is_long() -> None:
    states: list[Stated] = [("_zeros", f"s{place}", (), ZEROS) for place in range(2000)]
    chain: list[Stated] = [
        ("broadcast_add", f"b{place}", (place, max(1999 + place, 0)), {})
        for place in range(1, 2000)
    ]
    graph = read(write(*states, ("relu", "b0", (0,), {}), *chain))
    assert "leave sizes open" in graph.warnings[0]


def test_numbers_of_numpy_may_have_a_size_of_nothing() -> None:
    graph = read(write(var("x"), ("_npi_zeros", "none", (), {"shape": "(0, 2)"}), key="attrs"))
    assert result(bind(graph)).shape == (0, 2)


def test_random_numbers_of_an_open_size_are_not_none() -> None:
    graph = read(write(("_random_uniform", "noise", (), {"shape": "(0, 4)"})))
    assert result(bind(graph)).shape == (1, 4)
    assert "leave sizes open" in graph.warnings[0]
