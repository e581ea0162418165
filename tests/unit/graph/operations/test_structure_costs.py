"""What frames other operations costs nothing itself; a mapped block runs once per element."""

import pytest

from cyborg_rr.domain.graph.graph import Block, TensorType
from tests.unit.graph.building import GraphBuilder
from tests.unit.graph.operations.counting import Case, as_parameters, count

_DATA = TensorType("f32", (3, 5))
_TRUTH = TensorType("i1", ())


def _block_of_two_nodes() -> Block:
    builder = GraphBuilder()
    inputs = builder.input("a"), builder.input("b")
    return builder.block(builder.node("negate", builder.node("add", *inputs)))


_FRAMES = (
    Case("a call costs what it calls", "call", [(3, 5)], yields=[_DATA]),
    Case("a case costs what it chooses", "case", [TensorType("i32", ())], yields=[_DATA]),
    Case("an if costs what it chooses", "if", [_TRUTH], yields=[_DATA]),
    Case("a loop costs what it repeats", "loop", [3, _TRUTH, (3, 5)], yields=[_DATA]),
    Case("a scan costs what it repeats", "scan", [(3, 5)], yields=[_DATA]),
    Case("a while costs what it repeats", "while", [(3, 5)], yields=[_DATA]),
)  # fmt: skip

CASES = (
    *_FRAMES,
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
