"""A graph in NNVM's JSON: nodes in topological order, what is given, what comes out.

The container of ``dmlc/nnvm docs/json_spec.rst`` and ``src/pass/saveload_json.cc``: each node has
``op`` (``null`` for a variable), ``name``, ``inputs`` as ``[node, index, version]`` and attributes,
all text, under ``attrs``; ``attr`` until MXNet 1.0, and ``param`` beside it until 0.8. ``heads``
lists what comes out, ``node_row_ptr`` where the results of each node begin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from sys import intern
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.formats.json_pieces import JsonText
from cyborg_rr.readers.formats.json_values import (
    get_field,
    get_integer,
    get_list,
    get_mapping,
    get_text,
    make_decoder,
)
from cyborg_rr.readers.reading.limits import MAX_NODES
from cyborg_rr.readers.reading.source import Buffer

VARIABLE: Final = "null"
MAX_RESULTS: Final = 4096
"""Of one node: what splits most has some hundreds."""

MAX_DEPTH: Final = 16
"""Graphs within nodes of graphs: loops and conditions of MXNet, fused operations."""

_MAX_SHARED: Final = 200
"""Texts of attributes up to this length are kept once, however many nodes state them."""

_DECODER: Final = make_decoder(frozenset({"op"}))
_ATTRIBUTE_FIELDS: Final = ("param", "attr", "attrs")


@dataclass(slots=True)  # not frozen: there is one for every operand
class Entry:
    """One result of a node."""

    node: int
    index: int


@dataclass(slots=True)  # not frozen, as its operands
class DocumentNode:
    """One node as the file states it; its attributes are text."""

    operation: str
    name: str
    inputs: tuple[Entry, ...]
    attributes: Mapping[str, str]
    subgraphs: tuple[Document, ...] = ()

    @property
    def is_variable(self) -> bool:
        """Whether it is given from outside: an input, a weight or a state."""
        return self.operation == VARIABLE


@dataclass(frozen=True, slots=True)
class Document:
    """A file: its nodes in order, the results that come out, attributes of the whole graph.

    ``is_legacy`` says that nodes keep parameters under ``param``, as MXNet before 0.9 wrote them.
    """

    nodes: tuple[DocumentNode, ...]
    heads: tuple[Entry, ...]
    attributes: Mapping[str, object]
    is_legacy: bool = False
    row_starts: tuple[int, ...] = ()
    """Where the results of each node begin among those of all, and how many there are; not
    stated by old files."""


def parse_document(content: Buffer) -> Document:
    """The graph of a file.

    Raises ``UnreadableModel`` for what is not such a graph: also for an input that comes after the
    node that takes it, since the format demands topological order.
    """
    text = JsonText(content, 0, len(content), "the file", _DECODER)
    nodes: _Nodes | None = None
    others: dict[str, object] = {}
    for key in text.names():
        if key == "nodes":
            nodes = _parse_nodes(text.items(), 0)
        else:
            others[key] = text.value()
    text.end()
    if nodes is None:
        get_field(others, "nodes", "the file")
    return _make_document(nodes or ([], False), others)


_Nodes = tuple[list[DocumentNode], bool]


def _parse_graph(document: Mapping[str, object], depth: int) -> Document:
    stated = get_list(get_field(document, "nodes", "the file"), "'nodes'")
    return _make_document(_parse_nodes(stated, depth), document)


def _parse_nodes(stated: Iterable[object], depth: int) -> _Nodes:
    """Nodes, and whether any of them is of the form before 0.9."""
    nodes: list[DocumentNode] = []
    is_legacy = False
    for place, each in enumerate(stated):
        if place >= MAX_NODES:
            raise UnreadableModel(f"the graph has more than {MAX_NODES} nodes")
        is_legacy = is_legacy or (isinstance(each, dict) and "param" in each)
        nodes.append(_parse_node(place, each, depth))
    return nodes, is_legacy


def _make_document(found: _Nodes, others: Mapping[str, object]) -> Document:
    nodes, is_legacy = found
    heads = get_list(get_field(others, "heads", "the file"), "'heads'")
    return Document(
        tuple(nodes),
        tuple(_parse_entries(heads, len(nodes), "'heads'")),
        get_mapping(others.get("attrs", {}), "'attrs'"),
        is_legacy,
        _parse_row_starts(others, len(nodes)),
    )


def _parse_row_starts(document: Mapping[str, object], nodes: int) -> tuple[int, ...]:
    """Numbers that only grow, one more than there are nodes."""
    what = "'node_row_ptr'"
    stated = get_list(document.get("node_row_ptr", []), what)
    starts = tuple(get_integer(each, what) for each in stated)
    if not starts:
        return ()
    if len(starts) != nodes + 1 or starts[0] != 0:
        raise UnreadableModel(f"{what} has {len(starts)} numbers for {nodes} nodes")
    for before, after in pairwise(starts):
        if not 0 <= after - before <= MAX_RESULTS:
            raise UnreadableModel(f"{what} goes from {before} to {after}")
    return starts


def _parse_node(place: int, stated: object, depth: int) -> DocumentNode:
    what = f"node {place}"
    name = get_text(get_field(stated, "name", what), f"the name of {what}")
    what = f"node {place} ({quote(name)})"
    fields = get_mapping(stated, what)
    operation = get_text(get_field(fields, "op", what), f"the operation of {what}")
    inputs = get_list(fields.get("inputs", []), f"the inputs of {what}")
    return DocumentNode(
        operation,
        name,
        tuple(_parse_entries(inputs, place, f"an input of {what}")),
        _merge_attributes(fields, what),
        _parse_subgraphs(fields, what, depth) if "subgraphs" in fields else (),
    )


def _parse_subgraphs(fields: Mapping[str, object], what: str, depth: int) -> tuple[Document, ...]:
    """The graphs that a node runs: ``src/pass/saveload_json.cc``, since MXNet 1.3."""
    if depth == MAX_DEPTH:
        raise UnreadableModel(f"{what} holds graphs that are nested more than {MAX_DEPTH} deep")
    what = f"a subgraph of {what}"
    stated = get_list(fields["subgraphs"], f"{what}s")
    return tuple(_parse_graph(get_mapping(each, what), depth + 1) for each in stated)


def _parse_entries(stated: list[object], before: int, what: str) -> Iterator[Entry]:
    """References to results of nodes before a place; the version, which follows, is left out."""
    for each in stated:
        reference = get_list(each, what)
        if len(reference) not in (2, 3):
            raise UnreadableModel(f"{what} is not [node, index, version]")
        node, index = get_integer(reference[0], what), get_integer(reference[1], what)
        if not 0 <= node < before:
            raise UnreadableModel(f"{what} names node {node}, which does not stand before it")
        if not 0 <= index < MAX_RESULTS:
            raise UnreadableModel(f"{what} names result {index} of node {node}")
        yield Entry(node, index)


def _merge_attributes(fields: Mapping[str, object], what: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for field in _ATTRIBUTE_FIELDS:
        if field not in fields:
            continue
        for key, value in get_mapping(fields[field], f"'{field}' of {what}").items():
            if not isinstance(value, str):
                raise UnreadableModel(f"attribute {quote(key)} of {what} is not a text")
            found[key] = intern(value) if len(value) <= _MAX_SHARED else value
    return found
