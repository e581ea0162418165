"""Exchanges between devices."""

from typing import Any

from cyborg_rr.domain.graph.graph import Shape
from tests.unit.graph.applying import Operand, apply, each_case

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("all_gather", [(2, 8)], {"all_gather_dimension": 1, "group_size": 4}, (2, 32)),
    ("reduce_scatter", [(2, 8)], {"scatter_dimension": 1, "group_size": 4}, (2, 2)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected
