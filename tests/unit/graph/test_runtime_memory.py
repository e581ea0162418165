"""What lies in memory where a runtime reads by strides and runs attention as one kernel."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cyborg_rr.domain.graph.memory.habits import Attending, Habits
from cyborg_rr.domain.graph.memory.liveness import find_peak, find_whole_peak
from cyborg_rr.domain.graph.memory.strides import reshape_strides
from tests.unit.graph.attending import (
    BATCH,
    FORMS,
    HEADS,
    KEYS,
    QUERIES,
    VALUES,
    AttentionBuilder,
    build,
    plain,
    scaled_on_both_sides,
)
from tests.unit.graph.building import GraphBuilder

Form = Callable[[AttentionBuilder], str]
RESULT = 4 * BATCH * HEADS * QUERIES * VALUES
SCORES = 4 * BATCH * HEADS * QUERIES * KEYS
SIZE = 4 * 60


def reach(
    b: GraphBuilder, *outputs: str, fuses: bool = False, attending: Attending = "none"
) -> int:
    """The bytes of the peak of a runtime that reads by strides."""
    habits = Habits(strided=True, fuses=fuses, attending=attending)
    peak = find_whole_peak(b.infer(*outputs), habits)
    assert peak is not None
    assert peak.total_bytes == sum(peak.by_element_type.values())
    return peak.total_bytes


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_kernel_of_attention_stores_neither_scores_nor_probabilities(form: Form) -> None:
    built = build(form)
    spelled = reach(built.builder, built.result)
    whole = reach(built.builder, built.result, attending="all")
    assert whole <= spelled - SCORES // 2  # of 16 bits in some forms


def test_only_what_is_called_runs_as_one_where_nothing_is_joined() -> None:
    for form, differs in ((plain, False), (scaled_on_both_sides, True)):
        built = build(form)
        called = reach(built.builder, built.result, attending="called")
        assert (called < reach(built.builder, built.result)) == differs


def test_operands_of_a_kernel_live_until_it_has_run() -> None:
    """The query is made before the mask, and read where the last product stands."""
    b = AttentionBuilder()
    _, k, v = b.heads()
    made = b.node("exp", b.input("x", BATCH, HEADS, QUERIES, 4))
    x = b.node("softmax", b.scores(made, k), axis=-1)
    result = b.node("matmul", x, v)
    query = 4 * BATCH * HEADS * QUERIES * 4
    assert reach(b, result, attending="all") == query + RESULT


def test_a_single_operation_stores_scores_and_probabilities_without_such_a_kernel() -> None:
    b = AttentionBuilder()
    q, k, v = b.heads()
    result = b.node("attention", q, k, v)
    assert reach(b, result, attending="called") == RESULT
    assert reach(b, result) == RESULT + 2 * SCORES


def test_turned_and_cut_values_only_show_their_operand() -> None:
    b = GraphBuilder()
    x = b.node("exp", b.input("x", 3, 4, 5))
    turned = b.node("transpose", x, permutation=(1, 2, 0))
    part = b.node("split", turned, outputs=2, axis=0, num_outputs=2)
    result = b.node("add", part, f"{part}_1")
    assert reach(b, result) == SIZE + SIZE // 2


@pytest.mark.parametrize(
    ("sizes", "values"), [((4, 3, 5, 1), 2), ((12, 5), 3), ((4, 15), 3)], ids=str
)
def test_a_reshape_of_turned_values_copies_them(sizes: tuple[int, ...], values: int) -> None:
    """But where it only adds a dimension."""
    b = GraphBuilder()
    x = b.node("exp", b.input("x", 3, 4, 5))
    turned = b.node("transpose", x, permutation=(1, 0, 2))
    result = b.node("negate", b.node("reshape", turned, b.constant(list(sizes))))
    number = b.node("reduce", x, function="sum", axes=(0, 1, 2))
    assert reach(b, result, number) // SIZE == values


def test_outputs_take_room_from_when_they_are_made() -> None:
    """A large output that is made last does not lie beside the temporaries of before."""
    b = GraphBuilder()
    x = b.node("exp", b.node("exp", b.input("x", 60)))
    result = b.node("expand", b.node("reduce", x, function="sum", axes=(0,)), b.constant([100]))
    typed = b.infer(b.node("exp", result))
    before = find_peak(typed)
    assert before is not None
    assert before.total_bytes == 2 * SIZE
    assert reach(b, typed.body.block.outputs[0]) == 2 * SIZE


def test_where_buffers_are_planned_outputs_have_room_of_their_own() -> None:
    b = GraphBuilder()
    x = b.node("matmul", b.input("x", 10, 10), b.parameter(10, 10))
    result = b.node("matmul", x, b.parameter(10, 10))
    assert reach(b, result, fuses=True) == 2 * 400


@pytest.mark.parametrize(
    ("before", "strides", "after", "expected"),
    [
        ((3, 4, 5), (20, 5, 1), (12, 5), (5, 1)),
        ((4, 3, 5), (5, 20, 1), (12, 5), None),
        ((4, 3, 5), (5, 20, 1), (4, 3, 1, 5), (5, 20, 5, 1)),
        ((2, 12, 8), (96, 8, 1), (2, 3, 4, 8), (96, 32, 8, 1)),
        ((2, 8, 12), (96, 1, 8), (2, 8, 3, 4), (96, 1, 32, 8)),
        ((1, 5), (7, 1), (5,), (1,)),
        ((), (), (1, 1), (1, 1)),
        ((2, 3), (0, 1), (6,), None),
    ],
)
def test_a_reshape_shows_what_has_one_stride_for_each_dimension(
    before: tuple[int, ...],
    strides: tuple[int, ...],
    after: tuple[int, ...],
    expected: tuple[int, ...] | None,
) -> None:
    """As ``torch.Tensor.view`` accepts and refuses them."""
    assert reshape_strides(before, strides, after) == expected
