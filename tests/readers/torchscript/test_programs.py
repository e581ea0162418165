"""What programs of one method come to, statement by statement."""

from __future__ import annotations

import pytest

from tests.readers.statedict.files import ONE, mapping, number, storage, tensor
from tests.readers.torchscript.files import forward, list_operations, read, save


@pytest.mark.parametrize(
    ("lines", "operations"),
    [
        (["return torch.linear(x, self.w)"], ["matmul"]),
        (["return torch.linear(x, self.w, torch.relu(x))"], ["relu", "matmul", "add"]),
        (["if True:", "  y = torch.relu(x)", "else:", "  y = torch.tanh(x)", "return y"], ["relu"]),
        (["y = x", "for i in range(3):", "  y = torch.relu(y)", "return y"], ["relu"] * 3),
        (["i, y = 0, x", "while torch.lt(i, 2):", "  y, i = torch.tanh(y), torch.add(i, 1)",
          "return y"], ["tanh"] * 2),
        (["if torch.__is__(x, None):", "  y = torch.tanh(x)", "else:", "  y = x", "return y"], []),
        (["if torch.gt(torch.size(x, 0), 2):", '  ops.prim.RaiseException("a", "b")', "else:",
          "  pass", "return torch.relu(x)"], ["shape_of", "reshape", "compare", "relu"]),
        (["y = annotate(List[Tensor], [])", "_0 = torch.append(y, x)", "_1 = torch.append(y, x)",
          "return torch.cat(y, 1)"], ["concatenate"]),
        (["a, b, = torch.chunk(x, 2, 1)", "return torch.mul(a, b)"], ["split", "multiply"]),
        (["y = torch.chunk(x, 2, 1)", "return torch.mul((y)[0], (y)[1])"], ["split", "multiply"]),
        (["return torch.flatten(x, 1)"], ["reshape"]),
        (["return torch.add(x, x, alpha=2)"], ["multiply", "add"]),
        (["return torch.relu_(x)"], ["relu"]),
        (['return torch.einsum("ab,ac,cd->bd", [x, x, x])'], ["einsum"] * 2),
        (['return torch.einsum("ab,ac,cd->bd", [x, x, x], path=[1, 2, 0, 1])'], ["einsum"] * 2),
        (['return torch.einsum("ab,ac,cd->bd", [x, x, x], path=[0, 7, 0, 1])'], ["unknown"]),
        (['return torch.einsum("ab,cd->bd", [x, x])'], ["einsum"] * 3),
        (["return ops.mine.strange(x)"], ["unknown"]),
        (['y = {"a": torch.relu(x)}', 'return (y)["a"]'], ["relu"]),
        (["return -torch.relu(x) if True else x"], ["relu", "negate"]),
    ],
)  # fmt: skip
def test_statements_become_operations(lines: list[str], operations: list[str]) -> None:
    graph = read(save(forward(*lines)))
    assert list_operations(graph) == operations


def test_an_open_branch_has_both_arms() -> None:
    lines = ["if flag:", "  y = torch.relu(x)", "else:", "  y = torch.tanh(x)", "return y"]
    graph = read(save(forward(*lines, parameters="x: Tensor,\n    flag: bool")))
    (node,) = graph.body.nodes
    assert node.operation == "if"
    assert [block.nodes[0].operation for block in node.blocks] == ["relu", "tanh"]
    assert graph.body.outputs == node.outputs
    assert graph.body.inputs["flag"].element_type == "i1"


def test_an_open_loop_makes_the_graph_partial() -> None:
    lines = ["y = x", "for i in range(n):", "  y = torch.relu(y)", "return y"]
    graph = read(save(forward(*lines, parameters="x: Tensor,\n    n: int")))
    assert graph.completeness == "partial"
    assert any("1 loops" in warning for warning in graph.warnings)


def test_storages_that_are_shared_count_once() -> None:
    six = tensor(storage("0", 6), (2, 3))
    graph = read(save(forward("return torch.mul(self.w, self.v)"), mapping({"w": six, "v": six})))
    assert [held.type.byte_size for held in graph.body.stored.values()] == [24]
    assert graph.body.nodes[0].inputs == ("w", "w")


def test_a_program_without_code_has_its_weights_alone() -> None:
    graph = read(save(""))
    assert graph.completeness == "header"
    assert [held.type.byte_size for held in graph.body.stored.values()] == [24]
    assert "no code of a forward method" in graph.warnings[0]


def test_inputs_with_defaults_are_left_out() -> None:
    parameters = "x: Tensor,\n    mask: Optional[Tensor]=None"
    graph = read(save(forward("return torch.relu(x)", parameters=parameters)))
    assert list(graph.body.inputs) == ["x"]
    assert "inputs that have defaults are left out: mask" in graph.warnings


def test_attributes_may_be_truth_values() -> None:
    lines = ["if self.deep:", "  y = torch.relu(x)", "else:", "  y = x", "return y"]
    for value, operations in ((b"\x88", ["relu"]), (b"\x89", [])):
        state = mapping({"w": ONE, "deep": value, "count": number(3)})
        assert list_operations(read(save(forward(*lines), state))) == operations
