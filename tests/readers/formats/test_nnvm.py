"""NNVM's JSON: its container, and the values that it keeps as text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.nnvm import marks
from cyborg_rr.readers.formats.nnvm.document import Entry, parse_document
from cyborg_rr.readers.formats.nnvm.marks import find_writer
from cyborg_rr.readers.formats.nnvm.values import parse_value
from cyborg_rr.readers.nnvm.translation.operations import OPERATIONS

DATA = {"op": "null", "name": "data", "inputs": []}
RELU = {"op": "relu", "name": "r", "attrs": {"a": "1"}, "inputs": [[0, 0, 0]]}


def write(*nodes: object, **fields: object) -> bytes:
    return json.dumps({"nodes": nodes, "arg_nodes": [0], "heads": [[0, 0, 0]], **fields}).encode()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(3, 3)", (3, 3)),
        ("[5L, 5L]", (5, 5)),
        ("(2,)", (2,)),
        ("()", ()),
        ("((1, 2), (3,))", ((1, 2), (3,))),
        ("(1,None,-1)", (1, None, -1)),
        ("('a', \"b\")", ("a", "b")),
        ("True", True),
        ("None", None),
        ("1e-05", 1e-05),
        ("-7", -7),
        ("64L", 64),
        ("same", "same"),
        ("NCHW8c", "NCHW8c"),
        ("(1, 2", "(1, 2"),
        ("(1) 2", "(1) 2"),
        ("9" * 400, "9" * 400),
    ],
)
def test_a_value_is_what_python_would_print(text: str, value: object) -> None:
    assert parse_value(text) == value


_PLAIN = st.one_of(
    st.booleans(),
    st.none(),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(st.recursive(_PLAIN, lambda each: st.lists(each, max_size=4).map(tuple), max_leaves=8))
def test_what_python_prints_is_read_back(value: object) -> None:
    assert parse_value(repr(value)) == value


@given(st.text(max_size=64))
def test_any_text_is_some_value(text: str) -> None:
    parse_value(text)


def test_deep_brackets_are_a_text() -> None:
    assert parse_value("(" * 100_000) == "(" * 100_000


def test_a_document_has_nodes_heads_and_attributes() -> None:
    document = parse_document(
        write(DATA, RELU, heads=[[1, 0]], attrs={"mxnet_version": ["int", 9]})
    )
    assert [node.is_variable for node in document.nodes] == [True, False]
    assert document.nodes[1].inputs == (Entry(0, 0),)
    assert document.heads == (Entry(1, 0),)
    assert not document.is_legacy


def test_all_generations_of_attributes_are_one_mapping() -> None:
    node = {**RELU, "param": {"k": "2"}, "attr": {"__m__": "x"}}
    document = parse_document(write(DATA, node))
    assert document.nodes[1].attributes == {"a": "1", "k": "2", "__m__": "x"}
    assert document.is_legacy


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"[]", "not an object"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "too deep"),
        (b'{"nodes": [], "nodes": [], "heads": []}', "twice"),
        (b'{"nodes": ' + b"9" * 5000 + b"}", "digits"),
        (write({**RELU, "inputs": [[1, 0, 0]]}), "does not stand before"),
        (write(DATA, {**RELU, "inputs": [[-1, 0, 0]]}), "does not stand before"),
        (write(DATA, {**RELU, "inputs": [[0, 1 << 40, 0]]}), "names result"),
        (write(DATA, {**RELU, "inputs": [[0]]}), "not \\[node, index, version\\]"),
        (write(DATA, {**RELU, "inputs": [["0", 0]]}), "whole number"),
        (write({"op": "null", "name": ""}), "not a name"),
        (write({"name": "a"}), "lacks 'op'"),
        (write(DATA, {**RELU, "attrs": {"a": 1}}), "not a text"),
        (write(DATA, heads=[[5, 0, 0]]), "does not stand before"),
    ],
)
def test_what_is_no_such_graph_is_refused_with_its_place(content: bytes, cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause):
        parse_document(content)


def make_graph(*operations: str) -> bytes:
    """A graph of these operations, each of which reads the one before."""
    names = ["null", *operations]
    nodes = [
        {"op": op, "name": f"n{place}", "inputs": [[place - 1, 0, 0]] if place else []}
        for place, op in enumerate(names)
    ]
    return json.dumps(
        {"nodes": nodes, "arg_nodes": [0], "heads": [[len(nodes) - 1, 0, 0]]}
    ).encode()


@pytest.mark.parametrize(
    ("operations", "writer"),
    [
        (("conv2d", "relu", "L", "dense"), "nnvm"),
        (("conv2d", "Unknown", "max_pool2d"), "nnvm"),
        (("__add_scalar__", "_image_odd", "conv2d_transpose"), "nnvm"),
        (("Convolution", "relu", "conv2d", "FullyConnected"), "mxnet"),
        (("relu", "L"), "mxnet"),
        (("elemwise_add", "relu"), "nnvm"),
        (("_mul_scalar", "unheard_of", "softmax"), "mxnet"),
    ],
)
def test_one_name_that_nobody_knows_makes_no_other_family(
    operations: tuple[str, ...], writer: str
) -> None:
    assert find_writer(make_graph(*operations)) == writer


def test_what_nnvm_names_is_what_its_reader_knows() -> None:
    own = {name for name in OPERATIONS if marks._NNVM_NAME.match(name.encode())}
    assert {"conv2d", "dense", "avg_pool2d", "batch_norm", "__pow_scalar__"} <= own
    assert not [name for name in own if marks._MXNET_NAME.match(name.encode())]
