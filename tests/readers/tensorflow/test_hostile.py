"""Files that lie, lack or demand too much are refused in one line, and soon."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tensorflow.reader import TensorflowReader
from tests.patience import ends_within
from tests.readers import hostile
from tests.readers.folders import MemoryFolder
from tests.readers.formats.protobuf import nested, number
from tests.readers.tensorflow.writing import (
    attribute,
    function,
    node,
    placeholder,
    read,
    require,
    scalar,
    whole,
)

X = placeholder("x", 2, 3)


def call(name: str, of: str, inputs: str) -> str:
    """A node that calls a function."""
    return node(name, "PartitionedCall", inputs, f=f'func {{ name: "{of}" }}')


def refuse(data: bytes, cause: str) -> None:
    """The file is refused soon, for that cause."""
    hostile.refuse(TensorflowReader(), Source("hostile", data), cause)


@pytest.mark.parametrize(
    ("nodes", "cause"),
    [
        (X + X, "a second time"),
        (X + node("y", "Relu", "z"), "reads 'z', which is not there"),
        (X + node("y", "AddV2", "x a") + node("a", "Relu", "b") + node("b", "Relu", "a"),
         "its own result"),
        (node("a", "AddV2", "b b") + node("b", "AddV2", "a a"),
         r"'b' \(AddV2\) depends on its own result, by way of a$"),
        (X + node("y", "Relu"), "needs 1 operands and has 0"),
        (X + node("y", "Relu", "x:99999999"), "names no value"),
        (X + node("y", "Relu", "x:a"), "names no value"),
        (X + node("c", "Const") + node("y", "AddV2", "x c"), "has no value"),
        (X + node("v", "VarHandleOp") + node("y", "AddV2", "x v"), "open size"),
        (X + scalar("a", 0) + node("y", "Split", "a x", num_split="i: 2000000000"), "parts"),
        (X + node("y", "Unpack", "x", num="i: -1"), "parts"),
        (X + node("y", "MaxPool", "x", ksize="list { i: 1 i: 2 i: 2 i: 1 }", padding='s: "ODD"'),
         "padding 'ODD' is not known"),
        (X + node("y", "BiasAdd", "x x", data_format='s: "WHAT"'), "data format"),
        (X + node("y", "Squeeze", "x", squeeze_dims='list { s: "a" }'), "not a list of integers"),
        (placeholder("x", *(1,) * 65), "more than 64 dimensions"),
        (placeholder("x", 2**62, 2**62), "more than 2"),
        (X + node("y", "If", "x", then_branch='func { name: "f" }',
                  else_branch='func { name: "f" }')
         + "library { " + function("f", "a", "a") + "}", "gives 0 values"),
    ],
    ids=range(17),
)  # fmt: skip
def test_graphs_that_cannot_be_are_refused(nodes: str, cause: str) -> None:
    refuse(nodes.encode(), cause)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "no GraphDef"),
        (b"node { name: 'x' op: 'A' ", "end of the text"),
        (b"node { name: 'x' op: 'A' } }", "name of a field"),
        (b"node { name: 'x' op: 'A' attr: [ { } } ] }", "comma"),
        (b"node { name: 'x' op: 'A' } node " + b"{ a " * 100_000, "nested more than 64 deep"),
        (b"node { name: 'x' op: 'A' } node { name: 5 }", "number where text"),
        (b"node { name: 'x' op: 'A' } versions { producer: 'x' }", "text where a number"),
        (b"node { name: 'x' op: 'A' } versions { producer: 1e999 }", "no value of its field"),
        (b"node { name: 'x' op: 'A' } \0", "is no protobuf text"),
        (nested(1, nested(1, b"x") + nested(2, b"A"), 0) + b"\x0a\x7f", "cut off"),
        (number(1, 1) + nested(2, nested(1, nested(5, b"2")) + nested(2, b"")), "no GraphDef"),
    ],
    ids=range(11),
)
def test_files_that_are_broken_are_refused(data: bytes, cause: str) -> None:
    refuse(data, cause)


def test_a_tensor_whose_bytes_do_not_fit_its_shape_is_refused() -> None:
    tensor = 'tensor { dtype: DT_FLOAT tensor_shape { dim { size: 3 } } tensor_content: "abc" }'
    nodes = X + node("c", "Const", value=tensor) + node("y", "AddV2", "x c")
    refuse(nodes.encode(), "3 bytes of data, but f32")


def test_a_function_that_calls_itself_is_refused() -> None:
    functions = function("f", "a", "c:output:0", call("c", "f", "a"))
    refuse(f"{X}{call('y', 'f', 'x')}library {{ {functions} }}".encode(), "calls itself")


def nest(depth: int, width: int) -> str:
    """Functions each of which calls the next one so often."""
    functions = [function("f0", "a", "m:product:0", node("m", "MatMul", "a a"))]
    for floor in range(1, depth):
        calls, value = [], "a"
        for place in range(width):
            calls.append(call(f"c{place}", f"f{floor - 1}", value))
            value = f"c{place}:output:0"
        functions.append(function(f"f{floor}", "a", value, *calls))
    return "".join(functions)


def test_calls_of_calls_are_counted_and_not_copied() -> None:
    text = f"{placeholder('x', 2, 2)}{call('y', 'f24', 'x')}library {{ {nest(25, 4)} }}"
    assert len(text) < 20_000
    needs = ends_within(500_000, lambda: require(read(text)))
    assert needs.compute.macs == 8 * 4**24


def test_calls_that_are_too_deep_are_refused() -> None:
    text = f"{X}{call('y', 'f40', 'x')}library {{ {nest(41, 1)} }}"
    refuse(text.encode(), "more than 30 deep")


def test_a_function_is_written_for_few_kinds_of_arguments_only() -> None:
    functions = function("f", "a", "r:y:0", node("r", "Relu", "a"))
    inputs = "".join(placeholder(f"x{place}", place + 1) for place in range(500))
    calls = "".join(call(f"y{place}", "f", f"x{place}") for place in range(500))
    graph = read(inputs, calls, functions=functions)
    blocks = {id(each.blocks[0]) for each in graph.body.nodes}
    assert len(graph.body.outputs) == 500
    assert len(blocks) <= 9
    assert infer(graph, Bindings()).body.type_of("y499").shape == (500,)


def test_deep_chains_need_no_depth_of_the_interpreter() -> None:
    chain = "".join(node(f"r{i}", "Relu", f"r{i - 1}" if i else "x") for i in range(20_000))
    assert len(read(X, chain).body.nodes) == 20_000


@pytest.mark.parametrize(
    "index",
    [
        b"",
        bytes(48),
        bytes(40) + bytes.fromhex("57fb808b247547db"),
        b"\xff" * 40 + bytes.fromhex("57fb808b247547db"),
        b"\x00\x00\xff\xff\xff\xff\x0f\x08" + bytes(32) + bytes.fromhex("57fb808b247547db"),
    ],
    ids=range(5),
)
def test_an_index_that_is_none_is_refused(index: bytes) -> None:
    graph = nested(
        1, nested(1, b"v") + nested(2, b"VarHandleOp")
        + nested(5, nested(1, b"dtype") + nested(2, number(6, 1)))
        + nested(5, nested(1, b"shape") + nested(2, nested(7, b""))),
    ) + nested(1, nested(1, b"y") + nested(2, b"Relu") + nested(3, b"v"))  # fmt: skip
    meta = nested(1, nested(4, b"serve")) + nested(2, graph)
    folder = MemoryFolder(
        {"saved_model.pb": number(1, 1) + nested(2, meta)},
        {"variables": MemoryFolder({"variables.index": index})},
    )
    source = Source("hostile", folder=folder, is_folder=True)
    assert TensorflowReader().recognises(source)
    with pytest.raises(UnreadableModel, match=r"table|block"):
        TensorflowReader().read(source)


def test_attributes_that_nobody_asks_for_do_no_harm() -> None:
    odd = attribute("unknown", "func { name: 'f' attr { key: 'a' value { i: 1 } } }")
    graph = read(X, f'node {{ name: "y" op: "Relu" input: "x" {odd} }}', whole("unused", 1, 2))
    assert [each.operation for each in graph.body.nodes] == ["relu"]


def frames(depth: int) -> str:
    """Loops of version 1 within one another, each of which holds all the next ones."""
    text = "".join(
        node(f"e{i}", "Enter", "x" if i == 0 else f"s{i - 1}:1", frame_name=f's: "f{i}"')
        + node(f"m{i}", "Merge", f"e{i} n{i}") + node(f"l{i}", "LoopCond", f"m{i}")
        + node(f"s{i}", "Switch", f"m{i} l{i}") + node(f"o{i}", "Exit", f"s{i}")
        + node(f"n{i}", "NextIteration", f"o{i + 1}" if i < depth - 1 else f"s{i}:1")
        for i in range(depth)
    )  # fmt: skip
    return X + text + node("y", "Relu", "o0")


@pytest.mark.parametrize("depth", [5, 60, 600])
def test_loops_of_version_1_within_one_another_cost_little(depth: int) -> None:
    text = frames(depth)
    ends_within(10_000 * depth, lambda: infer(read(text), Bindings()))


def test_a_description_of_messages_is_no_graph() -> None:
    """A FileDescriptorSet has a name and a package where a node has its name and operation."""
    message = nested(1, b"Point")
    described = nested(1, nested(1, b"a.proto") + nested(2, b"pkg") + nested(4, message))
    assert not TensorflowReader().recognises(Source("a.desc", described))
    placed = nested(1, nested(1, b"x") + nested(2, b"NoOp") + nested(4, b"/device:CPU:0"))
    assert TensorflowReader().recognises(Source("graph.pb", placed))
