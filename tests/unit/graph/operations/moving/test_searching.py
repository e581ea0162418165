"""Results as many as the data has."""

from typing import Any

from cyborg_rr.domain.graph.graph import Shape
from tests.unit.graph.applying import Operand, apply, each_case

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("non_zero", [(2, 3)], {}, (2, "?")),
    ("non_zero", [[1, 0, 1]], {}, (1, 2)),
    ("where_indices", [(2, 3)], {}, ("?", 2)),
    ("unique", [(4, 5)], {"axis": 1}, (4, "?")),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected


VALUES: list[tuple[str, list[Operand], dict[str, Any], tuple[object, ...]]] = [
    ("non_zero", [[0, 4, 0, 5]], {}, (1, 3)),
]  # fmt: skip


@each_case(VALUES)
def test_a_small_value_is_reckoned(
    operation: str,
    operands: list[Operand],
    attributes: dict[str, Any],
    expected: tuple[object, ...],
) -> None:
    assert apply(operation, *operands, **attributes).value == expected
