"""Transforms and solutions."""

from typing import Any

from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("fft", [TensorType("f32", (2, 10))], {"fft_type": "RFFT", "fft_length": (10,)}, (2, 6)),
    ("fft", [(1, 10, 10, 1)], {"axis": 1, "onesided": True}, (1, 6, 10, 2)),
    ("triangular_solve", [(3, 3), (3, 7)], {}, (3, 7)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected
