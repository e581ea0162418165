"""Names of values, each once; which variables are weights."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import StoredLocation, TensorType
from cyborg_rr.readers.formats.nnvm.document import MAX_RESULTS, Document, DocumentNode, Entry

WEIGHT_PLACES: Final[Mapping[str, frozenset[int]]] = MappingProxyType(
    {
        "conv2d": frozenset({1, 2}),
        "conv2d_transpose": frozenset({1, 2}),
        "_contrib_conv2d_NCHWc": frozenset({1, 2}),
        "_contrib_depthwise_conv2d_NCHWc": frozenset({1, 2}),
        "dense": frozenset({1, 2}),
        "batch_norm": frozenset({1, 2, 3, 4}),
        "instance_norm": frozenset({1, 2}),
        "prelu": frozenset({1}),
        "take": frozenset({0}),
    }
)
"""Operands of operations of nnvm.top that models learn."""

MOST_UNREAD: Final = 8
"""How many results there may be for each that is read, a few thousand aside."""

_FUNCTION_WITH_WEIGHTS: Final = re.compile(r".*(?:conv[123]d|dense|prelu)")
"""Compiled functions whose operands are weights, but for the first."""

_WEIGHT_NAME: Final = re.compile(
    r"p[0-9]+|.*_?param_?[0-9]+"
    r"|(?:.*[_.])?(?:weight|bias|gamma|beta|alpha|scale|mean|var|kernel)s?(?:[0-9]*|[_.].*)"
)
"""Of Relay and of NNVM's frontends, and what they are called after passes over them."""


@dataclass(slots=True)
class Names:
    """The names of the results of nodes, as the file gives them, told apart where they repeat."""

    document: Document
    _taken: set[str] = field(default_factory=set)
    _again: Counter[str] = field(default_factory=Counter)
    _of: list[tuple[str, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        counts = count_results(self.document)
        for node, count in zip(self.document.nodes, counts, strict=True):
            names = [self.claim(node.name)]
            names += [self.claim(f"{node.name}:{place}") for place in range(1, count)]
            self._of.append(tuple(names[:count]))

    def of(self, node: int) -> tuple[str, ...]:
        """The results of a node."""
        return self._of[node]

    def at(self, entries: Iterable[Entry]) -> tuple[str, ...]:
        """The values that references name."""
        return tuple([self._of[entry.node][entry.index] for entry in entries])

    def claim(self, name: str) -> str:
        """A name that no other value has."""
        unique = name
        while unique in self._taken:
            self._again[name] += 1
            unique = f"{name}#{self._again[name]}"
        self._taken.add(unique)
        return unique


def count_results(document: Document) -> list[int]:
    """How many results each node has: as the file states, else as many as are read.

    Raises ``UnreadableModel`` where that is out of proportion to what is read of them.
    """
    starts = document.row_starts
    counts = [after - before for before, after in pairwise(starts)]
    counts = counts or [1] * len(document.nodes)
    for references in (*(node.inputs for node in document.nodes), document.heads):
        for entry in references:
            if entry.index >= counts[entry.node]:
                counts[entry.node] = entry.index + 1
    read = len(counts) + len(document.heads) + sum(len(node.inputs) for node in document.nodes)
    if sum(counts) > MAX_RESULTS + MOST_UNREAD * read:
        raise UnreadableModel(f"the graph has {sum(counts)} results, of which few are read")
    return counts


def find_weights(document: Document, known: Collection[str]) -> frozenset[int]:
    """The variables that are weights, by their places: those that lie beside, or else by their use.

    Without parameters beside a variable is one where an operation reads it as its weight, or its
    name says so.
    """
    variables = {place: node for place, node in enumerate(document.nodes) if node.is_variable}
    if known:
        return frozenset(place for place, node in variables.items() if node.name in known)
    found = {place for place, node in variables.items() if _WEIGHT_NAME.fullmatch(node.name)}
    for node in document.nodes:
        places = WEIGHT_PLACES.get(node.operation, frozenset())
        found |= {node.inputs[at].node for at in places if at < len(node.inputs)}
        if _FUNCTION_WITH_WEIGHTS.match(node.attributes.get("func_name", "")):
            found |= {entry.node for entry in node.inputs[1:]}
    read_as_data = {node.inputs[0].node for node in document.nodes if _reads_data(node)}
    return frozenset(found & variables.keys()) - read_as_data


def _reads_data(node: DocumentNode) -> bool:
    """Whether an operation with weights reads what it computes on first."""
    places = WEIGHT_PLACES.get(node.operation)
    return places is not None and 0 not in places and bool(node.inputs)


def locate(known: Mapping[str, TensorType], name: str) -> StoredLocation:
    """Where a weight is: in the file beside, or nowhere that was given."""
    return "external" if name in known else "absent"
