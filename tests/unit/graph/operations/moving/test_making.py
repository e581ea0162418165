"""Tensors made of nothing."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("one_hot", [TensorType("i64", (4,)), 10, [0.0, 1.0]], {"axis": -1}, (4, 10)),
    ("range", [2, 11, 3], {}, (3,)),
    ("range", [5, 0, -2], {}, (3,)),
    ("range", [5, 0, 1], {}, (0,)),
    ("iota", [], {"shape": (3, 4), "element_type": "i32"}, (3, 4)),
    ("constant_of_shape", [[2, 3]], {}, (2, 3)),
    ("eye_like", [(3, 3)], {}, (3, 3)),
    ("random", [], {"shape": (2, 3), "element_type": "f32"}, (2, 3)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected


VALUES: list[tuple[str, list[Operand], dict[str, Any], tuple[object, ...]]] = [
    ("range", [0, 6, 2], {}, (0, 2, 4)),
    ("iota", [], {"shape": (3,), "element_type": "i32"}, (0, 1, 2)),
    ("constant_of_shape", [[2, 2]], {"value": 7, "element_type": "i64"}, (7, 7, 7, 7)),
]  # fmt: skip


@each_case(VALUES)
def test_a_small_value_is_reckoned(
    operation: str,
    operands: list[Operand],
    attributes: dict[str, Any],
    expected: tuple[object, ...],
) -> None:
    assert apply(operation, *operands, **attributes).value == expected


UNKNOWN: list[tuple[str, list[Operand], dict[str, Any]]] = [
    ("constant_of_shape", [[5000]], {}),
    ("range", [0, 10**9, 1], {}),
]  # fmt: skip


@each_case(UNKNOWN)
def test_what_cannot_be_reckoned_stays_unknown(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    assert apply(operation, *operands, **attributes).value is None


REFUSED: list[tuple[str, list[Operand], dict[str, Any]]] = [
    ("range", [0, 5, 0], {}),
    ("constant_of_shape", [[2**40, 2**40]], {}),
    ("constant_of_shape", [[-1]], {}),
]  # fmt: skip


@each_case(REFUSED)
def test_operands_that_do_not_fit_are_refused_with_the_node(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    with pytest.raises(UnreadableModel, match=r"'v0"):
        apply(operation, *operands, **attributes)
