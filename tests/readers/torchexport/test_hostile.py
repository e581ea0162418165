"""Packages that lie, lack or demand too much are refused in one line."""

from __future__ import annotations

import copy
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.detection import list_readers
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.torchexport.reader import TorchExportReader
from tests.patience import grows_in_proportion
from tests.readers import hostile
from tests.readers.samples import Sample, list_samples
from tests.readers.torchexport.files import (
    RELU,
    TYPES,
    make_node,
    make_package,
    make_program,
    make_type,
    make_weights,
    pack,
    read,
)


def refuse(data: bytes, cause: str) -> None:
    """The file is refused soon, for that cause."""
    hostile.refuse(TorchExportReader(), Source("model", data), cause)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (b"", "is not JSON"),
        (b"[]", "is not an object"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"graph_module": ' * 100_000, "nested too deep"),
        (b"{}", "states no schema version"),
        (b'{"schema_version": {"major": 8}}', "lacks 'graph_module'"),
        (b'{"schema_version": {"major": 9}}', "newer than 8"),
        (b'{"schema_version": ' + b"9" * 10_000 + b"}", "is not JSON"),
        (b"\xff\xfe{", "is not JSON"),
    ],
    ids=range(9),
)
def test_a_program_that_is_none(text: bytes, cause: str) -> None:
    refuse(make_package(text), cause)


@pytest.mark.parametrize(
    ("nodes", "types", "cause"),
    [
        ([make_node("aten.relu.default", ["y"], self="y")], TYPES, "before it is defined"),
        (
            [
                make_node("aten.relu.default", ["a"], self="y"),
                make_node("aten.relu.default", ["y"], self="a"),
            ],
            {**TYPES, "a": make_type(2, 3)},
            "reads 'y' before it is defined",
        ),
        ([RELU, RELU], TYPES, "defined a second time"),
        ([make_node("aten.relu.default", ["x"], self="x")], TYPES, "defined a second time"),
        ([], TYPES, "output 'y' is never defined"),
        ([RELU], {"y": make_type(2, 3)}, "input 'x' has no type"),
        ([RELU], {**TYPES, "x": make_type(-1)}, "negative dimension"),
        ([RELU], {**TYPES, "x": make_type(2**62, 2**62)}, "more than 2\\*\\*63 elements"),
        ([RELU], {**TYPES, "x": make_type(10**30)}, "whole number of 64 bits"),
        ([RELU], {**TYPES, "x": make_type(*(1,) * 100)}, "rank 100 exceeds"),
        ([RELU], {**TYPES, "x": {"dtype": 7}}, "lacks 'sizes'"),
        ([make_node("aten.relu.default", ["y"], self="x", n=10**40)], TYPES, "more than 64 bits"),
        (
            [make_node("aten.permute.default", ["y"], self="x", dims={"as_ints": "no"})],
            TYPES,
            "is not a list",
        ),
        ([make_node("aten.unsqueeze.default", ["y"], self="x", dim=0.5)], TYPES, "not an integer"),
        (
            [make_node("aten.transpose.int", ["y"], self="x", dim0=7, dim1=0)],
            TYPES,
            "outside rank 2",
        ),
        ([{"target": 5}], TYPES, "is not a name"),
        ([7], TYPES, "is not an object"),
    ],
    ids=range(17),
)
def test_a_graph_that_cannot_be(nodes: list[Any], types: dict[str, Any], cause: str) -> None:
    refuse(make_package(make_program(nodes, types)), cause)


def nest(depth: int) -> dict[str, Any]:
    """A node with a graph with a node with a graph..."""
    node = make_node("aten.relu.default", ["y"], self="x")
    for _ in range(depth):
        graph = {
            "inputs": [{"as_tensor": {"name": "x"}}],
            "outputs": [{"as_tensor": {"name": "y"}}],
            "nodes": [node],
            "tensor_values": TYPES,
        }
        inner = {"as_graph": {"name": "g", "graph": graph}}
        node = make_node("higher_order.wrap", ["y"], flag=False, body=inner, operand="x")
    return node


def test_graphs_within_graphs_are_read_to_a_depth() -> None:
    deep = read(make_package(make_program([nest(20)], TYPES)))
    assert [node.native_name for node in deep.body.nodes] == ["aten:relu"]
    refuse(make_package(make_program([nest(40)], TYPES)), "nested more than 32 deep")


def test_wrong_signatures() -> None:
    program = make_program([RELU], TYPES)
    few = copy.deepcopy(program)
    few["graph_module"]["signature"]["input_specs"] = []
    refuse(make_package(few), "1 inputs do not fit 0")
    few = copy.deepcopy(program)
    few["graph_module"]["signature"]["output_specs"] *= 3
    refuse(make_package(few), "1 outputs do not fit 3")


