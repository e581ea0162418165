"""Control flow and what no rule covers."""

import pytest

from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.registry import REGISTRY, find_operation
from cyborg_rr.domain.graph.operations.running.structure import CONTROL_FLOW
from cyborg_rr.domain.graph.work.costs import find_cost
from tests.unit.graph.applying import apply
from tests.unit.graph.building import GraphBuilder
from tests.unit.graph.operations.counting import Case, as_parameters, count


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


# ---- costs: what frames others costs nothing itself; a mapped block runs once per element.

_DATA = TensorType("f32", (3, 5))

_TRUTH = TensorType("i1", ())


def _block_of_two_nodes() -> Block:
    builder = GraphBuilder()
    inputs = builder.input("a"), builder.input("b")
    return builder.block(builder.node("negate", builder.node("add", *inputs)))


CASES = (
    Case("a call costs what it calls", "call", [(3, 5)], yields=[_DATA]),
    Case("a case costs what it chooses", "case", [TensorType("i32", ())], yields=[_DATA]),
    Case("an if costs what it chooses", "if", [_TRUTH], yields=[_DATA]),
    Case("a loop costs what it repeats", "loop", [3, _TRUTH, (3, 5)], yields=[_DATA]),
    Case("a scan costs what it repeats", "scan", [(3, 5)], {"num_scan_inputs": 1}, yields=[_DATA]),
    Case("a while costs what it repeats", "while", [(3, 5)], yields=[_DATA]),
    Case("a mapped block of two nodes", "map", [(3, 5), (3, 5)],
         yields=[_DATA], blocks=(_block_of_two_nodes(),),
         flops=(3 * 5) * 2),  # an addition and a change of sign per element
    Case("a mapping of two blocks", "map", [(3, 5), (3, 5)],
         yields=[_DATA], blocks=(_block_of_two_nodes(), _block_of_two_nodes()),
         flops=(3 * 5) * (2 + 2)),
    Case("a mapping of nothing", "map", [(3, 5)], yields=[_DATA]),
    Case("a tuple is only named", "tuple", [(3, 5), (7,)]),
    Case("an element of a tuple is only named", "get_tuple_element", [TensorType("token", ())],
         {"index": 0}, yields=[_DATA]),
    Case("what a call out of the IR does is not known", "custom_call", [(3, 5)],
         {"target": "mystery"}, yields=[_DATA]),
    Case("what an unknown operation does is not known", "unknown", [(3, 5)], yields=[_DATA]),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_structure_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
