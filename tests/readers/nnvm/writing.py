"""Writes NNVM's JSON and TVM's parameters after their published formats, for tests alone.

``docs/json_spec.rst`` of dmlc/nnvm, ``python/tvm/_ffi/ndarray`` and ``NDArray::Save`` of TVM.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

Sizes = Sequence[int]


class Writer:
    """A graph whose nodes are added in order; what is added has a number."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.shapes: list[Sizes] = []
        self.types: list[str] = []
        self.storages: list[int] = []
        self.devices: list[int] = []

    def variable(
        self, name: str, shape: Sizes = (), dtype: str = "float32", device: int = 1, **attrs: str
    ) -> int:
        """A variable; its storage is its own."""
        node: dict[str, Any] = {"op": "null", "name": name, "inputs": []}
        if attrs:
            node["attrs"] = attrs
        return self._add(node, shape, dtype, 1000 + len(self.nodes), device)

    def operation(self, op: str, name: str, inputs: Sequence[Any], **attrs: object) -> int:
        """An operation of a symbol graph; a pair names a result that is not the first."""
        stated = {key: str(value) for key, value in attrs.items()}
        node = {"op": op, "name": name, "attrs": stated, "inputs": _refer(inputs)}
        return self._add(node, (), "float32", 0, 1)

    def function(
        self,
        name: str,
        inputs: Sequence[Any],
        shape: Sizes,
        storage: int,
        dtype: str = "float32",
        device: int = 1,
        **attrs: str,
    ) -> int:
        """A function of a compiled graph."""
        stated = {
            "flatten_data": "0", "func_name": name,
            "num_inputs": str(len(inputs)), "num_outputs": "1", **attrs,
        }  # fmt: skip
        node = {"op": "tvm_op", "name": f"{name}#", "attrs": stated, "inputs": _refer(inputs)}
        return self._add(node, shape, dtype, storage, device)

    def _add(
        self, node: dict[str, Any], shape: Sizes, dtype: str, storage: int, device: int
    ) -> int:
        self.nodes.append(node)
        self.shapes.append(shape)
        self.types.append(dtype)
        self.storages.append(storage)
        self.devices.append(device)
        return len(self.nodes) - 1

    def write(self, heads: Sequence[Any], *, compiled: bool = False, **attrs: Any) -> bytes:
        """The file, with the lists of a compiled graph where it is one."""
        stated: dict[str, Any] = {}
        if compiled:
            stated = {
                "storage_id": ["list_int", self.storages],
                "shape": ["list_shape", [list(shape) for shape in self.shapes]],
                "dltype": ["list_str", self.types],
            }
            if len(set(self.devices)) > 1 or self.devices[0] != 1:
                stated["device_index"] = ["list_int", self.devices]
        document = {
            "nodes": self.nodes,
            "arg_nodes": [n for n, node in enumerate(self.nodes) if node["op"] == "null"],
            "heads": _refer(heads),
            "attrs": {**stated, **attrs},
        }
        if compiled:
            document["node_row_ptr"] = list(range(len(self.nodes) + 1))
        return json.dumps(document, indent=1).encode()


def _refer(inputs: Sequence[Any]) -> list[list[int]]:
    return [[*each, 0] if isinstance(each, tuple) else [each, 0, 0] for each in inputs]


CODES: Mapping[str, tuple[int, int]] = {
    "float32": (2, 32), "float16": (2, 16), "int8": (0, 8), "uint8": (1, 8), "int32": (0, 32),
}  # fmt: skip


def write_parameters(arrays: Mapping[str, tuple[str, Sizes]]) -> bytes:
    """A file of parameters, all of them zeros."""
    parts = [struct.pack("<QQ", 0xF7E58D4F05049CB7, 0), struct.pack("<Q", len(arrays))]
    for name in arrays:
        parts += (struct.pack("<Q", len(name.encode())), name.encode())
    parts.append(struct.pack("<Q", len(arrays)))
    for dtype, shape in arrays.values():
        code, bits = CODES[dtype]
        size = math.prod(shape) * bits // 8
        parts.append(
            struct.pack("<QQiiiBBH", 0xDD5E40F096B4A13F, 0, 1, 0, len(shape), code, bits, 1)
        )
        parts += (struct.pack(f"<{len(shape)}q", *shape), struct.pack("<Q", size), bytes(size))
    return b"".join(parts)
