"""A node that disagrees with its operation's declaration is named, with what is nearest."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.graph.graph import AttributeValue, Block, Graph, IRIdentity, Node
from cyborg_rr.domain.graph.operations.checking import check_graph


def check(
    operation: str, *inputs: str, blocks: tuple[Block, ...] = (), **attributes: AttributeValue
) -> list[str]:
    node = Node(operation, "Native", inputs, ("y",), attributes, blocks, "n")
    body = Block({}, ("y",), (node,))
    graph = Graph(IRIdentity("test", None, "memory"), "model", body)
    return [str(problem) for problem in check_graph(graph)]


def test_a_node_as_declared_is_no_problem() -> None:
    assert check("gather", "x", "i", axis=1) == []
    assert check("clamp", "x", "", "high") == []
    assert check("add", "a", "b", "c", "d") == []


@pytest.mark.parametrize(
    ("operation", "inputs", "attributes", "said"),
    [
        ("gather", "xi", {"axes": 1}, "undeclared attribute: 'axes', the nearest is 'axis'"),
        ("relu", "x", {"zzz": 1}, "undeclared attribute: 'zzz'"),
        ("gather", "xi", {"axis": "one"},
         "wrong attribute type: 'axis' should be of type integer, not 'one'"),
        ("gather", "xi", {"axis": True},
         "wrong attribute type: 'axis' should be of type integer, not True"),
        ("flatten", "x", {"axis": (1,)},
         "wrong attribute type: 'axis' should be of type integer, not (1,)"),
        ("transpose", "x", {"permutation": (0.5,)},
         "wrong attribute type: 'permutation' should be of type integers, not (0.5,)"),
        ("gemm", "xw", {"trans_b": 1},
         "wrong attribute type: 'trans_b' should be of type flag, not 1"),
        ("concatenate", "xy", {}, "missing attribute: 'axis' is required"),
        ("gather", "x", {}, "too few operands: indices is missing"),
        ("relu", "xyz", {}, "too many operands: 3 where data is declared"),
        ("partition_id", "x", {}, "too many operands: 1 where none is declared"),
        ("roi_aling", "x", {}, "unknown operation: 'roi_aling', the nearest is 'roi_align'"),
    ],
)  # fmt: skip
def test_a_problem_names_node_operation_and_cause(
    operation: str, inputs: str, attributes: dict[str, AttributeValue], said: str
) -> None:
    assert check(operation, *inputs, **attributes) == [f"node 'n' ({operation}): {said}"]


def test_an_operand_that_is_left_out_is_missing() -> None:
    assert check("gather", "", "i") == ["node 'n' (gather): too few operands: data is missing"]


def test_blocks_within_are_checked_once_each() -> None:
    wrong = Block({}, ("b",), (Node("relu", "Relu", (), ("b",), name="inner"),))
    found = check("if", "p", blocks=(wrong, wrong))
    assert found == ["node 'inner' (relu): too few operands: data is missing"]
