"""The same elements many times."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("broadcast_in_dim", [(3,)], {"shape": (2, 3, 4), "broadcast_dimensions": (1,)}, (2, 3, 4)),
    ("expand", [(3, 1), [2, 1, 6]], {}, (2, 3, 6)),
    ("expand", [(3, 1), [-1, 6]], {}, (3, 6)),
    ("tile", [(2, 3), [2, 2]], {}, (4, 6)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected


VALUES: list[tuple[str, list[Operand], dict[str, Any], tuple[object, ...]]] = [
    ("expand", [[5], [3]], {}, (5, 5, 5)),
    ("tile", [[1, 2], [2]], {}, (1, 2, 1, 2)),
    ("broadcast_in_dim", [[1, 2]], {"shape": (2, 2), "broadcast_dimensions": (0,)}, (1, 1, 2, 2)),
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
    ("broadcast_in_dim", [(3,)], {"shape": (2, 4), "broadcast_dimensions": (1,)}),
    ("broadcast_in_dim", [(3,)], {"shape": (2, 3), "broadcast_dimensions": ()}),
    ("expand", [(3,), [4]], {}),
    ("expand", [(1,), [2**63, 4]], {}),
]  # fmt: skip


@each_case(REFUSED)
def test_operands_that_do_not_fit_are_refused_with_the_node(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    with pytest.raises(UnreadableModel, match=r"'v0"):
        apply(operation, *operands, **attributes)


# ---- costs: repeating only moves.

CASES = (
    Case("a broadcast only repeats", "broadcast_in_dim", [(3,)],
         {"shape": (2, 3), "broadcast_dimensions": (1,)}),
    Case("an expansion only repeats", "expand", [(1, 3), [2, 3]]),
    Case("tiles only repeat", "tile", [(2, 3), [5, 7]]),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_repeating_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
