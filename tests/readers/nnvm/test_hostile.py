"""Graphs and parameters that lie, lack or demand too much are refused in one line."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.formats.nnvm.parameters import parse_parameters
from cyborg_rr.readers.nnvm.reader import NnvmReader
from cyborg_rr.readers.reading.source import Source
from tests.patience import ends_soon
from tests.readers import hostile
from tests.readers.folders import MemoryFolder
from tests.readers.nnvm.networks import PARAMETERS, dense, small
from tests.readers.nnvm.writing import Writer, write_parameters


def refuse(source: Source, cause: str) -> None:
    """The source is refused soon, for that cause."""
    hostile.refuse(NnvmReader(), source, cause)


def change(data: bytes, edit: Callable[[dict[str, Any]], object]) -> bytes:
    """A file with something else in it."""
    document = json.loads(data)
    edit(document)
    return json.dumps(document).encode()


def one(operation: str, count: int = 1, **attributes: object) -> bytes:
    """A symbol graph of one operation over variables."""
    graph = Writer()
    inputs = [graph.variable(f"x{place}") for place in range(count)]
    return graph.write([graph.operation(operation, "node", inputs, **attributes)])


@pytest.mark.parametrize(
    ("edit", "cause"),
    [
        (lambda d: d["attrs"].pop("shape"), "no 'shape'"),
        (lambda d: d["attrs"].pop("dltype"), "no 'dltype'"),
        (lambda d: d["attrs"]["shape"][1].pop(), "4 entries for 5 results"),
        (lambda d: d["attrs"]["dltype"][1].__setitem__(0, "posit8"), "'posit8' is not known"),
        (lambda d: d["attrs"]["dltype"][1].__setitem__(0, 5), "not a name"),
        (lambda d: d["attrs"].update(dltype=None, dtype=["list_int", [99] * 5]), "type 99"),
        (lambda d: d["attrs"]["shape"][1].__setitem__(0, [-1, 4]), "below 0"),
        (lambda d: d["attrs"]["shape"][1].__setitem__(0, [2**62, 2**62]), "more than 2"),
        (lambda d: d["attrs"]["shape"][1].__setitem__(0, [1] * 64), "64 dimensions"),
        (lambda d: d["attrs"]["shape"][1].__setitem__(0, "8"), "not a list"),
        (lambda d: d["attrs"]["storage_id"][1].pop(), "'storage_id'.* 4 entries"),
        (lambda d: d["attrs"].update(storage_id=["list_int", ["a"] * 5]), "whole number"),
        (lambda d: d["nodes"][4].update(op="relu"), "in a graph whose other nodes are tvm_op"),
        (lambda d: d["node_row_ptr"].pop(), "5 numbers for 5 nodes"),
        (lambda d: d.update(node_row_ptr=[0, 1, 2, 3, 4, 4000000]), "goes from 4"),
        (lambda d: d.update(node_row_ptr=[0, 1, 2, 3, 4, 3]), "goes from 4 to 3"),
        (lambda d: d.update(heads=[]), "no outputs"),
        (lambda d: d.update(heads=[[4, 3, 0]]), "5 entries for 8 results"),
    ],
)
def test_a_compiled_graph_that_lies_is_refused(
    edit: Callable[[dict[str, Any]], object], cause: str
) -> None:
    refuse(Source("hostile", change(dense(), edit)), cause)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (one("conv2d", 2, strides="(1, 2, 3)", kernel_size="(3, 3)"), "'strides' has 3 numbers"),
        (one("conv2d", 2, channels="many"), "'channels' is not an integer"),
        (one("max_pool2d"), "'pool_size' is missing"),
        (one("pad", pad_width="(1, (2, 3, 4))"), "not pairs"),
        (one("strided_slice", begin="(0, 0)", end="(1,)"), "different lengths"),
        (one("reshape", shape="(-4, 2)"), "no two sizes"),
        (one("reshape", shape="(1.5, 2)"), "not a list of integers"),
        (one("expand_dims", num_newaxis="1000000"), "1000000 dimensions are added"),
        (
            one("relu", 1).replace(b'"x0"', b'"x0", "attrs": {"__shape__": "(-3,)"}'),
            "none can have",
        ),
    ],
)
def test_attributes_that_cannot_be_are_refused_with_their_node(data: bytes, cause: str) -> None:
    refuse(Source("hostile", data), cause)


def test_results_out_of_proportion_to_the_file_are_refused() -> None:
    graph = Writer()
    node = graph.variable("x")
    for place in range(500):
        node = graph.operation("split", f"s{place}", [(node, 4000 if place else 0)])
    refuse(Source("hostile", graph.write([node])), "of which few are read")


def test_an_operation_that_is_not_known_is_no_error() -> None:
    graph = NnvmReader().read(Source("m", one("roi_pool", 2)))
    assert graph.body.nodes[0].operation == "unknown"
    assert any("'roi_pool'" in each for each in graph.warnings)


def test_names_that_repeat_are_told_apart() -> None:
    graph = Writer()
    data = graph.variable("x")
    for _ in range(200):
        data = graph.operation("relu", "x", [data])
    names = [
        node.outputs[0] for node in NnvmReader().read(Source("m", graph.write([data]))).body.nodes
    ]
    assert len(set(names)) == 200


def test_a_function_of_thousands_of_operations_is_read_to_its_bound() -> None:
    graph = Writer()
    data = graph.variable("x", (4,))
    for size in range(1, 40):
        data = graph.function("fuse_" + "_".join(["relu"] * 800), [data], (size,), size)
    written = graph.write([data], compiled=True)
    ends_soon(lambda: NnvmReader().read(Source("m", written)))


# ---- parameters


def test_parameters_are_names_types_and_shapes() -> None:
    found = parse_parameters(
        write_parameters({**PARAMETERS, "n": ("int8", ()), "é": ("int32", (0, 2))})
    )
    assert list(found) == ["w", "b", "s", "n", "é"]
    assert found["w"] == TensorType("f16", (3, 3, 2, 4))
    assert found["n"] == TensorType("i8", ())


@pytest.mark.parametrize(
    ("offset", "value", "cause"),
    [
        (16, 1 << 40, "more than the file has room for"),
        (24, 1 << 40, "a name has"),
        (51, 2, "2 arrays have 3 names"),
        (59, 7, "does not begin as one of TVM does"),
        (83, 65, "has .* dimensions"),
        (91, 1 << 40, "says that it has 144 bytes"),
        (123, 1 << 60, "says that it has"),
    ],
)
def test_parameters_that_lie_are_refused(offset: int, value: int, cause: str) -> None:
    data = bytearray(write_parameters(PARAMETERS))
    data[offset : offset + 8] = struct.pack("<Q", value)
    with pytest.raises(UnreadableModel, match=cause):
        parse_parameters(bytes(data))


def test_parameters_cut_anywhere_are_refused() -> None:
    data = write_parameters(PARAMETERS)
    for length in range(len(data)):
        with pytest.raises(UnreadableModel):
            parse_parameters(data[:length])


# ---- what is recognised


@pytest.mark.parametrize(
    ("data", "taken"),
    [
        (small(), True),
        (small()[:200], True),
        (dense(), True),
        (json.dumps(json.loads(dense()), sort_keys=True).encode(), True),
        (b'{"nodes": [{"op": "null", "name": "x", "inputs": []}', True),
        (b'{"nodes": [{"inputs": [[1, 0, 0]], "op": "Activation"', False),
        (b'{"nodes": [{"op": "null", "param": {}, "name": "x"}], "heads": []}', False),
        (one("relu").replace(b'"heads"', b'"mxnet_version": 10, "heads"'), False),
        (one("_npx_relu"), False),
        (one("_plus_scalar"), False),
        (b'{"root": 1, "nodes": [{"type_key": ""}], "b64ndarrays": []}', False),
        (b'{"nodes": [], "edges": []}', False),
        (b'[{"nodes": [{"op": "null"}]}]', False),
    ],
)
def test_only_graphs_of_nnvm_are_recognised(data: bytes, taken: bool) -> None:
    assert NnvmReader().recognises(Source("m", data)) == taken


def test_a_graph_of_mxnet_is_refused_by_name() -> None:
    refuse(Source("m", one("FullyConnected")), "operations of MXNet")


def test_a_folder_is_read_for_its_one_graph() -> None:
    two = MemoryFolder({"a.json": small(), "b.json": dense()})
    refuse(Source("m", folder=two, is_folder=True), "several graphs: give one of a.json, b.json")
    other = MemoryFolder({"config.json": b"{}", "a.json": small()})
    assert not NnvmReader().recognises(Source("m", folder=other, is_folder=True))
    none = MemoryFolder({"a.json": b"{}"})
    refuse(Source("m", folder=none, is_folder=True), "no graph of NNVM")


def test_parameters_without_a_graph_are_refused() -> None:
    data = write_parameters(PARAMETERS)
    assert not NnvmReader().recognises(Source("p.params", data))
    refuse(Source("p.params", data), "weights alone")
