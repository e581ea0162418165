"""Writes what Relay's JSON and metadata look like, after the published format: ``python make.py``.

``documentation_module.json`` is a module of one convolution, a bias, a pool and a dense layer, as
``tvm.ir.save_json`` of TVM 0.8 writes it; ``documentation_metadata.relay`` is text with its
constants behind it. Shares no code with the reader.
"""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path

HERE = Path(__file__).resolve().parent


def array(shape: tuple[int, ...]) -> str:
    """Zeros of float32 as src/runtime/ndarray.cc saves them, in base64."""
    count = 1
    for size in shape:
        count *= size
    head = struct.pack("<QQiiiBBH", 0xDD5E40F096B4A13F, 0, 1, 0, len(shape), 2, 32, 1)
    head += struct.pack(f"<{len(shape)}q", *shape) + struct.pack("<q", 4 * count)
    return base64.b64encode(head + bytes(4 * count)).decode()


class Nodes:
    """Nodes in the order in which they are made; the first is none."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, object]] = [{"type_key": ""}]
        self.arrays: list[str] = []

    def add(self, kind: str, items: list[int] | None = None, **fields: object) -> int:
        node: dict[str, object] = {"type_key": kind}
        if fields:
            node["attrs"] = {name: str(value) for name, value in fields.items()}
        if items is not None:
            node["data"] = items
        self.nodes.append(node)
        return len(self.nodes) - 1

    def number(self, value: int) -> int:
        return self.add("IntImm", dtype="int32", span=0, value=value)

    def numbers(self, *values: int) -> int:
        return self.add("Array", [self.number(value) for value in values])

    def text(self, value: str) -> int:
        self.nodes.append({"type_key": "runtime.String", "repr_str": value})
        return len(self.nodes) - 1

    def tensor(self, *shape: int) -> int:
        return self.add("relay.TensorType", dtype="float32", shape=self.numbers(*shape), span=0)

    def variable(self, name: str, *shape: int) -> int:
        identity = self.add("relay.Id", name_hint=self.text(name))
        known = self.tensor(*shape)
        return self.add(
            "relay.Var",
            _checked_type_=known,
            span=0,
            type_annotation=known,
            vid=identity,
            virtual_device_=0,
        )

    def constant(self, *shape: int) -> int:
        self.arrays.append(array(shape))
        return self.add(
            "relay.Constant",
            _checked_type_=self.tensor(*shape),
            data=len(self.arrays) - 1,
            span=0,
            virtual_device_=0,
        )

    def call(self, operation: str, arguments: list[int], attributes: int, *shape: int) -> int:
        self.nodes.append({"type_key": "Op", "repr_str": operation})
        named = len(self.nodes) - 1
        return self.add(
            "relay.Call",
            _checked_type_=self.tensor(*shape),
            args=self.add("Array", arguments),
            attrs=attributes,
            op=named,
            span=0,
            type_args=self.add("Array", []),
            virtual_device_=0,
        )

    def render(self, root: int) -> str:
        return json.dumps(
            {
                "root": root,
                "nodes": self.nodes,
                "b64ndarrays": self.arrays,
                "attrs": {"tvm_version": "0.8.0"},
            },
            indent=2,
        )


def make_module() -> str:
    made = Nodes()
    data = made.variable("data", 1, 3, 8, 8)
    kernel, bias = made.variable("kernel", 4, 3, 3, 3), made.constant(4)
    attributes = made.add(
        "relay.attrs.Conv2DAttrs",
        channels=made.number(4),
        data_layout=made.text("NCHW"),
        dilation=made.numbers(1, 1),
        groups=1,
        kernel_layout=made.text("OIHW"),
        kernel_size=made.numbers(3, 3),
        out_dtype="",
        out_layout=made.text(""),
        padding=made.numbers(1, 1, 1, 1),
        strides=made.numbers(2, 2),
    )
    convolved = made.call("nn.conv2d", [data, kernel], attributes, 1, 4, 4, 4)
    axis = made.add("relay.attrs.BiasAddAttrs", axis=1)
    biased = made.call("nn.bias_add", [convolved, bias], axis, 1, 4, 4, 4)
    pool = made.add(
        "relay.attrs.GlobalPool2DAttrs", layout=made.text("NCHW"), out_layout=made.text("")
    )
    pooled = made.call("nn.global_avg_pool2d", [biased], pool, 1, 4, 1, 1)
    flat = made.call("nn.batch_flatten", [pooled], 0, 1, 4)
    dense = made.add(
        "relay.attrs.DenseAttrs",
        auto_scheduler_rewritten_layout=made.text(""),
        out_dtype="",
        units=made.number(2),
    )
    out = made.call("nn.dense", [flat, made.constant(2, 4)], dense, 1, 2)
    both = made.add("relay.Tuple", _checked_type_=0, fields=made.add("Array", [out, pooled]))
    function = made.add(
        "relay.Function",
        _checked_type_=0,
        attrs=0,
        body=both,
        params=made.add("Array", [data, kernel]),
        ret_type=0,
        span=0,
        type_params=made.add("Array", []),
        virtual_device_=0,
    )
    name = made.add("GlobalVar", _checked_type_=0, name_hint=made.text("main"), span=0)
    functions = made.add("Map", [name, function])
    return made.render(
        made.add(
            "IRModule",
            attrs=0,
            functions=functions,
            global_type_var_map_=0,
            global_var_map_=0,
            source_map=0,
            type_definitions=0,
        )
    )


def make_metadata() -> str:
    made = Nodes()
    constants = made.add("Array", [made.constant(16, 8), made.constant(16)])
    made.nodes.append({"type_key": "Map", "keys": ["relay.Constant"], "data": [constants]})
    return (
        '#[version = "0.0.5"]\n'
        "def @main(%x: Tensor[(2, 8), float32]) {\n"
        "  %0 = nn.dense(%x, meta[relay.Constant][0], units=16);\n"
        "  add(%0, meta[relay.Constant][1])\n"
        "}\n\n#[metadata]\n" + made.render(len(made.nodes) - 1) + "\n"
    )


if __name__ == "__main__":
    (HERE / "documentation_module.json").write_text(make_module())
    (HERE / "documentation_metadata.relay").write_text(make_metadata())