def test_a_weight_that_is_cut_short() -> None:
    program = make_program([RELU], {**TYPES, "w": make_type(4)}, weights={"w": "w"})
    members = {
        "m/data/weights/model_weights_config.json": make_weights({"w": "weight_0"}),
        "m/data/weights/weight_0": bytes(15),
    }
    refuse(make_package(program, members), "'w' takes 16 bytes and has 15")


def test_one_member_for_two_types_is_told() -> None:
    types = {**TYPES, "w": make_type(4), "v": make_type(2, 2)}
    program = make_program([RELU], types, weights={"w": "w", "v": "v"})
    members = {
        "m/data/weights/model_weights_config.json": make_weights(
            {"w": "weight_0", "v": "weight_0"}
        ),
        "m/data/weights/weight_0": bytes(16),
    }
    assert read(make_package(program, members)).warnings == (
        "tensors may share memory and are counted apart: v",
    )


def test_a_program_that_is_a_bomb() -> None:
    text = json.dumps(make_program([RELU], TYPES)).encode() + b" " * 50_000_000
    data = pack({"m/archive_format": b"pt2", "m/models/model.json": text}, zipfile.ZIP_DEFLATED)
    refuse(data, "unpacks to more than 200 times its size")


def test_a_deflated_package_is_read() -> None:
    text = json.dumps(make_program([RELU], TYPES)).encode()
    data = pack({"m/archive_format": b"pt2", "m/models/model.json": text}, zipfile.ZIP_DEFLATED)
    assert [node.operation for node in read(data).body.nodes] == ["relu"]


def test_an_archive_without_a_program() -> None:
    refuse(pack({"m/archive_format": b"pt2"}), "holds no exported program")
    refuse(pack({}), "no exported program")


def test_work_is_in_proportion_to_the_file() -> None:
    def make(count: int) -> Callable[[], Graph]:
        nodes = [make_node("aten.relu.default", ["v0"], self="x")]
        nodes += [make_node("aten.add.Tensor", [f"v{n}"], self=f"v{n - 1}", other=f"v{n - 1}")
                  for n in range(1, count)]  # fmt: skip
        types = {"x": make_type(4)} | {f"v{n}": make_type(4) for n in range(count)}
        data = make_package(make_program(nodes, types, outputs=(f"v{count - 1}",)))
        return lambda: read(data)

    assert len(make(1000)().body.nodes) == 1000
    grows_in_proportion(make, 20_000)


def test_other_archives_are_left_to_others() -> None:
    reader = TorchExportReader()
    for members in (
        {"m/data.pkl": b"", "m/data/0": bytes(9)},
        {"m/code/x.py": b"", "m/constants.pkl": b""},
        {"word/document.xml": b""},
    ):
        assert not reader.recognises(Source("m", pack(members)))


def test_a_package_is_recognised_behind_a_gigabyte_of_weights() -> None:
    members = {f"m/data/weights/weight_{n}": bytes(100) for n in range(5000)}
    data = pack({**members, "m/models/model.json": b"{}", "m/archive_format": b"pt2"})
    assert TorchExportReader().recognises(Source("m", data))
    assert TorchExportReader().recognises(Source("m", data[:300_000]))


@pytest.mark.parametrize("sample", list_samples("pt2"), ids=lambda sample: sample.path.stem)
def test_a_package_that_ends_behind_an_archive_in_it_is_cut_off(sample: Sample) -> None:
    whole = sample.path.read_bytes()
    ends = [match.end() for match in re.finditer(rb"PK\x05\x06.{18}", whole, re.DOTALL)]
    assert len(ends) > 1
    for stop in ends[:-1]:
        source = Source("cut.pt2", whole[:stop])
        assert [name for name, reader in list_readers() if reader.recognises(source)] == ["pt2"]
        refuse(whole[:stop], "the file is cut off")


def test_a_node_that_lacks_its_operands() -> None:
    for target in ("aten.add.Tensor", "aten.mul.Tensor"):
        refuse(make_package(make_program([make_node(target, ["y"], self="x")], TYPES)), "needs 2")


def test_names_of_one_memory_are_dropped_as_far_as_the_memories_are_fewer() -> None:
    types = TYPES | {name: make_type(2, 3) for name in "abc"}
    node = make_node("aten.add.Tensor", ["y"], self="x", other="a")
    program = make_program([node], types, weights={name: name for name in "abc"})
    for memories, left in ((1, {"a"}), (2, {"a", "c"}), (3, {"a", "b", "c"})):
        state = pack({f"archive/data/{place}": bytes(24) for place in range(memories)})
        members = {
            "serialized_exported_program.json": json.dumps(program).encode(),
            "serialized_state_dict.pt": state,
        }
        graph = read(pack(members))
        assert set(graph.body.stored) == left
        assert graph.warnings == ()
