"""Exports of PyTorch against its own counters, which ran on the networks they were made from."""

from __future__ import annotations

import json

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.memory.liveness import find_peak
from cyborg_rr.domain.graph.work.workload import find_workload
from cyborg_rr.domain.requirement.extraction import extract
from tests.readers.golden import all_nodes
from tests.readers.samples import DATA, Sample
from tests.readers.torchexport.files import (
    Json,
    make_node,
    make_package,
    make_program,
    make_type,
    read,
)

FOLDER = DATA / "pt2"
COUNTS = json.loads((FOLDER / "oracle" / "counts.json").read_text(encoding="utf-8"))
OPEN = {
    "dynamic": {"s1": 4},
    "convolutional_core": {"s1": 2},
    "decoder": {"s46": 2, "s4": 12},
}
"""The sizes that the networks were counted with, where the export left them open."""

each_network = pytest.mark.parametrize("name", COUNTS)


def get_sample(name: str) -> Sample:
    """The export of a network."""
    return Sample("pt2", FOLDER / f"{name}.pt2")


@each_network
def test_multiply_adds_are_those_of_the_flop_counter(name: str) -> None:
    typed = infer(get_sample(name).read(), Bindings(symbols=OPEN.get(name, {})))
    assert typed.unresolved == ()
    found = extract(typed, name=name, sha256=None, size_bytes=0, reader_name="", bindings={})
    assert found.compute.macs == pytest.approx(COUNTS[name]["macs"], rel=0.005)


@each_network
def test_parameters_are_those_of_the_module_to_the_byte(name: str) -> None:
    stored = get_sample(name).read().body.stored.values()
    weights = [tensor for tensor in stored if tensor.kind == "parameter"]
    assert sum(tensor.type.elements or 0 for tensor in weights) == COUNTS[name]["parameters"]
    assert sum(tensor.type.byte_size or 0 for tensor in weights) == COUNTS[name]["bytes"]
    assert {tensor.location for tensor in weights} <= {"inline"}


@each_network
def test_nothing_of_an_export_is_unknown(name: str) -> None:
    nodes = list(all_nodes(get_sample(name).read().body))
    assert [node.native_name for node in nodes if node.operation == "unknown"] == []
    assert {node.native_name.partition(":")[0] for node in nodes} <= {
        "aten",
        "higher_order",
        "operator",
    }


@each_network
def test_no_size_of_an_export_is_contradicted_by_its_operations(name: str) -> None:
    typed = infer(get_sample(name).read(), Bindings(symbols=OPEN.get(name, {})))
    assert [text for text in typed.warnings if "disagree" in text] == []


def test_a_batch_is_bound_by_its_symbol_or_as_the_batch() -> None:
    graph = get_sample("dynamic").read()
    by_symbol = infer(graph, Bindings(symbols={"s1": 7})).body.types
    assert by_symbol == infer(graph, Bindings(batch=7)).body.types
    assert by_symbol["softmax"].shape == (7, 4)


def test_what_two_names_share_is_counted_once_and_what_is_not_kept_is_a_constant() -> None:
    for name in ("tied", "tied_before"):
        stored = get_sample(name).read().body.stored
        weights = {name for name, tensor in stored.items() if tensor.kind == "parameter"}
        assert len([name for name in weights if name.endswith("_weight")]) == 1
        assert {name for name in stored if "passing" in name} - weights
        assert {name for name in stored if "kept" in name} <= weights


def test_branches_are_blocks_and_wrapped_graphs_are_read_in_place() -> None:
    body = get_sample("bag").read().body
    (branch,) = [node for node in body.nodes if node.blocks]
    assert branch.native_name == "higher_order:cond"
    assert [[node.native_name for node in block.nodes] for block in branch.blocks] == [
        ["aten:matmul"],
        ["aten:sin"],
    ]
    assert "aten:cumsum" in [node.native_name for node in body.nodes]


def products(path: list[int] | None) -> Json:
    """The product of three tensors, of a file in which opt_einsum left its order, or not."""
    types = {
        "a": make_type(2, 30), "b": make_type(30, 4), "c": make_type(4, 50), "y": make_type(2, 50),
    }  # fmt: skip
    stated = {} if path is None else {"path": path}
    tensors = {"as_tensors": [{"name": name} for name in "abc"]}
    equation = {"as_string": "ab,bc,cd->ad"}
    node = make_node("aten.einsum.default", ["y"], equation=equation, tensors=tensors, **stated)
    return make_program([node], types, inputs="abc")


@pytest.mark.parametrize(
    ("path", "macs", "between"),
    [
        (None, 2 * 30 * 4 + 2 * 4 * 50, 4 * 2 * 4),
        ([1, 2, 0, 1], 30 * 4 * 50 + 2 * 30 * 50, 4 * 30 * 50),
    ],
)
def test_tensors_are_multiplied_in_pairs(path: list[int] | None, macs: int, between: int) -> None:
    typed = infer(read(make_package(products(path))))
    assert find_workload(typed).macs == macs
    peak = find_peak(typed)
    assert peak is not None
    assert peak.total_bytes == between


def test_a_path_that_does_not_fit_is_refused() -> None:
    with pytest.raises(UnreadableModel, match="its path is none for 3 tensors"):
        read(make_package(products([0, 1])))


def test_bilinear_sums_over_one_side_after_the_other() -> None:
    types = {
        "a": make_type(2, 3), "b": make_type(2, 5), "w": make_type(7, 3, 5), "y": make_type(2, 7),
    }  # fmt: skip
    node = make_node("aten.bilinear.default", ["y"], input1="a", input2="b", weight="w")
    typed = infer(read(make_package(make_program([node], types, inputs="abw"))))
    assert find_workload(typed).macs == 2 * 7 * 3 * 5 + 2 * 7 * 5
