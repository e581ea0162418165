"""Functions as the file states them: operations with names, references to what they read.

The list is what ``src/ngraph/serializer.cpp`` writes. An input is the name of a node, for its first
output, or ``{"node", "index"}`` (since 0.20). ``op_version`` came with 0.24, ``type_info`` with
0.27.
The function that ``ngraph::deserialize`` gives back is the last one; the others are called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.formats.json_values import (
    get_field,
    get_integer,
    get_list,
    get_mapping,
    get_text,
    parse_json,
)
from cyborg_rr.readers.reading.limits import MAX_NODES
from cyborg_rr.readers.reading.source import Buffer

_OWN: Final = frozenset(
    {"friendly_name", "inputs", "name", "op", "op_version", "outputs", "type_info"}
)
"""Fields of an operation that are no attributes."""

MAX_INDEX: Final = 4096
"""Outputs of one operation."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One output of an operation."""

    name: str
    index: int


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; ``outputs`` is how many it yields, as far as it says so."""

    kind: str
    version: int
    name: str
    label: str
    inputs: tuple[Reference, ...]
    outputs: int
    attributes: Mapping[str, object]

    def describe(self) -> str:
        """How messages call it."""
        return f"operation {quote(self.name)} ({quote(self.kind)})"


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its operations in topological order, what it takes and what it yields."""

    name: str
    operations: tuple[Operation, ...]
    parameters: tuple[str, ...]
    results: tuple[Reference, ...]


def parse_functions(content: Buffer) -> tuple[Function, ...]:
    """All functions of a file. Raises ``UnreadableModel`` for what is none."""
    stated = get_list(parse_json(content, "the file"), "the file")
    functions = tuple(_parse_function(place, each) for place, each in enumerate(stated))
    if not functions:
        raise UnreadableModel("the file holds no function")
    if sum(len(function.operations) for function in functions) > MAX_NODES:
        raise UnreadableModel(f"the file has more than {MAX_NODES} operations")
    return functions


def _parse_function(place: int, stated: object) -> Function:
    what = f"function {place}"
    fields = get_mapping(stated, what)
    operations = get_list(get_field(fields, "ops", what), f"'ops' of {what}")
    parameters = get_list(get_field(fields, "parameters", what), f"'parameters' of {what}")
    results = fields.get("result", fields.get("results"))
    if results is None:
        raise UnreadableModel(f"{what} lacks 'result'")
    listed = results if isinstance(results, list) else [results]
    parsed: list[Operation] = []
    for number, each in enumerate(operations):
        parsed.append(_parse_operation(each, number, what))
        operations[number] = None  # two forms of all at once would take twice the memory
    return Function(
        get_text(get_field(fields, "name", what), f"the name of {what}"),
        tuple(parsed),
        tuple(get_text(each, f"a parameter of {what}") for each in parameters),
        tuple(_parse_reference(each, f"a result of {what}") for each in listed),
    )


def _parse_operation(stated: object, number: int, where: str) -> Operation:
    what = f"operation {number} of {where}"
    fields = get_mapping(stated, what)
    name = get_text(get_field(fields, "name", what), f"the name of {what}")
    kind = get_text(get_field(fields, "op", what), f"the kind of {what}")
    version = fields.get("op_version", 0)
    info = fields.get("type_info")
    if isinstance(info, dict):
        kind = get_text(info.get("name", kind), f"the kind of {what}")
        version = info.get("version", version)
    inputs = fields.get("inputs") or []
    label = fields.get("friendly_name", name)
    outputs = fields.get("outputs") or []
    attributes = {key: value for key, value in fields.items() if key not in _OWN}
    return Operation(
        kind,
        get_integer(version, f"the version of {what}"),
        name,
        label if isinstance(label, str) and label else name,
        tuple(
            _parse_reference(each, f"an input of {what}")
            for each in get_list(inputs, f"the inputs of {what}")
        ),
        len(get_list(outputs, f"the outputs of {what}")),
        attributes | dict(_list_generic(fields, what)) if "attributes" in fields else attributes,
    )


def _list_generic(fields: Mapping[str, object], what: str) -> Iterator[tuple[str, object]]:
    """Attributes of generated operations, which stand as name, type and value."""
    stated = fields.get("attributes")
    if isinstance(stated, list):
        for each in stated:
            entry = get_mapping(each, f"an attribute of {what}")
            if "name" in entry and "value" in entry:
                yield get_text(entry["name"], f"an attribute of {what}"), entry["value"]


def _parse_reference(stated: object, what: str) -> Reference:
    if isinstance(stated, str):
        return Reference(get_text(stated, what), 0)
    name = get_text(get_field(stated, "node", what), what)
    index = get_integer(get_field(stated, "index", what), what)
    if not 0 <= index < MAX_INDEX:
        raise UnreadableModel(f"{what} is output {index}")
    return Reference(name, index)
