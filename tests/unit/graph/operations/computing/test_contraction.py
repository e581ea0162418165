"""Matrix products: shapes and multiply-adds counted by hand."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.building import GraphBuilder
from tests.unit.graph.operations.counting import Case, as_parameters, count

REFUSED: list[tuple[str, list[Operand], dict[str, Any]]] = [
    ("dot_general", [(2, 3), (3, 4)], {"lhs_contracting": (1,), "rhs_contracting": ()}),
]  # fmt: skip


@each_case(REFUSED)
def test_operands_that_do_not_fit_are_refused_with_the_node(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    with pytest.raises(UnreadableModel, match=r"'v0"):
        apply(operation, *operands, **attributes)


@pytest.mark.parametrize(
    ("left", "right", "shape", "macs"),
    [
        ((2, 3), (3, 5), (2, 5), 30),
        ((3,), (3, 5), (5,), 15),
        ((2, 3), (3,), (2,), 6),
        ((3,), (3,), (), 3),
        ((4, 1, 2, 3), (7, 3, 5), (4, 7, 2, 5), 4 * 7 * 30),
    ],
)
def test_matmul_follows_numpy(left: Shape, right: Shape, shape: Shape, macs: int) -> None:
    found = apply("matmul", left, right)
    assert found.shape == shape
    assert found.cost is not None
    assert found.cost.macs == macs


def test_matmul_keeps_symbols() -> None:
    assert apply("matmul", ("n", "s", 8), (8, 5)).shape == ("n", "s", 5)


def test_a_padded_right_side_may_be_longer_but_not_shorter() -> None:
    found = apply("matmul", (3, 40), (16, 64), trans_b=True, padded=True)
    assert found.shape == (3, 16)
    assert found.cost is not None
    assert found.cost.macs == 3 * 16 * 40
    with pytest.raises(UnreadableModel, match="40 elements are summed"):
        apply("matmul", (3, 40), (16, 32), trans_b=True, padded=True)


def test_fused_matmul_may_transpose() -> None:
    found = apply("matmul", (3, 2), (5, 3), trans_a=True, trans_b=True)
    assert found.shape == (2, 5)
    assert found.cost is not None
    assert found.cost.macs == 30


def test_matmul_of_unequal_sizes_is_refused_with_the_node() -> None:
    with pytest.raises(UnreadableModel, match=r"node 'v0' \(matmul\): sizes 3 and 4"):
        apply("matmul", (2, 3), (4, 5))


def test_a_result_type_can_be_stated() -> None:
    left, right = TensorType("u8", (2, 3)), TensorType("i8", (3, 5))
    assert apply("matmul", left, right, element_type="i32").element_type == "i32"


def test_gemm_adds_a_bias_and_transposes() -> None:
    found = apply("gemm", (3, 2), (5, 3), (5,), trans_a=True, trans_b=True)
    assert found.shape == (2, 5)
    assert found.cost is not None
    assert (found.cost.macs, found.cost.flops_other) == (30, 10)


def test_gemm_may_flatten_first() -> None:
    found = apply("gemm", (2, 3, 4), (5, 12), trans_b=True, units_flatten=True)
    assert found.shape == (2, 5)


def test_gemm_may_leave_all_dimensions_but_the_last_alone() -> None:
    found = apply("gemm", (2, 3, 4), (5, 4), (5,), trans_b=True, units_last=True)
    assert found.shape == (2, 3, 5)
    assert found.cost is not None
    assert (found.cost.macs, found.cost.flops_other) == (2 * 3 * 5 * 4, 2 * 3 * 5)


def test_gemm_refuses_a_bias_that_does_not_fit() -> None:
    with pytest.raises(UnreadableModel):
        apply("gemm", (2, 3), (3, 5), (4,))


def test_dot_general_orders_batch_left_right() -> None:
    found = apply(
        "dot_general", (7, 2, 3), (3, 7, 5),
        lhs_batching=(0,), rhs_batching=(1,), lhs_contracting=(2,), rhs_contracting=(0,),
    )  # fmt: skip
    assert found.shape == (7, 2, 5)
    assert found.cost is not None
    assert found.cost.macs == 7 * 2 * 5 * 3


def test_a_product_may_find_its_rows_before_the_batch() -> None:
    graph = GraphBuilder()
    left, right = graph.input("left", 5, 2, 3), graph.input("right", 2, 3, 4)
    product = graph.node("matmul", left, right, trans_batch_a=True)
    assert graph.infer(product).types[product] == TensorType("f32", (2, 5, 4))


# ---- costs: one multiply-add for each result element and each index that is summed over.

CASES = (
    Case("a general product of batches over two indices", "dot_general",
         [(7, 2, 3, 11), (3, 7, 11, 5)],
         {"lhs_batching": (0,), "rhs_batching": (1,),
          "lhs_contracting": (2, 3), "rhs_contracting": (0, 2)},
         macs=(7 * 2 * 5) * (3 * 11)),  # results x both indices summed over
    Case("a general product over an index counted from the back", "dot_general",
         [(2, 11, 3), (3, 5)],
         {"lhs_batching": (), "rhs_batching": (), "lhs_contracting": (-1,),
          "rhs_contracting": (-2,)},
         macs=(2 * 11 * 5) * 3),
    Case("a general product over nothing", "dot_general", [(2, 3), (5,)],
         {"lhs_batching": (), "rhs_batching": (), "lhs_contracting": (), "rhs_contracting": ()},
         macs=2 * 3 * 5),  # every pair once
    Case("a product of matrices", "matmul", [(2, 3), (3, 5)],
         macs=(2 * 5) * 3),
    Case("a matrix times a vector", "matmul", [(2, 3), (3,)],
         macs=2 * 3),
    Case("a vector times a vector", "matmul", [(3,), (3,)],
         macs=3),
    Case("a product that stretches the batch of both sides", "matmul",
         [(11, 1, 2, 3), (7, 3, 5)],
         macs=(11 * 7) * (2 * 5) * 3),
    Case("a crossed product of each matrix with each", "matmul",
         [(11, 2, 3), (7, 3, 5)], {"crossed": True},
         macs=(11 * 2) * (7 * 5) * 3),
    Case("a crossed product with a scalar", "matmul", [(11, 2, 3), ()], {"crossed": True},
         flops=11 * 2 * 3),
    Case("a product whose left side stands on its head", "matmul",
         [(7, 3, 2), (7, 3, 5)], {"trans_a": True},
         macs=7 * (2 * 5) * 3),
    Case("a product whose right side stands on its head", "matmul",
         [(7, 2, 3), (7, 5, 3)], {"trans_b": True},
         macs=7 * (2 * 5) * 3),
    Case("a product whose rows stand before the batch", "matmul",
         [(2, 7, 3), (7, 3, 5)], {"trans_batch_a": True},
         macs=7 * (2 * 5) * 3),
    Case("rows that choose among matrices in one tensor", "indexed_matmul",
         [(2, 1, 3), (2, 4), (6, 3, 5)],
         macs=(2 * 4 * 5) * 3, read_bytes={2: 6 * 3 * 5 * 4}),  # eight rows may need all six
    Case("rows that choose among few of many matrices", "indexed_matmul",
         [(1, 3), (1, 2), (7, 5, 3)], {"trans_b": True},
         macs=(2 * 5) * 3, read_bytes={2: 2 * 3 * 5 * 4}),
    Case("rows that choose among matrices one by one", "indexed_matmul",
         [(1, 3), (1, 1), (3, 5), (3, 5)],
         macs=5 * 3, read_bytes={3: 0}),
    Case("a dense layer without bias", "gemm", [(2, 3), (3, 5)],
         macs=(2 * 5) * 3),
    Case("a dense layer with bias", "gemm", [(2, 3), (3, 5), (5,)],
         macs=(2 * 5) * 3, flops=2 * 5),  # one addition per result
    Case("a dense layer of transposed operands", "gemm", [(3, 2), (5, 3), (5,)],
         {"trans_a": True, "trans_b": True},
         macs=(2 * 5) * 3, flops=2 * 5),
    Case("a dense layer that flattens first", "gemm", [(2, 3, 7), (5, 3 * 7)],
         {"trans_b": True, "units_flatten": True},
         macs=(2 * 5) * (3 * 7)),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_contractions_cost_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected


@pytest.mark.parametrize(
    ("matrices", "read"),
    [([(4, 3, 5)], {2: 2 * 15 * 4}), ([(3, 5)] * 4, {4: 0, 5: 0}), ([(2, 3, 5)], {2: 2 * 15 * 4})],
)
def test_rows_read_no_more_matrices_than_there_are_rows(
    matrices: list[Shape], read: dict[int, int]
) -> None:
    found = apply("indexed_matmul", (1, 3), (1, 2), *matrices)
    assert found.shape == (1, 2, 5)
    assert found.cost is not None
    assert found.cost.macs == 2 * 3 * 5
    assert found.cost.read_bytes == read


def test_matrices_of_rows_may_stand_outputs_first() -> None:
    found = apply("indexed_matmul", ("b", "s", 1, 3), ("b", "s", 2), (4, 5, 3), trans_b=True)
    assert found.shape == ("b", "s", 2, 5)


@pytest.mark.parametrize(
    "operands", [[(1, 3), (1,), (4, 2, 5)], [(1, 3), (1,), (4,)], [(), (), (4, 3, 5)]]
)
def test_rows_that_fit_no_matrix_are_refused(operands: list[Shape]) -> None:
    with pytest.raises(UnreadableModel, match=r"'v0"):
        apply("indexed_matmul", *operands)
