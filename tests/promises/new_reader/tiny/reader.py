"""The tiny reader: a JSON object with a version, inputs, nodes and outputs, into a graph."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Graph, IRIdentity, Node, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import name_operation, quote
from cyborg_rr.readers.kit.node import NativeNode
from cyborg_rr.readers.kit.rules import Rule, axis, plain, unknown
from cyborg_rr.readers.kit.steps import make_nodes
from cyborg_rr.readers.reading.limits import MAX_RANK
from cyborg_rr.readers.reading.source import Source

MAX_FILE_BYTES = 64 * 1024**2

_STORED: Mapping[str, StoredTensor] = {}
"""Tiny files hold no tensors."""

_START = re.compile(rb'\s*+\{\s*+"tiny"\s*+:\s*+[0-9]')
_RULES: Mapping[str, Rule] = {
    "add": plain("add"),
    "relu": plain("relu"),
    "softmax": axis("softmax", "along", -1),
}


@dataclass(slots=True)
class TinyNode(NativeNode):
    """A node, and its place in the list of nodes."""

    place: int

    def refuse(self, cause: str) -> UnreadableModel:
        """The error for a node that cannot be."""
        return UnreadableModel(f"node {self.place} ({quote(self.operation)}): {cause}")


class TinyReader:
    """Reads tiny models."""

    family = "tiny"

    def recognises(self, source: Source) -> bool:
        """Whether the first key is that of a tiny model."""
        return _START.match(source.head) is not None

    def read(self, source: Source) -> Graph:
        """Read a whole file; see ``Reader.read``."""
        model = _parse(source)
        types = {name: _parse_type(name, shape) for name, shape in _object(model, "inputs").items()}
        nodes = [
            node
            for place, record in enumerate(_list(model, "nodes"))
            for node in _translate(record, place, types)
        ]
        outputs = tuple(_names(model, "outputs"))
        defined = {*types, *(name for node in nodes for name in node.outputs)}
        for name in [*outputs, *(name for node in nodes for name in node.inputs)]:
            if name not in defined:
                raise UnreadableModel(f"{quote(name)} is never defined")
        identity = IRIdentity(self.family, str(model.get("tiny")), "json")
        return Graph(identity, source.name, Block(types, outputs, tuple(nodes)))


def _parse(source: Source) -> dict[str, Any]:
    if source.size_bytes > MAX_FILE_BYTES:
        raise UnreadableModel(f"it has more than {MAX_FILE_BYTES} bytes")
    try:
        model = json.loads(bytes(source.data))
    except RecursionError:
        raise UnreadableModel("its JSON is nested too deeply") from None
    except ValueError:
        raise UnreadableModel("it is not JSON") from None
    if not isinstance(model, dict) or "tiny" not in model:
        raise UnreadableModel("it is not a tiny model")
    return model


def _parse_type(name: str, shape: object) -> TensorType:
    sizes = shape if isinstance(shape, list) else []
    if sizes is not shape or len(sizes) > MAX_RANK:
        raise UnreadableModel(f"the shape of {quote(name)} is not a list of at most {MAX_RANK}")
    if any(type(size) is not int or not 0 <= size < 2**31 for size in sizes):
        raise UnreadableModel(f"the shape of {quote(name)} has a size that is none")
    return TensorType("f32", tuple(sizes))


def _translate(record: object, place: int, types: Mapping[str, TensorType]) -> list[Node]:
    if not isinstance(record, dict) or not isinstance(record.get("op"), str):
        raise UnreadableModel(f"node {place} has no operation")
    name = record["op"]
    node = TinyNode(
        name,
        "",
        tuple(_names(record, "in")),
        tuple(_names(record, "out")),
        _object(record, "attributes"),
        types.get,
        _STORED.get,
        place,
    )
    rule = _RULES.get(name, unknown)
    return make_nodes(rule(node), name_operation("", name), "")


def _object(record: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = record.get(key, {})
    if not isinstance(value, dict):
        raise UnreadableModel(f"{key!r} is not an object")
    return value


def _list(record: Mapping[str, Any], key: str) -> list[Any]:
    value = record.get(key, [])
    if not isinstance(value, list):
        raise UnreadableModel(f"{key!r} is not a list")
    return value


def _names(record: Mapping[str, Any], key: str) -> list[str]:
    names = _list(record, key)
    if not all(isinstance(name, str) and name.isprintable() for name in names):
        raise UnreadableModel(f"{key!r} is not a list of names")
    return names
