"""Values between the elements."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape
from tests.unit.graph.applying import Operand, apply, each_case

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
