"""The same elements many times."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape
from tests.unit.graph.applying import Operand, apply, each_case

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
