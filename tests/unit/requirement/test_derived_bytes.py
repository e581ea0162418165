"""What is kept of derived values, however often and in whatever form they are met."""

from dataclasses import replace

from cyborg_rr.domain.graph.graph import Block, Node, StoredTensor, TensorType
from cyborg_rr.domain.graph.inference.derived import find_derived_bytes
from tests.unit.graph.building import GraphBuilder

WEIGHT = TensorType("f32", (64, 4))


def test_a_function_that_is_typed_in_two_ways_keeps_its_derived_values_once() -> None:
    function = Block(
        {"a": TensorType("f32", None)},
        ("r",),
        (
            Node("tile", "tile", ("w", "two"), ("wide",)),
            Node("matmul", "matmul", ("a", "wide"), ("r",)),
        ),
        {
            "w": StoredTensor(WEIGHT, "parameter"),
            "two": StoredTensor(TensorType("i64", (2,)), "constant", values=(1, 2)),
        },
    )
    b = GraphBuilder()
    once = b.node("call", b.input("x", 2, 64), blocks=(function,))
    alone = find_derived_bytes(b.infer(once).body)
    twice = b.node("call", b.input("y", 3, 64), blocks=(function,))
    assert find_derived_bytes(b.infer(once, twice).body) == alone > 0


def test_a_repeated_element_is_replaced_for_no_more_than_it_takes() -> None:
    b = GraphBuilder()
    weight = b.parameter(64, 4)
    b.stored[weight] = replace(b.stored[weight], values=(0.5,), splat=True, is_repeated=True)
    turned = b.node("transpose", weight, permutation=(1, 0))
    typed = b.infer(b.node("matmul", b.input("x", 2, 4), turned))
    assert find_derived_bytes(typed.body) == 64 * 4 * 4 - 4
