"""Tensors made of nothing."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("one_hot", [TensorType("i64", (4,)), 10, [0.0, 1.0]], {"axis": -1}, (4, 10)),
    ("range", [2, 11, 3], {}, (3,)),
    ("range", [5, 0, -2], {}, (3,)),
    ("range", [5, 0, 1], {}, (0,)),
    ("iota", [], {"shape": (3, 4), "element_type": "i32", "axis": 1}, (3, 4)),
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
    ("iota", [], {"shape": (3,), "element_type": "i32", "axis": 0}, (0, 1, 2)),
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


# ---- costs: ranges and fills are only written; random numbers are worked.

CASES = (
    Case("a range is made on the way", "range", [0, 7, 2]),
    Case("counting up is made on the way", "iota", [],
         {"shape": (7,), "element_type": "i32", "axis": 0}),
    Case("filling only writes", "constant_of_shape", [[2, 3]], {"element_type": "f32"}),
    Case("an identity matrix is only written", "eye_like", [(3, 5)]),
    Case("random numbers", "random", [], {"shape": (3, 5), "element_type": "f32"},
         flops=10 * (3 * 5)),  # ten rounds of mixing a number's counter
    Case("random numbers and the generator's new state", "rng_bit_generator",
         [TensorType("u64", (2,))],
         yields=[TensorType("u64", (2,)), TensorType("u32", (3, 5))],
         flops=10 * (2 + 3 * 5)),  # ten rounds each, the state's two numbers among them
    Case("one-hot vectors", "one_hot", [TensorType("i64", (2, 3)), 7, [0.0, 1.0]], {"axis": -1},
         flops=(2 * 3) * 7),  # every result is a comparison
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_making_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
