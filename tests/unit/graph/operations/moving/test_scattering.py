"""Writing where indices say."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

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


# ---- costs: writing parts in place writes only the parts; combining takes a step per element.

_HALF = TensorType("f16", (7, 5))

_PLACES = TensorType("i64", (2, 1))

CASES = (
    Case("a scatter of two tensors writes the updates of both", "scatter",
         [(7, 5), _HALF, _PLACES, (2, 5), TensorType("f16", (2, 5))], {"operands": 2}, outputs=2,
         read_bytes={0: 0, 1: 0}, written_bytes=(2 * 5) * 4 + (2 * 5) * 2),
    Case("a scatter that adds two tensors", "scatter",
         [(7, 5), _HALF, _PLACES, (2, 5), TensorType("f16", (2, 5))],
         {"operands": 2, "reduction": "add"}, outputs=2,
         flops=2 * 5 + 2 * 5,  # one addition per element of the updates
         read_bytes={0: (2 * 5) * 4, 1: (2 * 5) * 2},  # what the updates are added to
         written_bytes=(2 * 5) * 4 + (2 * 5) * 2),
    Case("a scatter of nothing writes nothing", "scatter_nd",
         [(7, 5), TensorType("i64", (0, 1)), (0, 5)],
         read_bytes={0: 0}, written_bytes=0),
    Case("a scatter of single elements", "scatter_elements",
         [(7, 5), TensorType("i64", (3, 5)), (3, 5)], {"axis": 0, "reduction": "none"},
         read_bytes={0: 0}, written_bytes=(3 * 5) * 4),
    Case("a scatter that multiplies single elements", "scatter_elements",
         [(7, 5), TensorType("i64", (3, 5)), (3, 5)], {"axis": 0, "reduction": "mul"},
         flops=3 * 5, read_bytes={0: (3 * 5) * 4}, written_bytes=(3 * 5) * 4),
    Case("a scatter at positions", "scatter_nd", [(7, 5), _PLACES, (2, 5)],
         read_bytes={0: 0}, written_bytes=(2 * 5) * 4),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_scattering_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
