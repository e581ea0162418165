"""Variables that outlive a run: a handle that is only read or assigned stands for its variable."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.checking import check_graph
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tflite.reader import TfliteReader
from tests.readers.tflite.test_translation import CODES, count_macs
from tests.readers.tflite.writing import Fields, model, operator, subgraph, tensor, write

RESOURCE = 13
NAMES = ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "ADD")
HANDLE, READ, ASSIGN, ADD = range(len(NAMES))


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


def test_what_is_read_by_a_handle_that_leaves_its_subgraph_is_unknown() -> None:
    tensors = [tensor("handle", (), RESOURCE), tensor("value", (2, 4))]
    graph = read(subgraph("main", tensors, (), (0, 1), [
        operator(HANDLE, (), (0,), 111, name("count")),
        operator(READ, (0,), (1,), 112, {}),
    ]))  # fmt: skip
    assert [node.operation for node in graph.body.nodes] == ["tuple", "unknown"]
