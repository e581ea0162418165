"""What the JSON of an exported program states, taken from it piece by piece.

serde/schema.py: ExportedProgram, GraphModule and Graph. Of a node its arguments and results are
kept alone, of a value its type: the JSON of both, with the places in the source that each node
comes from, takes ten times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Final, NamedTuple

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.dialects.aten.arguments import Arguments
from cyborg_rr.readers.formats.json_pieces import JsonText
from cyborg_rr.readers.formats.json_values import get_field, get_list, get_mapping, get_text
from cyborg_rr.readers.torchexport.arguments import list_outputs, parse_arguments
from cyborg_rr.readers.torchexport.values import NUMBER_TYPES, Label, parse_sizes, parse_type

NEWEST_SCHEMA: Final = 8
"""serde/schema.py SCHEMA_VERSION of PyTorch 2.13."""

_KEPT: Final = frozenset({"opset_version", "range_constraints", "torch_version"})
"""What else of a program is looked at."""


class StatedNode(NamedTuple):
    """One call: ``outputs`` are the names of its results, of an absent tensor empty."""

    target: str
    arguments: Arguments
    outputs: tuple[str, ...]


@dataclass(slots=True)
class StatedGraph:
    """The outermost graph: its nodes, the records of its inputs and outputs, types by name.

    ``strides`` are those of its inputs, None where they are not all numbers.
    """

    fields: dict[str, object] = field(default_factory=dict)
    types: dict[str, TensorType] = field(default_factory=dict)
    strides: dict[str, tuple[int, ...] | None] = field(default_factory=dict)
    _nodes: list[StatedNode] = field(default_factory=list)

    def take_nodes(self) -> Iterator[StatedNode]:
        """The nodes in order, each forgotten when the next is taken."""
        self._nodes.reverse()
        while self._nodes:
            yield self._nodes.pop()

    def read(self, text: JsonText) -> StatedGraph:
        """Take in the graph that stands next in a text; the same again."""
        for key in text.names():
            if key == "nodes":
                self.fields[key] = True
                self._nodes = [parse_node(node, at) for at, node in enumerate(text.items())]
            elif key == "tensor_values":
                self.fields[key] = True
                self._read_types(text)
            else:
                self.fields[key] = text.value()
        for key in ("nodes", "tensor_values"):
            get_field(self.fields, key, "the graph")
        self.types.update(list_numbers(self.fields))
        return self

    def _read_types(self, text: JsonText) -> None:
        inputs = self._name_inputs()
        for name in text.names():
            record = text.value()
            self.types[name] = parse_type(record, name)
            if inputs is None or name in inputs:
                self.strides[name] = parse_sizes(get_mapping(record, "a type").get("strides"))

    def _name_inputs(self) -> set[object] | None:
        """Names of the inputs; None where they come later."""
        stated = self.fields.get("inputs")
        if not isinstance(stated, list):
            return None
        records = [
            record for value in stated if isinstance(value, dict) for record in value.values()
        ]
        names = [record.get("name") for record in records if isinstance(record, dict)]
        return {name for name in names if isinstance(name, str)}


@dataclass(frozen=True, slots=True)
class StatedProgram:
    """A program: its graph, the signature of that, and what is said of both."""

    version: str
    fields: Mapping[str, object]
    signature: object
    graph: StatedGraph


def read_program(open_text: Callable[[], JsonText]) -> StatedProgram:
    """The program that a text is; of one of another form its version is told first."""
    try:
        return _read(open_text())
    except UnreadableModel:
        check_version(_find_version(open_text()))
        raise


def _read(text: JsonText) -> StatedProgram:
    fields: dict[str, object] = {}
    graph = StatedGraph()
    version: object = None
    for key in text.names():
        if key == "graph_module":
            fields[key] = _read_module(text, graph)
        elif key == "schema_version":
            version = text.value()
        elif key in _KEPT:
            fields[key] = text.value()
        else:
            text.skip()
    text.end()
    module = get_field(fields, "graph_module", "the program")
    signature = get_field(module, "signature", "the program")
    return StatedProgram(check_version(version), fields, signature, graph)


def _read_module(text: JsonText, graph: StatedGraph) -> dict[str, object]:
    """What else stands in the module of a graph."""
    module: dict[str, object] = {}
    for key in text.names():
        if key == "graph":
            module[key] = graph.read(text)
        elif key == "signature":
            module[key] = text.value()
        else:
            text.skip()
    get_field(module, "graph", "the program")
    return module


def _find_version(text: JsonText) -> object:
    for key in text.names():
        if key == "schema_version":
            return text.value()
        text.skip()
    return None


def check_version(stated: object) -> str:
    """The version of the schema as text; a newer major one means another form."""
    fields = stated if isinstance(stated, dict) else {"major": stated}
    major, minor = fields.get("major"), fields.get("minor")
    if not isinstance(major, int) or isinstance(major, bool) or not 0 < major < 1000:
        raise UnreadableModel("the program states no schema version")
    if major > NEWEST_SCHEMA:
        raise UnreadableModel(
            f"schema version {major} is newer than {NEWEST_SCHEMA}, the newest known: "
            "export the model with an earlier PyTorch"
        )
    return f"{major}.{minor}" if isinstance(minor, int) and 0 <= minor < 10**6 else str(major)


def parse_node(record: object, place: int) -> StatedNode:
    """One node of a graph."""
    target = get_text(get_field(record, "target", "a node"), "the target of a node")
    what = label_node(place, target)
    arguments = parse_arguments(get_field(record, "inputs", what), what)
    outputs = list_outputs(get_field(record, "outputs", what), what)
    return StatedNode(intern(target), arguments, outputs)


def label_node(place: int, target: str) -> Label:
    """What messages call a node."""
    return Label(f"node {place} (", target, ")")


def list_nodes(graph: object) -> Iterator[StatedNode]:
    """The nodes of an inner graph, which is there whole."""
    for place, record in enumerate(get_list(get_field(graph, "nodes", "the graph"), "nodes")):
        yield parse_node(record, place)


def list_types(graph: object) -> dict[str, TensorType]:
    """The types that an inner graph states for its values."""
    values = get_mapping(get_field(graph, "tensor_values", "the graph"), "tensor_values")
    types = {name: parse_type(value, name) for name, value in values.items()}
    return types | list_numbers(get_mapping(graph, "the graph"))


def list_numbers(fields: Mapping[str, object]) -> dict[str, TensorType]:
    """The types of the numbers that a graph reckons."""
    types: dict[str, TensorType] = {}
    for kind, element_type in NUMBER_TYPES.items():
        stated = fields.get(f"{kind}_values")
        if isinstance(stated, dict):
            types.update(dict.fromkeys(stated, TensorType(element_type, ())))
    return types
