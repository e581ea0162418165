"""Writes the nodes of a symbol as a block of canonical operations.

Only what comes out at inference is made of is written: labels, and what prepares them, are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Dimension, Node, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import list_names, quote
from cyborg_rr.domain.graph.shapes import ANY, Contradiction, check_type
from cyborg_rr.readers.formats.nnvm.document import MAX_RESULTS, Document, DocumentNode, Entry
from cyborg_rr.readers.formats.nnvm.values import Value, parse_value
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import make_nodes
from cyborg_rr.readers.kit.unknown import explain_unknown
from cyborg_rr.readers.mxnet.element_types import find_element_type_of
from cyborg_rr.readers.mxnet.open_sizes import find_givers, order_nodes
from cyborg_rr.readers.mxnet.roles import find_read, find_weights
from cyborg_rr.readers.mxnet.scope import Scope
from cyborg_rr.readers.mxnet.subgraphs import Written, write_subgraphs
from cyborg_rr.readers.mxnet.translation.native import NativeMxnetNode
from cyborg_rr.readers.mxnet.translation.operations import find_rule

_SHORT: Final = 64
"""Length of a text that is likely to be met again."""

_REAL: Final = "f32"
"""What MXNet takes a variable for that states no type and learns none from its neighbours."""


class Translation:
    """One symbol on its way to a block; ``parameters`` are the types in a file beside it."""

    def __init__(self, parameters: Mapping[str, TensorType]) -> None:
        self._parameters = parameters
        self.scope = Scope()
        self._unknown: Counter[str] = Counter()
        self._inputs: dict[str, TensorType] = {}
        self._variables: set[str] = set()

    def write_main(self, document: Document) -> Block:
        """The whole model."""
        read = find_read(document)
        self.scope.nodes = _count_nodes(document)
        self._variables = {node.name for node in document.nodes if node.is_variable}
        weights = find_weights(document, read, self._parameters)
        given = {
            place: self._define(document.nodes[place], is_weight=place in weights)
            for place in sorted(read)
            if document.nodes[place].is_variable
        }
        written = self.write(document, given)
        return Block(
            self._inputs,
            tuple(written.outputs),
            tuple(written.nodes),
            self.scope.stored,
            self.scope.types,
        )

    def warnings(self) -> list[str]:
        """What a user should know, one sentence each."""
        absent = [name for name in self._parameters if name not in self._variables]
        told = explain_unknown(self._unknown)
        if assumed := list(self.scope.assumed):
            told.append(
                f"the shapes of {len(assumed)} constants leave sizes open that nothing gives, and"
                f" that count as 1: {list_names(assumed, 3)}"
            )
        if absent:
            told.append(
                f"{len(absent)} arrays of the parameters are not in the symbol: "
                f"{list_names(absent, 3)}"
            )
        return told

    # ---- variables

    def _define(self, node: DocumentNode, *, is_weight: bool) -> str:
        """The name of a variable; variables of one name are one value."""
        if node.name in self.scope.names:
            return node.name
        stated, stored = _read_type(node), self._parameters.get(node.name)
        self.scope.names.add(node.name)
        if not is_weight:
            kind = stated.element_type or _REAL
            self._inputs[node.name] = TensorType(kind, stated.shape)
            return node.name
        if stored is not None and stored.shape is not None:
            self.scope.stored[node.name] = StoredTensor(stored, "parameter", "external")
            return node.name
        known = stated
        if known.shape is not None:
            is_open = ANY in known.shape
            default = None if is_open else _REAL
            known = TensorType(known.element_type or default, None if is_open else known.shape)
        self.scope.stored[node.name] = StoredTensor(known, "parameter", "absent")
        return node.name

    # ---- nodes

    def write(self, document: Document, given: Mapping[int, str]) -> Written:
        """A graph whose variables have these names."""
        read = find_read(document)
        counts = _count_results(document, read)
        givers = find_givers(document, read)
        values = {_key(place, 0): name for place, name in given.items()}
        written = Written()
        for place in order_nodes(document, read, givers):
            node = document.nodes[place]
            if node.is_variable:
                continue
            outputs = tuple(
                self.scope.name(f"{node.name}:{index}" if index else node.name)
                for index in range(counts.get(place, 1))
            )
            values.update((_key(place, index), name) for index, name in enumerate(outputs))
            inputs = tuple([values.get(_key(each.node, each.index), "") for each in node.inputs])
            if place in givers:
                self.scope.givers[outputs[0]] = {
                    axis: (values[_key(giver.entry.node, giver.entry.index)], giver.axis)
                    for axis, giver in givers[place].items()
                }
            written.nodes.extend(self._write_node(node, inputs, outputs))
        written.outputs = [_find(values, entry, document) for entry in document.heads]
        return written

    def _write_node(
        self, node: DocumentNode, inputs: tuple[str, ...], outputs: tuple[str, ...]
    ) -> list[Node]:
        if node.subgraphs:
            return write_subgraphs(self, self._make_native(node, inputs, outputs), node)
        native = self._make_native(node, inputs, outputs)
        rule = find_rule(node.operation) or unknown
        steps = rule(native)
        made = {name for step in steps for name in step.outputs}
        left = tuple(name for name in outputs if name not in made)
        if left:  # results that hardly anything reads, such as masks and means
            steps = [native.step("unknown", inputs, left), *steps]
        if any(step.operation == "unknown" for step in steps):
            self._unknown[node.operation] += 1
        for step in steps:
            self.scope.types.update(step.stated)
        return make_nodes(steps, node.operation, node.name)

    def _make_native(
        self, node: DocumentNode, inputs: tuple[str, ...], outputs: tuple[str, ...]
    ) -> NativeMxnetNode:
        """The node as its rule sees it."""
        attributes = {
            key: value
            for key, text in node.attributes.items()
            if (value := _parse(text) if len(text) < _SHORT else parse_value(text)) is not None
        }
        return NativeMxnetNode(
            node.operation,
            node.name,
            inputs,
            outputs,
            attributes,
            self.scope.find_type,
            self.scope.find_stored,
            self.scope,
        )


def _key(node: int, index: int) -> int:
    """One number for a result of a node, which is found sooner than two."""
    return node * MAX_RESULTS + index


@lru_cache(maxsize=4096)
def _parse(text: str) -> Value:
    """A value; a file repeats few of them."""
    return parse_value(text)


def _find(values: Mapping[int, str], entry: Entry, document: Document) -> str:
    name = values.get(_key(entry.node, entry.index))
    if name is None:
        label = quote(document.nodes[entry.node].name)
        raise UnreadableModel(f"result {entry.index} of {label} is never made")
    return name


def _count_nodes(document: Document) -> int:
    """Nodes with those of inner graphs."""
    inner = (graph for node in document.nodes for graph in node.subgraphs)
    return len(document.nodes) + sum(_count_nodes(graph) for graph in inner)


def _count_results(document: Document, read: frozenset[int]) -> dict[int, int]:
    """How many results of each node are named by what is read."""
    counts: dict[int, int] = {}
    for entries in (document.heads, *(document.nodes[place].inputs for place in read)):
        for entry in entries:
            counts[entry.node] = max(counts.get(entry.node, 1), entry.index + 1)
    return counts


def _read_type(node: DocumentNode) -> TensorType:
    """The type that hidden attributes state; a size of 0, or -1 since 2.0, is open."""
    kind = find_element_type_of(node.attributes.get("__dtype__", ""))
    stated = parse_value(node.attributes.get("__shape__", "None"))
    if isinstance(stated, int) and not isinstance(stated, bool):
        stated = (stated,)
    if not isinstance(stated, tuple) or not stated:
        return TensorType(kind, None)
    sizes: list[Dimension] = []
    for size in stated:
        if type(size) is not int:
            raise UnreadableModel(f"'__shape__' of {quote(node.name)} is not a shape")
        sizes.append(size if size > 0 else ANY)
    try:
        return check_type(TensorType(kind, tuple(sizes)))
    except Contradiction as contradiction:
        raise UnreadableModel(f"variable {quote(node.name)}: {contradiction}") from contradiction
