"""Blocks of a tensor."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.building import GraphBuilder
from tests.unit.graph.operations.counting import Case, as_parameters, count

LONG = 2**63 - 1

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("slice", [(10,), [2], [8], None, [3]], {}, (2,)),
    ("slice", [(10, 4), [0], [LONG], [1]], {}, (10, 4)),
    ("slice", [(10,), [-1], [-LONG], [0], [-1]], {}, (10,)),
    ("slice", [(10,), [-3], [LONG]], {}, (3,)),
    ("slice", [("n", 4), [0], [LONG], [0]], {}, ("n", 4)),
    ("slice", [(10, 8)], {"starts": (1, 0), "ends": (9, 8), "axes": (0, 1), "steps": (2, 1)},
     (4, 8)),
    ("dynamic_slice", [(10, 8), 0, 0], {"slice_sizes": (1, 8)}, (1, 8)),
    ("dynamic_update_slice", [(10, 8), (1, 8), 0, 0], {}, (10, 8)),
    ("trilu", [(3, 3)], {}, (3, 3)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected


VALUES: list[tuple[str, list[Operand], dict[str, Any], tuple[object, ...]]] = [
    ("slice", [[5, 6, 7, 8], [1], [3]], {}, (6, 7)),
    ("slice", [[5, 6, 7, 8], [-1], [-9], [0], [-1]], {}, (8, 7, 6, 5)),
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
    ("slice", [(10,), [0], [5], None, [0]], {}),
    ("slice", [(10,), [0, 0], [5], None], {}),
    ("split", [(10,), [4, 4]], {"axis": 0}),
    ("dynamic_slice", [(10,), 0], {"slice_sizes": (11,)}),
]  # fmt: skip


@each_case(REFUSED)
def test_operands_that_do_not_fit_are_refused_with_the_node(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    with pytest.raises(UnreadableModel, match=r"'v0"):
        apply(operation, *operands, outputs=2 if operation == "split" else 1, **attributes)


def test_a_split_by_sizes_and_into_even_parts() -> None:
    assert apply("split", (10, 2), [3, 7], outputs=2).shapes == ((3, 2), (7, 2))
    assert apply("split", (10, 2), outputs=3, num_outputs=3).shapes == ((4, 2), (4, 2), (2, 2))
    assert apply("split", ("n", 2), outputs=2, axis=1).shapes == (("n", 1), ("n", 1))


def test_an_update_in_place_writes_the_update() -> None:
    cost = apply("dynamic_update_slice", (1, 4096, 64), (1, 1, 64), 0, 0, 0).cost
    assert cost is not None
    assert cost.written_bytes == 64 * 4
    assert cost.read_bytes == {0: 0}


def test_a_matrix_is_sliced_backwards_along_an_axis() -> None:
    graph = GraphBuilder()
    matrix = graph.constant((1, 2, 3, 4, 0, 0), shape=(3, 2))
    rows = graph.node("slice", matrix, starts=(-1,), ends=(-(2**63) + 1,), axes=(0,), steps=(-1,))
    assert graph.infer(rows).values[rows] == (0, 0, 3, 4, 1, 2)


def test_a_block_is_cut_out_of_a_matrix() -> None:
    graph = GraphBuilder()
    matrix = graph.constant(tuple(range(12)), shape=(3, 4))
    block = graph.node("slice", matrix, starts=(1, 1), ends=(3, 3))
    assert graph.infer(block).values[block] == (5, 6, 9, 10)


def test_the_parts_of_a_split_vector_are_known() -> None:
    graph = GraphBuilder()
    vector = graph.constant((7, 8, 9))
    first = graph.node("split", vector, outputs=2, name="part", axis=0, split=(1, 2))
    values = graph.infer(first).values
    assert (values["part"], values["part_1"]) == ((7,), (8, 9))


# ---- costs: taking a block reads only the block; writing one in place writes only it.

_HALF = TensorType("f16", (7, 5))

CASES = (
    Case("a triangle is only copied", "trilu", [(3, 5)]),
    Case("a slice reads what it shows", "slice", [(7, 5)],
         {"starts": (1,), "ends": (4,), "axes": (0,)},
         read_bytes={0: (3 * 5) * 4}),
    Case("a slice of half floats", "slice", [_HALF],
         {"starts": (1,), "ends": (4,), "axes": (0,)},
         read_bytes={0: (3 * 5) * 2}),
    Case("an empty slice reads nothing", "slice", [(7, 5)],
         {"starts": (4,), "ends": (4,), "axes": (0,)},
         read_bytes={0: 0}),
    Case("a slice whose place is told at run time", "dynamic_slice",
         [(7, 5), TensorType("i64", ()), TensorType("i64", ())], {"slice_sizes": (3, 2)},
         read_bytes={0: (3 * 2) * 4}),
    Case("an update in place writes the update", "dynamic_update_slice",
         [(7, 5), (3, 2), TensorType("i64", ()), TensorType("i64", ())],
         read_bytes={0: 0}, written_bytes=(3 * 2) * 4),
    Case("an empty update writes nothing", "dynamic_update_slice",
         [(7, 5), (0, 2), TensorType("i64", ()), TensorType("i64", ())],
         read_bytes={0: 0}, written_bytes=0),
    Case("splitting only moves", "split", [(7, 5)], {"axis": 0, "split": (3, 4)}, outputs=2),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_slicing_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
