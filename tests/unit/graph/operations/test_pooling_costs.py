"""Windows that reduce: so many combinations per result; regions are sampled between pixels."""

import pytest

from tests.unit.graph.operations.counting import Case, as_parameters, count

# Between pixels: the four around the point times their weights, and added up.
_BILINEAR = 4 + 4

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
    Case("the largest of everything", "global_pool", [(2, 3, 5, 7)], {"function": "max"},
         flops=2 * 3 * 5 * 7),  # each element is held against the result
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
    *(
        Case(f"regions sampled {ratio} by {ratio} times per bin", "roi_align",
             [(1, 3, 11, 13), (2, 4), [0, 0]],
             {"output_height": 5, "output_width": 7, "sampling_ratio": ratio},
             flops=(2 * 3 * 5 * 7) * (ratio * ratio) * _BILINEAR)
        for ratio in (1, 2, 4)
    ),
    Case("regions sampled as the device likes count one sample per bin", "roi_align",
         [(1, 3, 11, 13), (2, 4), [0, 0]],
         {"output_height": 5, "output_width": 7},
         flops=(2 * 3 * 5 * 7) * _BILINEAR),  # at least one
    Case("sampling on a grid", "grid_sample", [(2, 3, 11, 13), (2, 5, 7, 2)],
         flops=(2 * 3 * 5 * 7) * _BILINEAR),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_pooling_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
