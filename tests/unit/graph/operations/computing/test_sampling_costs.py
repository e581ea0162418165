"""Between pixels: so many neighbours mixed per result."""

import pytest

from tests.unit.graph.operations.counting import Case, as_parameters, count

# Between pixels: the four around the point times their weights, and added up.
_BILINEAR = 4 + 4

CASES = (
    Case("the nearest element is only picked", "resize",
         [(2, 3, 5), None, None, [2, 3, 11]], {"mode": "nearest"}),
    Case("without a mode the nearest element is picked", "resize",
         [(2, 3, 5), None, None, [2, 3, 11]]),
    Case("linear along one dimension", "resize",
         [(2, 3, 5), None, None, [2, 3, 11]], {"mode": "linear"},
         flops=(2 * 3 * 11) * (2 + 2)),  # both neighbours times their weights, and added up
    Case("cubic along one dimension", "resize",
         [(2, 3, 5), None, None, [2, 3, 11]], {"mode": "cubic"},
         flops=(2 * 3 * 11) * (4 + 4)),  # four neighbours times their weights, and added up
    Case("linear along two dimensions", "resize",
         [(2, 3, 5, 7), None, None, [2, 3, 11, 13]], {"mode": "linear"},
         flops=(2 * 3 * 11 * 13) * _BILINEAR),
    Case("linear along three dimensions", "resize",
         [(2, 3, 5, 7, 4), None, None, [2, 3, 11, 13, 6]], {"mode": "linear"},
         flops=(2 * 3 * 11 * 13 * 6) * (8 + 8)),
    Case("cubic along two dimensions", "resize",
         [(2, 3, 5, 7), None, None, [2, 3, 11, 13]], {"mode": "cubic"},
         flops=(2 * 3 * 11 * 13) * (4 * 4 + 4 * 4)),
    Case("linear to the same size mixes nothing", "resize",
         [(2, 3, 5), None, None, [2, 3, 5]], {"mode": "linear"}),
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
    Case("sampling on a grid in space", "grid_sample", [(2, 3, 11, 13, 4), (2, 5, 7, 6, 3)],
         {"mode": "linear"},
         flops=(2 * 3 * 5 * 7 * 6) * (8 + 8)),  # eight around the point
    Case("cubic sampling on a grid", "grid_sample", [(2, 3, 11, 13), (2, 5, 7, 2)],
         {"mode": "cubic"},
         flops=(2 * 3 * 5 * 7) * (4 * 4 + 4 * 4)),
    Case("the nearest to a grid is only picked", "grid_sample", [(2, 3, 11, 13), (2, 5, 7, 2)],
         {"mode": "nearest"}),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_sampling_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
