"""Small values that exported graphs reckon: slices of any rank and split vectors."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.building import GraphBuilder


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


def test_a_product_may_find_its_rows_before_the_batch() -> None:
    graph = GraphBuilder()
    left, right = graph.input("left", 5, 2, 3), graph.input("right", 2, 3, 4)
    product = graph.node("matmul", left, right, trans_batch_a=True)
    assert graph.infer(product).types[product] == TensorType("f32", (2, 5, 4))


def test_a_small_tensor_is_transposed() -> None:
    graph = GraphBuilder()
    matrix = graph.constant(tuple(range(6)), shape=(1, 2, 3))
    turned = graph.node("transpose", matrix, permutation=(2, 0, 1))
    assert graph.infer(turned).values[turned] == (0, 3, 1, 4, 2, 5)
