"""JSON of TVM's objects: a list of nodes that name one another by their places.

``JSONGraph`` of src/node/serialization.cc: ``root``, ``nodes`` (``type_key``, ``attrs`` as texts,
``data`` of a list, ``keys`` of a map of texts, ``repr_str`` of a text), ``b64ndarrays``. Whether a
number in ``attrs`` is one or the place of a node, its field says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import StoredTensor
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.formats.json_pieces import JsonText
from cyborg_rr.readers.formats.json_values import (
    get_field,
    get_integer,
    get_list,
    get_mapping,
    make_decoder,
)
from cyborg_rr.readers.reading.limits import MAX_NODES
from cyborg_rr.readers.reading.source import Buffer
from cyborg_rr.readers.tvm.written.arrays import KEPT_CHARACTERS, parse_array

_ARRAYS: Final = re.compile(rb'"b64ndarrays"\s*:\s*\[')
_BETWEEN: Final = re.compile(rb"\s*+,?+\s*+")
_UNREAD: Final = frozenset({"span", "type_args", "virtual_device_"})
_REPEATED: Final = frozenset({"_checked_type_", "dtype", "op", "type_key"})
"""Fields that name one of few nodes, or a type."""

_DECODER: Final = make_decoder(_REPEATED, _UNREAD)

_WHOLE: Final = re.compile(r"-?[0-9]{1,19}")
MAX_JSON_BYTES: Final = 512 * 1024**2
"""Of what is left when arrays are cut short."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes of a file; 0 stands for none."""

    root: int
    nodes: tuple[Mapping[str, object], ...]
    fields: tuple[Mapping[str, object], ...]
    """The ``attrs`` of each node."""

    arrays: tuple[object, ...]
    version: str | None

    def node(self, place: int) -> Mapping[str, object]:
        """A node that has to be there."""
        if 0 <= place < len(self.nodes):
            return self.nodes[place]
        raise UnreadableModel(f"node {place} of {len(self.nodes)} is named")

    def kind(self, place: int) -> str:
        """What a node is: ``relay.Call``; empty for none."""
        found = self.node(place).get("type_key", "")
        return found if isinstance(found, str) else ""

    def attributes(self, place: int) -> Mapping[str, object]:
        """The fields of a node."""
        self.node(place)
        return self.fields[place]

    def text(self, place: int, name: str) -> str | None:
        """A field as it is written."""
        found = self.attributes(place).get(name)
        return found if isinstance(found, str) else None

    def reference(self, place: int, name: str) -> int:
        """The node that a field names; 0 where it names none."""
        found = self.attributes(place).get(name)
        if not isinstance(found, str):
            return 0
        if not found.isascii() or not found.isdigit() or len(found) > 9:
            raise UnreadableModel(f"field {quote(name)} of node {place} names no node")
        return int(found)

    def items(self, place: int) -> list[int]:
        """The nodes of a list; none of none."""
        if not place or "data" not in self.node(place):
            return []
        stated = get_list(self.node(place)["data"], f"'data' of node {place}")
        what = f"an item of node {place}"
        return [get_integer(each, what) for each in stated]

    def entries(self, place: int) -> dict[str, int]:
        """The nodes of a map by their texts."""
        stated = self.node(place).get("keys", [])
        keys = get_list(stated, f"'keys' of node {place}")
        items = self.items(place)
        if len(keys) != len(items):
            return {}
        return {str(key): item for key, item in zip(keys, items, strict=True)}

    def string(self, place: int) -> str | None:
        """The text that a node is: a string, a global's or an id's name."""
        node = self.node(place)
        if isinstance(node.get("repr_str"), str):
            return str(node["repr_str"])
        return self.text(place, "value") if self.kind(place) == "StringImm" else None

    def array(self, place: int) -> StoredTensor:
        """An array by its place among the arrays."""
        if not 0 <= place < len(self.arrays):
            raise UnreadableModel(f"array {place} of {len(self.arrays)} is named")
        found = self.arrays[place]
        if not isinstance(found, str):
            raise UnreadableModel("an array is not a text")
        return parse_array(found)

    def list_constants(self, key: str) -> dict[int, StoredTensor]:
        """The constants of a map of metadata, by their places."""
        found = {}
        for number, place in enumerate(self.items(self.entries(self.root).get(key, 0))):
            if "data" in self.attributes(place):
                found[number] = self.array(self.reference(place, "data"))
        return found


def parse_nodes(data: Buffer, start: int = 0, stop: int | None = None) -> Nodes:
    """The nodes of a file, or of a part of it; arrays are read as far as their headers go."""
    content = shorten(data, start, len(data) if stop is None else stop)
    text = JsonText(content, 0, len(content), "the file", _DECODER)
    others: dict[str, object] = {}
    nodes: tuple[Mapping[str, object], ...] | None = None
    for key in text.names():
        if key == "nodes":
            nodes = tuple(_list_nodes(text.items()))
        else:
            others[key] = text.value()
    text.end()
    if nodes is None:
        raise UnreadableModel("the file lacks 'nodes'")
    root = get_integer(get_field(others, "root", "the file"), "'root'")
    fields = tuple([get_mapping(each.get("attrs", {}), "'attrs' of a node") for each in nodes])
    arrays = get_list(others.get("b64ndarrays", []), "'b64ndarrays'")
    said = get_mapping(others.get("attrs", {}), "'attrs'").get("tvm_version")
    return Nodes(root, nodes, fields, tuple(arrays), said if isinstance(said, str) else None)


def _list_nodes(stated: Iterable[object]) -> Iterator[Mapping[str, object]]:
    for place, each in enumerate(stated):
        if place >= MAX_NODES:
            raise UnreadableModel(f"the file has more than {MAX_NODES} nodes")
        yield get_mapping(each, "a node")


def shorten(data: Buffer, start: int, stop: int) -> Buffer:
    """The JSON with the ends of long arrays left out: what is behind their headers is not needed.

    A string of base64 holds no quote, so that its end is found without looking at it.
    """
    found = _ARRAYS.search(data, start, stop)
    parts: list[bytes] = []
    kept_from = start
    position = found.end() if found is not None else stop
    while position < stop:
        between = _BETWEEN.match(data, position, stop)
        position = between.end() if between is not None else position
        if data[position : position + 1] != b'"':
            break
        end = data.find(b'"', position + 1, stop)
        if end < 0:
            break
        if end - position > KEPT_CHARACTERS:
            parts.append(bytes(data[kept_from : position + 1 + KEPT_CHARACTERS]))
            kept_from = end
        position = end + 1
    if stop - kept_from > MAX_JSON_BYTES:
        raise UnreadableModel(f"the file describes its graph in more than {MAX_JSON_BYTES} bytes")
    if (kept_from, stop) == (0, len(data)):
        return data
    parts.append(bytes(data[kept_from:stop]))
    return b"".join(parts)


def as_whole(text: str) -> int | None:
    """The number that a text is; None for any other text."""
    return int(text) if _WHOLE.fullmatch(text) else None
