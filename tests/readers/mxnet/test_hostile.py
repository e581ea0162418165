"""Symbols that lie, lack or demand too much are refused in one line, or read as far as they go."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.mxnet.reader import MxnetReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.hostile import refuse
from tests.readers.mxnet.files import Stated, read, var, write
from tests.readers.samples import DATA

X = var("x")
RNN = {"mode": "gru", "state_size": "4"}
WRONG: dict[str, tuple[list[Stated], str]] = {
    "a kernel of words": (
        [X, var("w"), ("Convolution", "c", (0, 1), {"num_filter": "4", "kernel": "big"})],
        "'kernel' is not a list of integers",
    ),
    "no channels": ([X, var("w"), ("Convolution", "c", (0, 1), {"kernel": "(3,)"})], "num_filter"),
    "strides that do not fit": (
        [X, ("Pooling", "p", (0,), {"kernel": "(2, 2)", "stride": "(2,)"})],
        "do not fit together",
    ),
    "another pooling": ([X, ("Pooling", "p", (0,), {"pool_type": "worst"})], "not known"),
    "a thousand million parts": (
        [X, ("SliceChannel", "s", (0,), {"num_outputs": "1000000000"})],
        "cannot be split",
    ),
    "a step of zero": (
        [X, ("slice", "s", (0,), {"begin": "(0,)", "end": "(1,)", "step": "(0,)"})],
        "a step is 0",
    ),
    "a thousand layers": (
        [X, var("p"), ("RNN", "r", (0, 1), {**RNN, "num_layers": "1000"})],
        "1000 layers",
    ),
    "another cell": ([X, var("p"), ("RNN", "r", (0, 1), {**RNN, "mode": "best"})], "be 'best'"),
    "a shape of words": ([var("x", __shape__="(a, b)"), ("Flatten", "y", (0,), {})], "not a shape"),
    "a shape beyond all": (
        [var("x", __shape__=f"({1 << 62}, {1 << 62})"), ("Flatten", "y", (0,), {})],
        "variable 'x'",
    ),
    "no heads of attention": (
        [X, ("_contrib_interleaved_matmul_selfatt_qk", "q", (0,), {"heads": "0"})],
        "0 heads",
    ),
    "images that grow beyond all": ([X, ("UpSampling", "u", (0,), {"scale": "9999999"})], "grow"),
    "a table of negative rows": (
        [X, var("w"), ("Embedding", "e", (0, 1), {"input_dim": "-1", "output_dim": "2"})],
        "-1 rows",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_operation_that_cannot_be_is_refused_by_its_name(name: str) -> None:
    nodes, cause = WRONG[name]
    with pytest.raises(UnreadableModel, match=cause) as refusal:
        read(write(*nodes))
    assert str(refusal.value).isprintable()


def _change_loops(change: Callable[[dict[str, Any]], None]) -> bytes:
    document = json.loads((DATA / "mxnet" / "loops-symbol.json").read_bytes())
    for node in document["nodes"]:
        if "subgraphs" in node:
            change(node)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "attribute",
    ["in_data_locs", "in_state_locs", "func_var_locs", "then_input_locs", "cond_input_locs"],
)
@pytest.mark.parametrize("value", ["[99]", "[-1]", "[0, 0, 0]", "words"])
def test_places_that_do_not_fit_a_loop_are_refused(attribute: str, value: str) -> None:
    def change(node: dict[str, Any]) -> None:
        if attribute in node["attrs"]:
            node["attrs"][attribute] = value

    with pytest.raises(UnreadableModel) as refusal:
        read(_change_loops(change))
    assert str(refusal.value).isprintable()


def test_a_loop_of_too_many_graphs_is_refused() -> None:
    with pytest.raises(UnreadableModel, match="it holds"):
        read(_change_loops(lambda node: node["subgraphs"].append(node["subgraphs"][0])))


def test_graphs_within_graphs_beyond_all_are_refused() -> None:
    inner: dict[str, Any] = {"nodes": [{"op": "null", "name": "x"}], "heads": [[0, 0]]}
    for _ in range(40):
        node = {"op": "_CachedOp", "name": "n", "inputs": [[0, 0]], "subgraphs": [inner]}
        inner = {"nodes": [{"op": "null", "name": "x"}, node], "heads": [[1, 0]]}
    with pytest.raises(UnreadableModel, match="nested more than"):
        read(json.dumps({**inner, "attrs": {"mxnet_version": ["int", 10600]}}).encode())


def test_many_layers_in_many_nodes_are_refused_soon() -> None:
    nodes: list[Stated] = [X, var("p")]
    for place in range(4000):
        before = place + 1 if place else 0
        nodes.append(("RNN", f"r{place}", (before, 1), {**RNN, "num_layers": "64"}))
    refuse(MxnetReader(), Source("hostile", write(*nodes)), "more results than fit")


@pytest.mark.parametrize(
    ("data", "is_taken"),
    [
        (write(X, ("Flatten", "y", (0,), {})), True),
        (write(X, ("Flatten", "y", (0,), {}))[:120], True),
        (write(X, ("relu", "y", (0,), {}), version=None), False),
        (write(X, ("relu", "y", (0,), {}), version=905), True),
        (write(X, ("tvm_op", "y", (0,), {"func_name": "f"}), version=None), False),
        (b'{"nodes": [], "edges": []}', False),
        (b"[]", False),
    ],
)
def test_a_symbol_is_told_from_other_graphs(data: bytes, is_taken: bool) -> None:
    assert MxnetReader().recognises(Source("x.json", data)) == is_taken
