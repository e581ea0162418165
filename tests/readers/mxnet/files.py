"""Symbols and parameters as tests need them, written without anything of the reader."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence

from cyborg_rr.domain.graph.graph import Graph, Shape, TensorType
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.inference.typed import TypedGraph
from cyborg_rr.readers.mxnet.reader import MxnetReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import MemoryFolder

Stated = tuple[str, str, Sequence[int], Mapping[str, str]]
"""Operation, name, the nodes that it reads, attributes."""


def var(name: str, **attributes: str) -> Stated:
    """A variable."""
    return ("null", name, (), attributes)


def write(*nodes: Stated, key: str = "attrs", version: int | None = 10901) -> bytes:
    """A symbol whose last node comes out; attributes stand under ``key``."""
    stated = [
        {"op": op, "name": name, key: dict(attributes), "inputs": [[n, 0, 0] for n in inputs]}
        for op, name, inputs, attributes in nodes
    ]
    document: dict[str, object] = {
        "nodes": stated,
        "arg_nodes": [place for place, node in enumerate(nodes) if node[0] == "null"],
        "heads": [[len(nodes) - 1, 0, 0]],
    }
    if version is not None:
        document["attrs"] = {"mxnet_version": ["int", version]}
    return json.dumps(document).encode()


def read(data: bytes, **beside: bytes) -> Graph:
    """The graph of a symbol; files beside it are named with ``_`` for a dot."""
    files = {name.replace("_", "."): content for name, content in beside.items()}
    folder = MemoryFolder({"model-symbol.json": data, **files}) if files else None
    return MxnetReader().read(Source("model-symbol.json", data, folder))


def bind(graph: Graph, **inputs: Shape) -> TypedGraph:
    """The graph with shapes for its inputs."""
    wanted = {name: TensorType(None, shape) for name, shape in inputs.items()}
    return infer(graph, Bindings(inputs=wanted))


def result(typed: TypedGraph, place: int = 0) -> TensorType:
    """The type of what comes out."""
    return typed.body.types[typed.graph.body.outputs[place]]


def count_parameters(typed: TypedGraph) -> int:
    """Elements of all parameters."""
    stored = typed.graph.body.stored.items()
    return sum(typed.body.types[n].elements or 0 for n, s in stored if s.kind == "parameter")


def params(*arrays: bytes, names: Sequence[str]) -> bytes:
    """A file of parameters."""
    texts = [name.encode() for name in names]
    return (
        struct.pack("<QQQ", 0x112, 0, len(arrays))
        + b"".join(arrays)
        + struct.pack("<Q", len(names))
        + b"".join(struct.pack("<Q", len(text)) + text for text in texts)
    )


def array(shape: Sequence[int], version: int, code: int = 0, width: int = 4) -> bytes:
    """An array of zeros as version 0 (no magic number) to 3 writes it."""
    rank = struct.pack("<I", len(shape))
    elements = 1
    for size in shape:
        elements *= size
    content = struct.pack("<iii", 1, 0, code) + bytes(elements * width)
    if version == 0:
        return rank + struct.pack(f"<{len(shape)}I", *shape) + content
    magic = struct.pack("<I", 0xF993FAC7 + version)
    storage = struct.pack("<i", 0) if version > 1 else b""
    return magic + storage + rank + struct.pack(f"<{len(shape)}q", *shape) + content
