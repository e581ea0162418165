"""Writing where indices say."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("scatter_nd", [(5, 6), TensorType("i64", (2, 1)), (2, 6)], {}, (5, 6)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected


VALUES: list[tuple[str, list[Operand], dict[str, Any], tuple[object, ...]]] = [
    ("scatter_nd", [[1, 2, 3], [0, 2], [9, 8]], {}, (9, 2, 8)),
]  # fmt: skip


@each_case(VALUES)
def test_a_small_value_is_reckoned(
    operation: str,
    operands: list[Operand],
    attributes: dict[str, Any],
    expected: tuple[object, ...],
) -> None:
    assert apply(operation, *operands, **attributes).value == expected


@pytest.mark.parametrize("operation", ["scatter_elements", "scatter_nd"])
def test_updates_that_combine_take_a_flop_each(operation: str) -> None:
    indices, updates = TensorType("i64", (2, 1)), (2, 6)
    replaced = apply(operation, (5, 6), indices, updates).cost
    summed = apply(operation, (5, 6), indices, updates, reduction="add").cost
    assert replaced is not None
    assert summed is not None
    assert (replaced.flops_other, summed.flops_other) == (0, 12)
    assert replaced.written_bytes == summed.written_bytes == 48


def test_a_value_that_updates_combine_with_is_not_replaced() -> None:
    assert apply("scatter_nd", [1, 2, 3], [0, 2], [9, 8], reduction="add").value is None
