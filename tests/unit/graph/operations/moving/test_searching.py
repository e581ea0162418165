"""Results as many as the data has."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("non_zero", [(2, 3)], {}, (2, 6)),
    ("non_zero", [[1, 0, 1]], {}, (1, 2)),
    ("where_indices", [(2, 3)], {}, (6, 2)),
    ("unique", [(4, 5)], {"axis": 1}, (4, 5)),
    ("compress", [(4, 5), (3,)], {"axis": 1}, (4, 3)),
    ("compress", [(4, 5), [1, 0, 1]], {"axis": 0}, (2, 5)),
    ("compress", [(4, 5), (30,)], {}, (20,)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected


SEVERAL: list[tuple[str, list[Operand], dict[str, Any], tuple[Shape, ...]]] = [
    ("unique", [(4, 5)], {"outputs": 4}, ((20,), (20,), (20,), (20,))),
    ("non_max_suppression", [(2, 7, 4), (2, 3, 7), [5]], {"outputs": 3},
     ((30, 3), (30, 3), (1,))),
    ("non_max_suppression", [(2, 7, 4), (2, 3, 7), [90]], {"outputs": 3},
     ((42, 3), (42, 3), (1,))),
    ("non_max_suppression", [(2, 7, 4), (2, 3, 7)], {"outputs": 3}, ((0, 3), (0, 3), (1,))),
]  # fmt: skip


@each_case(SEVERAL)
def test_each_result_that_data_sizes_has_a_largest_size(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: tuple[Shape, ...]
) -> None:
    assert apply(operation, *operands, **attributes).shapes == expected


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


# ---- costs: what the data decides is not counted.

_POSITIONS = TensorType("i64", (5,))

CASES = (
    Case("places of non-zeros are not counted", "non_zero", [(2, 3)],
         yields=[TensorType("i64", (2, 5))]),
    Case("places of truths are not counted", "where_indices", [(2, 3)],
         yields=[TensorType("i64", (5, 2))]),
    Case("distinct elements are not counted", "unique", [(7,)],
         yields=[TensorType("f32", (5,)), _POSITIONS, TensorType("i64", (7,)), _POSITIONS]),
    Case("choosing slices reads what is chosen", "compress", [(4, 5), (3,)], {"axis": 0},
         yields=[TensorType("f32", (2, 5))], read_bytes={0: 40}),
    Case("suppression of boxes is not counted", "non_max_suppression", [(1, 7, 4), (1, 2, 7)],
         yields=[TensorType("i64", (5, 3))]),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_searching_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
