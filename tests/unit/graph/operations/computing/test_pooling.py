"""Windows that reduce."""

import pytest

from tests.unit.graph.applying import apply
from tests.unit.graph.operations.counting import Case, as_parameters, count


def test_pooling_with_ceiling_and_layout() -> None:
    assert apply("pool", (1, 3, 6, 6), kernel=(3, 3), strides=(2, 2), ceil_mode=True).shape == (
        1, 3, 3, 3,
    )  # fmt: skip
    last = apply("pool", (1, 6, 6, 3), kernel=(2, 2), strides=(2, 2), layout="N01C", outputs=2)
    assert last.shapes == ((1, 3, 3, 3), (1, 3, 3, 3))
    assert last.types[1].element_type == "i64"
    assert apply("global_pool", (2, 3, 5, 5)).shape == (2, 3, 1, 1)
    assert apply("global_pool", (2, 3, 5, 5), sizes=(2, 7)).shape == (2, 3, 2, 7)


def test_the_work_of_pooling_is_its_window() -> None:
    cost = apply("pool", (1, 3, 6, 6), kernel=(2, 2), strides=(2, 2), function="max").cost
    assert cost is not None
    assert cost.flops_other == 27 * 4


def test_windows_over_all_dimensions() -> None:
    found = apply(
        "reduce_window", (1, 8, 8, 3), (),
        operands=1, window_dimensions=(1, 2, 2, 1), window_strides=(1, 2, 2, 1),
        padding=(0, 0, 0, 0, 0, 0, 0, 0),
    )  # fmt: skip
    assert found.shape == (1, 4, 4, 3)
    assert found.cost is not None
    assert found.cost.flops_other == 48 * 3


# ---- costs: so many combinations per result.

CASES = (
    Case("the largest of each window", "pool", [(2, 3, 11, 13)],
         {"function": "max", "kernel": (5, 7)},
         flops=(2 * 3 * 7 * 7) * (5 * 7)),  # each element of a window is held against the result
    Case("the average of each window", "pool", [(2, 3, 11, 13)],
         {"function": "average", "kernel": (5, 7), "strides": (2, 3)},
         flops=(2 * 3 * 4 * 3) * (5 * 7)),  # 34 additions and the division
    Case("the norm of each window", "pool", [(2, 3, 11, 13)],
         {"function": "lp", "kernel": (5, 7)},
         flops=(2 * 3 * 7 * 7) * (5 * 7) * (1 + 1),  # square and add up
         transcendentals=2 * 3 * 7 * 7),  # a root per result
    Case("the largest of each window with the channels last", "pool", [(2, 11, 13, 3)],
         {"function": "max", "kernel": (5, 7), "layout": "N01C"}, outputs=2,
         flops=(2 * 3 * 7 * 7) * (5 * 7)),
    Case("the average of everything", "global_pool", [(2, 3, 5, 7)], {"function": "average"},
         flops=2 * 3 * 5 * 7),  # per channel 34 additions and the division
    Case("averages of windows that overlap", "global_pool", [(2, 3, 5, 7)],
         {"function": "average", "sizes": (2, 3)},
         flops=(6 * 2 * 3) * 3 * 3),  # windows of 3 x 3, two and two apart
    Case("the largest of everything", "global_pool", [(2, 3, 5, 7)], {"function": "max"},
         flops=2 * 3 * 5 * 7),  # each element is held against the result
    Case("magnitudes of everything", "global_pool", [(2, 3, 5, 7)], {"function": "lp", "order": 1},
         flops=(2 * 3 * 5 * 7) * (1 + 1)),  # drop the sign, add up
    Case("third powers of everything", "global_pool", [(2, 3, 5, 7)],
         {"function": "lp", "order": 3},
         flops=(2 * 3 * 5 * 7) * (1 + 1), transcendentals=2 * 3 * 5 * 7 + 2 * 3),
    Case("the norm of everything", "global_pool", [(2, 3, 5, 7)], {"function": "lp"},
         flops=(2 * 3 * 5 * 7) * (1 + 1),  # square and add up
         transcendentals=2 * 3),  # a root per channel
    Case("windows over all dimensions", "reduce_window", [(1, 11, 13, 3), ()],
         {"operands": 1, "window_dimensions": (1, 5, 7, 1)},
         flops=(7 * 7 * 3) * (5 * 7 - 1)),  # n elements are combined in n - 1 steps
    Case("windows of two tensors", "reduce_window", [(11, 13), (11, 13), (), ()],
         {"operands": 2, "window_dimensions": (5, 7)}, outputs=2,
         flops=(7 * 7) * (5 * 7 - 1) * 2),
    Case("windows of one element combine nothing", "reduce_window", [(11, 13), ()],
         {"operands": 1, "window_dimensions": (1, 1)}),
    Case("windows that overlap nowhere", "reduce_window", [(10, 14), ()],
         {"operands": 1, "window_dimensions": (5, 7), "window_strides": (5, 7)},
         flops=(2 * 2) * (5 * 7 - 1)),
    Case("selecting and scattering", "select_and_scatter", [(10, 21), (2, 3), ()],
         {"window_dimensions": (5, 7), "window_strides": (5, 7)},
         flops=(2 * 3) * (5 * 7)  # each element of a window is held against the one selected
         + 2 * 3),  # what is scattered is added
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_pooling_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
