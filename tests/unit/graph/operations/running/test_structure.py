"""Control flow and what no rule covers."""

from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.registry import REGISTRY, find_operation
from cyborg_rr.domain.graph.operations.running.structure import CONTROL_FLOW
from cyborg_rr.domain.graph.work.costs import find_cost
from tests.unit.graph.applying import apply
from tests.unit.graph.building import GraphBuilder


def test_operations_that_enter_blocks_are_in_the_table() -> None:
    assert {"call", "case", "if", "loop", "scan", "while"} == CONTROL_FLOW
    assert set(REGISTRY) >= CONTROL_FLOW


def test_what_is_not_in_the_table_counts_as_unknown() -> None:
    assert find_operation("frobnicate").name == "unknown"


def test_nothing_is_known_of_what_no_rule_covers() -> None:
    for operation in ("unknown", "custom_call"):
        assert apply(operation, (2, 3)).types == (TensorType(None, None),)


def test_a_map_counts_the_nodes_of_its_block_for_each_element() -> None:
    inner = Block(
        {"a": TensorType("f32", ())},
        ("c",),
        (Node("add", "add", ("a", "a"), ("b",)), Node("exp", "exp", ("b",), ("c",))),
    )
    b = GraphBuilder()
    y = b.node("map", b.input("x", 4, 8), blocks=(inner,))
    b.types[y] = TensorType("f32", (4, 8))
    graph = b.graph(y)
    cost = find_cost(REGISTRY["map"], graph.body.nodes[0], infer(graph).body)
    assert cost is not None
    assert cost.flops_other == 2 * 32
