"""Values between the elements."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("resize", [(1, 2, 4, 6), None, [1.0, 1.0, 2.0, 0.5]], {}, (1, 2, 8, 3)),
    ("resize", [("n", 2, 4, 6), None, None, [1, 2, 7, 9]], {}, (1, 2, 7, 9)),
    ("resize", [("n", 2, 4, 6), None, [2.0, 2.0]], {"axes": (2, 3)}, ("n", 2, 8, 12)),
    ("roi_align", [(1, 3, 8, 8), (5, 4)], {"output_height": 2, "output_width": 3}, (5, 3, 2, 3)),
    ("grid_sample", [(1, 3, 8, 8), (1, 5, 6, 2)], {}, (1, 3, 5, 6)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected


REFUSED: list[tuple[str, list[Operand], dict[str, Any]]] = [
    ("resize", [(1, 2), None, [2.0]], {}),
]  # fmt: skip


@each_case(REFUSED)
def test_operands_that_do_not_fit_are_refused_with_the_node(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    with pytest.raises(UnreadableModel, match=r"'v0"):
        apply(operation, *operands, **attributes)


def roi_align_flops(ratio: int | None) -> int:
    stated = {} if ratio is None else {"sampling_ratio": ratio}
    images, regions = (1, 256, 50, 50), (100, 4)
    cost = apply(
        "roi_align", images, regions, (100,), output_height=7, output_width=7, **stated
    ).cost
    assert cost is not None
    return cost.flops_other


def test_the_work_of_picking_regions_grows_with_the_square_of_the_samples() -> None:
    once = 100 * 256 * 7 * 7 * 8
    assert [roi_align_flops(ratio) for ratio in (1, 2, 4)] == [once, 4 * once, 16 * once]


def test_an_adaptive_number_of_samples_counts_as_the_least_that_it_can_be() -> None:
    assert roi_align_flops(0) == roi_align_flops(None) == roi_align_flops(1)


# ---- costs: so many neighbours mixed per result.

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
