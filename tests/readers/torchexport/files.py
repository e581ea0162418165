"""Small packages, written out by hand: what torch.export.save would write, or would not."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.torchexport.reader import TorchExportReader

Json = dict[str, Any]


def make_type(*sizes: int | str, dtype: int = 7) -> Json:
    """A TensorMeta record; a size that is text is an expression."""
    shape = [
        {"as_int": size} if isinstance(size, int) else {"as_expr": {"expr_str": size}}
        for size in sizes
    ]
    return {"dtype": dtype, "sizes": shape, "layout": 7}


def tensor(name: str) -> Json:
    """A tensor argument."""
    return {"as_tensor": {"name": name}}


def make_node(target: str, outputs: Sequence[str], **arguments: Any) -> Json:
    """A node; an argument that is text names a tensor, numbers are what they are."""
    return {
        "target": f"torch.ops.{target}",
        "inputs": [{"name": n, "arg": make_argument(v)} for n, v in arguments.items()],
        "outputs": [tensor(name) for name in outputs],
        "metadata": {},
    }


def make_argument(value: Any) -> Json:
    """The union of a value."""
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        return tensor(value)
    if isinstance(value, bool):
        return {"as_bool": value}
    if isinstance(value, list):
        texts = value and isinstance(value[0], str)
        return {"as_tensors": [{"name": n} for n in value]} if texts else {"as_ints": value}
    return {"as_float" if isinstance(value, float) else "as_int": value}


def make_program(
    nodes: Sequence[Json],
    types: Mapping[str, Json],
    inputs: Sequence[str] = ("x",),
    outputs: Sequence[str] = ("y",),
    weights: Mapping[str, str] | None = None,
    **fields: Any,
) -> Json:
    """A program with these inputs, then these parameters (name in the graph: in the module)."""
    given = [(name, {"user_input": {"arg": tensor(name)}}) for name in inputs]
    for name, path in (weights or {}).items():
        spec = {"arg": {"name": name}, "parameter_name": path}
        given.append((name, {"parameter": spec}))
    return {
        "graph_module": {
            "graph": {
                "inputs": [tensor(name) for name, _ in given],
                "outputs": [tensor(name) for name in outputs],
                "nodes": list(nodes),
                "tensor_values": dict(types),
                "sym_int_values": {},
                "sym_bool_values": {},
            },
            "signature": {
                "input_specs": [spec for _, spec in given],
                "output_specs": [{"user_output": {"arg": tensor(name)}} for name in outputs],
            },
        },
        "opset_version": {"aten": 10},
        "range_constraints": {},
        "schema_version": {"major": 8, "minor": 8},
        "torch_version": "2.9.0",
        **fields,
    }


def make_weights(places: Mapping[str, str]) -> bytes:
    """The record of which tensor is which member."""
    return json.dumps({"config": {n: {"path_name": p} for n, p in places.items()}}).encode()


def pack(members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def make_package(program: Any, members: Mapping[str, bytes] | None = None) -> bytes:
    """A package of today around a program, which may be text already."""
    text = program if isinstance(program, bytes) else json.dumps(program).encode()
    return pack({"m/archive_format": b"pt2", "m/models/model.json": text, **(members or {})})


def read(data: bytes) -> Graph:
    """What the reader makes of a file."""
    return TorchExportReader().read(Source("model", data))


RELU = make_node("aten.relu.default", ["y"], self="x")
TYPES = {"x": make_type(2, 3), "y": make_type(2, 3)}
