"""The small models of ``truth/towers.jsonl.xz``, their files, and the shapes that they ran on."""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from cyborg_rr.domain.graph.graph import Graph, TensorType
from cyborg_rr.domain.graph.inference.bindings import Bindings
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.work.workload import find_workload
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import MemoryFolder
from tests.readers.huggingface.truth import TRUTH

Tensors = Mapping[str, list[Any]]

_BYTES: Final = {"F32": 4, "I64": 8}
_NAMES: Final = {"ids": "input_ids", "qformer_ids": "qformer_input_ids"}


@cache
def list_entries() -> Mapping[str, Mapping[str, Any]]:
    """Configurations, inputs, tensors and figures, by the name of the model."""
    lines = lzma.decompress((TRUTH / "towers.jsonl.xz").read_bytes()).splitlines()
    return {entry["id"]: entry for entry in map(json.loads, lines)}


def read_config(config: Mapping[str, Any]) -> Graph:
    """The graph of a configuration alone."""
    return HuggingFaceReader().read(Source("x", json.dumps(config).encode()))


def read_folder(config: Mapping[str, Any], tensors: Tensors) -> Graph:
    """The graph of a configuration and of a checkpoint of zeros."""
    header: dict[str, Any] = {}
    at = 0
    for name, (kind, shape) in tensors.items():
        size = _BYTES[kind]
        for length in shape:
            size *= length
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    packed = json.dumps(header).encode()
    checkpoint = len(packed).to_bytes(8, "little") + packed + bytes(at)
    folder = MemoryFolder(
        {"config.json": json.dumps(config).encode(), "model.safetensors": checkpoint}
    )
    return HuggingFaceReader().read(Source("x", b"", folder, is_folder=True))


def count_macs(graph: Graph, inputs: Mapping[str, Any]) -> int:
    """Multiply-adds on the inputs that the model ran on."""
    shapes = {name: _find_shape(one) for name, one in inputs.items()}
    bound = {
        name: TensorType(
            tensor.element_type, _fit(tensor, shapes[_find_name(name, shapes)], shapes)
        )
        for name, tensor in graph.body.inputs.items()
    }
    workload = find_workload(infer(graph, Bindings(inputs=bound)))
    assert workload.first_uncosted is None
    assert not workload.unknown
    return workload.macs


def _find_name(name: str, shapes: Mapping[str, Any]) -> str:
    """What the class calls an input of the graph."""
    name = _NAMES.get(name, name)
    return next(word for word in shapes if word == name or word.startswith(f"{name}_"))


def _find_shape(one: Mapping[str, Any]) -> tuple[int, ...]:
    if "shape" in one:
        return tuple(one["shape"])
    values, shape = one["values"], []
    while isinstance(values, list):
        shape.append(len(values))
        values = values[0]
    return tuple(shape)


def _fit(
    tensor: TensorType, shape: tuple[int, ...], shapes: Mapping[str, tuple[int, ...]]
) -> tuple[int, ...]:
    """A shape of the class in the graph's dimensions: all images in one, patches by image."""
    wanted = tensor.shape or ()
    if wanted[:2] == ("images", "question"):
        images = shapes["pixel_values"][:-3]
        return (images[0] * (images[1] if len(images) == 2 else 1), shape[-1])
    if len(shape) < len(wanted):
        return (1, *shape)
    if len(shape) > len(wanted):
        return (shape[0] * shape[1], *shape[2:])
    return shape
