"""Variables that outlive a run: a handle that is only read or assigned stands for its variable."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.checking import check_graph
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tflite.reader import TfliteReader
from tests.readers.tflite.test_translation import CODES, count_macs
from tests.readers.tflite.writing import BOOL, Fields, model, operator, subgraph, tensor, write

RESOURCE = 13
NAMES = ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "ADD", "WHILE")
HANDLE, READ, ASSIGN, ADD, WHILE = range(len(NAMES))
RANDOM = len(NAMES)
"""A custom operation, which follows them."""


def read(main: Fields) -> Graph:
    """The graph of a model with one subgraph."""
    codes = tuple(CODES[name] for name in NAMES)
    return TfliteReader().read(Source("variables", write(model(codes, [main]))))


def name(text: str) -> Fields:
    """The options of a handle."""
    return {0: "", 1: text}


def test_a_variable_is_held_once_read_and_assigned() -> None:
    tensors = [
        tensor("x", (2, 4)), tensor("handle", (), RESOURCE), tensor("also", (), RESOURCE),
        tensor("before", (2, 4)), tensor("after", (2, 4)), tensor("unused", (), RESOURCE),
    ]  # fmt: skip
    graph = read(subgraph("main", tensors, (0,), (4,), [
        operator(HANDLE, (), (1,), 111, name("count")),
        operator(HANDLE, (), (2,), 111, name("count")),
        operator(HANDLE, (), (5,), 111, name("other")),
        operator(READ, (1,), (3,), 112, {}),
        operator(ADD, (3, 0), (4,), 11, {}),
        operator(ASSIGN, (2, 4), (), 113, {}),
    ]))  # fmt: skip
    operations = [node.operation for node in graph.body.nodes]
    assert operations == ["identity", "add", "dynamic_update_slice"]
    assert [each.type.shape for each in graph.body.stored.values()] == [(2, 4)]
    assert check_graph(graph) == []
    assert infer(graph, Bindings()).warnings == ()
    assert count_macs(graph) == 0


def test_a_handle_that_leaves_its_subgraph_still_tells_what_is_read() -> None:
    tensors = [tensor("handle", (), RESOURCE), tensor("value", (2, 4))]
    graph = read(subgraph("main", tensors, (), (0, 1), [
        operator(HANDLE, (), (0,), 111, name("count")),
        operator(READ, (0,), (1,), 112, {}),
    ]))  # fmt: skip
    assert [node.operation for node in graph.body.nodes] == ["tuple", "identity"]


def test_a_variable_that_nothing_assigns_holds_weights_that_the_file_lacks() -> None:
    tensors = [tensor("x", (2, 4)), tensor("handle", (), RESOURCE), tensor("w", (2, 4)),
               tensor("y", (2, 4))]  # fmt: skip
    graph = read(subgraph("main", tensors, (0,), (3,), [
        operator(HANDLE, (), (1,), 111, name("weights")),
        operator(READ, (1,), (2,), 112, {}),
        operator(ADD, (2, 0), (3,), 11, {}),
    ]))  # fmt: skip
    (held,) = graph.body.stored.values()
    assert (held.kind, held.location, held.type.byte_size) == ("parameter", "absent", 32)


def read_loop(body_outputs: tuple[int, int]) -> Graph:
    """A loop that carries two handles and a number, and adds in its body what one of them holds."""
    handles = [tensor(word, (), RESOURCE) for word in ("one", "two")]
    main = subgraph("main", [tensor("x", (2, 4)), *handles, tensor("y", (2, 4)), *handles],
                    (0,), (3,), [
        operator(HANDLE, (), (1,), 111, name("one")),
        operator(HANDLE, (), (2,), 111, name("two")),
        operator(WHILE, (0, 1, 2), (3, 4, 5), 93, {0: ("i", 1), 1: ("i", 2)}),
    ])  # fmt: skip
    condition = subgraph("goes on", [tensor("x", (2, 4)), *handles, tensor("c", (), BOOL)],
                         (0, 1, 2), (3,), [operator(RANDOM, (), (3,))])  # fmt: skip
    body = subgraph("body", [tensor("x", (2, 4)), *handles, tensor("w", (2, 4)),
                             tensor("z", (2, 4))], (0, 1, 2), (4, *body_outputs), [
        operator(READ, (1,), (3,), 112, {}),
        operator(ADD, (0, 3), (4,), 11, {}),
    ])  # fmt: skip
    codes = tuple(CODES[name] for name in NAMES)
    data = write(model((*codes, "goes"), [main, condition, body]))
    return TfliteReader().read(Source("variables", data))


def list_body(graph: Graph) -> list[str]:
    """The operations in the body of the one loop."""
    (loop,) = [node for node in graph.body.nodes if node.operation == "while"]
    return [node.operation for node in loop.blocks[1].nodes]


def test_a_handle_is_followed_into_the_parts_of_a_loop() -> None:
    graph = read_loop((1, 2))
    assert list_body(graph) == ["identity", "add"]
    assert [held.kind for held in graph.body.stored.values()] == ["parameter"]
    assert check_graph(graph) == []


def test_handles_that_a_loop_exchanges_are_of_no_single_variable() -> None:
    assert list_body(read_loop((2, 1))) == ["unknown", "add"]
