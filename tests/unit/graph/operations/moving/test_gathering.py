"""Elements that indices name."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("gather", [(5, 6), [0, 2, 3]], {"axis": 1}, (5, 3)),
    ("gather", [(5, 6), 2], {"axis": 0}, (6,)),
    ("gather_elements", [(5, 6), TensorType("i64", (2, 6))], {"axis": 0}, (2, 6)),
    ("gather_nd", [(5, 6, 7), TensorType("i64", (4, 2))], {}, (4, 7)),
    ("gather_nd", [(5, 6, 7), TensorType("i64", (5, 3, 1))], {"batch_dims": 1}, (5, 3, 7)),
    ("general_gather", [(5, 6, 7), TensorType("i64", (4, 3, 1))],
     {"slice_sizes": (1, 6, 2), "offset_dims": (2, 3), "collapsed_slice_dims": (0,),
      "index_vector_dim": 2}, (4, 3, 6, 2)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected


VALUES: list[tuple[str, list[Operand], dict[str, Any], tuple[object, ...]]] = [
    ("gather", [[5, 6, 7], [-1, 0]], {"axis": 0}, (7, 5)),
    ("gather", [[5, 6, 7], 1], {"axis": 0}, (6,)),
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
    ("gather", [[1, 2], [7]], {"axis": 0}),
]  # fmt: skip


@each_case(UNKNOWN)
def test_what_cannot_be_reckoned_stays_unknown(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    assert apply(operation, *operands, **attributes).value is None


REFUSED: list[tuple[str, list[Operand], dict[str, Any]]] = [
    ("gather", [(5,), 0], {"axis": 1}),
    ("gather_nd", [(5,), TensorType("i64", (4, 2))], {}),
]  # fmt: skip


@each_case(REFUSED)
def test_operands_that_do_not_fit_are_refused_with_the_node(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    with pytest.raises(UnreadableModel, match=r"'v0"):
        apply(operation, *operands, **attributes)


def test_taking_rows_reads_the_rows_and_not_the_table() -> None:
    cost = apply("gather", (30522, 768), [1, 2, 3], axis=0).cost
    assert cost is not None
    assert cost.read_bytes == {0: 3 * 768 * 4}


# ---- costs: picking parts reads only the parts.

CASES = (
    Case("a gather reads the rows that are picked", "gather", [(7, 5), [1, 6]], {"axis": 0},
         read_bytes={0: (2 * 5) * 4}),
    Case("a gather of the same rows again and again reads them once", "gather",
         [(2, 5), [1, 0, 1, 0, 1]], {"axis": 0},
         read_bytes={0: (2 * 5) * 4}),  # no more than there is
    Case("a gather of single elements", "gather_elements", [(7, 5), TensorType("i64", (3, 5))],
         {"axis": 0},
         read_bytes={0: (3 * 5) * 4}),
    Case("a gather at positions", "gather_nd", [(7, 5), TensorType("i64", (3, 1))],
         read_bytes={0: (3 * 5) * 4}),
    Case("a gather of slices", "general_gather", [(7, 5), TensorType("i64", (3, 1))],
         {"slice_sizes": (1, 2), "collapsed_slice_dims": (0,), "offset_dims": (1,),
          "index_vector_dim": 1},
         read_bytes={0: (3 * 2) * 4}),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_gathering_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
