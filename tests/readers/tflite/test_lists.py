"""A loop that fills a list of tensors: each trip writes an element, and the list stays as long."""

from __future__ import annotations

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.checking import check_graph
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.tflite.reader import TfliteReader
from tests.readers.samples import DATA
from tests.readers.tflite.networks import integers
from tests.readers.tflite.test_translation import CODES, count_macs
from tests.readers.tflite.writing import BOOL, INT32, model, operator, subgraph, tensor, write

NAMES = ("WHILE", "LESS", "ADD", "RESHAPE", "CONCATENATION", "SLICE", "GATHER", "FULLY_CONNECTED")
WHILE, LESS, ADD, RESHAPE, JOIN, SLICE, GATHER, DENSE = range(len(NAMES))
LENGTH = 5


def read(step: int = 1, begin: int = 0, fused: int = 0, kept: int = -1) -> Graph:
    """Each of five rows of 4 times a matrix of 4x4, as the converter spells it, or nearly."""
    number, numbers = ((), INT32), ((1,), INT32)
    both = [tensor("i", *number), tensor("all", (1, 4), signature=(-1, 4)), tensor("x", (5, 4))]
    body = [
        *both,
        tensor("one", *number, 2), tensor("next", *number), tensor("size", *numbers, 6),  # 3 4 5
        tensor("row", (4,)), tensor("weight", (4, 4), buffer=3), tensor("product", (1, 4)),  # 6 7 8
        tensor("at", *numbers), tensor("behind", *numbers), tensor("rest", *numbers, 4),  # 9 10 11
        tensor("zero", *numbers, 5), tensor("sizes", (2,), INT32), tensor("from", (2,), INT32),
        tensor("zeros", (2,), INT32, 7), tensor("rests", (2,), INT32, 8),  # 15 16
        tensor("first", (1, 4), signature=(-1, 4)), tensor("last", (1, 4), signature=(-1, 4)),
        tensor("new", (1, 4), signature=(-1, 4)),  # 19
    ]  # fmt: skip
    joined: dict[int, Any] = {0: ("i", 0), 1: ("b", fused)}
    loop = [
        operator(ADD, (0, 3), (4,), 11, {}),
        operator(GATHER, (2, 0), (6,), 23, {}),
        operator(DENSE, (6, 7, -1), (8,), 8, {}),
        operator(RESHAPE, (0, 5), (9,)),
        operator(RESHAPE, (4, 5), (10,)),
        operator(JOIN, (9, 11), (13,), 10, {0: ("i", 0)}),
        operator(JOIN, (10, 12), (14,), 10, {0: ("i", 0)}),
        operator(SLICE, (1, 15, 13), (17,)),
        operator(SLICE, (1, 14, 16), (18,)),
        operator(JOIN, (17, 8, 18), (19,), 10, joined),
    ]
    test = [*both, tensor("limit", *number, 1), tensor("goes on", (), BOOL)]
    main = [tensor("start", *number, 9), tensor("empty", (5, 4), buffer=10),
            tensor("x", (5, 4)), tensor("end", *number), tensor("y", (5, 4)),
            tensor("same", (5, 4))]  # fmt: skip
    buffers = [
        integers(LENGTH), integers(step), bytes(64), integers(kept), integers(0), integers(1),
        integers(begin, 0), integers(-1, -1), integers(0), bytes(80),
    ]  # fmt: skip
    graphs = [
        subgraph("main", main, (2,), (4,), [
            operator(WHILE, (0, 1, 2), (3, 4, 5), 93, {0: ("i", 1), 1: ("i", 2)}),
        ]),
        subgraph("condition", test, (0, 1, 2), (4,), [operator(LESS, (0, 3), (4,))]),
        subgraph("body", body, (0, 1, 2), (4, 19, 2), loop),
    ]  # fmt: skip
    codes = tuple(CODES[name] for name in NAMES)
    return TfliteReader().read(Source("list", write(model(codes, graphs, buffers))))


def list_operations(graph: Graph) -> list[str]:
    """The operations of the loop's body."""
    return [node.operation for node in graph.body.nodes[0].blocks[1].nodes]


def test_an_element_of_a_list_is_written_in_place_and_the_loop_is_counted() -> None:
    graph = read()
    assert check_graph(graph) == []
    operations = list_operations(graph)
    assert operations[-1] == "dynamic_update_slice"
    assert "slice" not in operations
    assert infer(graph, Bindings()).body.types["y"].shape == (LENGTH, 4)
    assert count_macs(graph) == LENGTH * 4 * 4


@pytest.mark.parametrize("changed", [{"begin": 1}, {"fused": 1}, {"kept": 3}, {"step": 2}])
def test_parts_that_are_joined_otherwise_stay_what_they_are(changed: dict[str, int]) -> None:
    assert "dynamic_update_slice" not in list_operations(read(**changed))


def test_a_map_that_tensorflow_converted_is_counted() -> None:
    path = DATA / "tflite" / "map.tflite"
    graph = TfliteReader().read(Source("map", path.read_bytes()))
    found = extract(infer(graph, Bindings()), name="", sha256=None, size_bytes=0, reader_name="",
                    bindings={})  # fmt: skip
    assert found.compute.macs == 5 * 2 * 4 * 4
    assert found.memory.activation_peak_bytes is not None
