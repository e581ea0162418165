"""Tensors put together and padded."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("concatenate", [(2, 3), (2, 5)], {"axis": -1}, (2, 8)),
    ("concatenate", [("n", 3), (2, 5)], {"axis": 1}, (2, 8)),
    ("concatenate", [(3,), (5,)], {"axis": 1, "lowered": True}, (8,)),
    ("concatenate", [(2, 3, 4), (2, 5, 4)], {"axis": 1, "lowered": True}, (2, 8, 4)),
    ("pad", [(2, 3), [0, 1, 0, 2]], {}, (2, 6)),
    ("pad", [(2, 3), [1, 2], None, [-1]], {}, (2, 6)),
    ("pad", [(2, 3)],
     {"padding_low": (0, -1), "padding_high": (1, 0), "padding_interior": (2, 0)}, (5 + 1 - 1, 2)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected


VALUES: list[tuple[str, list[Operand], dict[str, Any], tuple[object, ...]]] = [
    ("concatenate", [[1, 2], [3]], {"axis": 0}, (1, 2, 3)),
]  # fmt: skip


@each_case(VALUES)
def test_a_small_value_is_reckoned(
    operation: str,
    operands: list[Operand],
    attributes: dict[str, Any],
    expected: tuple[object, ...],
) -> None:
    assert apply(operation, *operands, **attributes).value == expected


REFUSED: list[tuple[str, list[Operand], dict[str, Any]]] = [
    ("concatenate", [(2, 3), (3, 3)], {"axis": 1}),
    ("concatenate", [(2, 3), (3,)], {"axis": 0}),
    ("pad", [(2, 3), [0, 1, 0]], {}),
    ("pad", [(2, 3), [-2, 0, -2, 0]], {}),
]  # fmt: skip


@each_case(REFUSED)
def test_operands_that_do_not_fit_are_refused_with_the_node(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    with pytest.raises(UnreadableModel, match=r"'v0"):
        apply(operation, *operands, **attributes)


# ---- costs: joining and padding only move.

CASES = (
    Case("joining only moves", "concatenate", [(2, 3), (5, 3)], {"axis": 0}),
    Case("padding only moves", "pad", [(2, 3), [0, 1, 0, 2]]),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_joining_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
