"""NNVM's symbol JSON, after ``docs/json_spec.rst`` of dmlc/nnvm and ``nnvm/top`` of TVM 0.5.

It has no erf, so that GELU is x times the sigmoid of 1.702 x; its matmul takes two dimensions, so
that each head has its own.
"""

from __future__ import annotations

import json
from typing import Any

from networks import HEAD, HEADS, TOKENS, WIDTH

Entry = tuple[int, int]


class Symbol:
    """Nodes, each after those that it reads."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []

    def write(self, result: Entry) -> bytes:
        """The graph."""
        variables = [n for n, node in enumerate(self.nodes) if node["op"] == "null"]
        graph = {
            "nodes": self.nodes,
            "arg_nodes": variables,
            "node_row_ptr": self.find_rows(),
            "heads": [[*result, 0]],
        }
        return json.dumps(graph, indent=1).encode()

    def find_rows(self) -> list[int]:
        """Where the results of each node begin."""
        rows = [0]
        for node in self.nodes:
            counts = {"split": HEADS, "batch_norm": 3}
            rows.append(rows[-1] + counts.get(node["op"], 1))
        return rows

    def call(self, operation: str, *operands: Entry, name: str = "", **attributes: object) -> Entry:
        """A node, whose first result it gives."""
        node: dict[str, Any] = {"op": operation, "name": name or f"{operation}{len(self.nodes)}"}
        if attributes:
            node["attrs"] = {key: str(value) for key, value in attributes.items()}
        node["inputs"] = [[*entry, 0] for entry in operands]
        self.nodes.append(node)
        return len(self.nodes) - 1, 0

    def variable(self, name: str, *sizes: int) -> Entry:
        """An input or a weight; its sizes where no operation tells them."""
        stated = {"__shape__": sizes} if sizes else {}
        return self.call("null", name=name, **stated)

    def take_image(self) -> Entry:
        return self.variable("image")

    def convolve(self, name: str, x: Entry, inputs: int, *, biased: bool = True) -> Entry:
        weights = [self.variable(f"{name}_weight")]
        weights += [self.variable(f"{name}_bias")] if biased else []
        return self.call(
            "conv2d", x, *weights, name=name, channels=8, kernel_size=(3, 3), padding=(1, 1),
            use_bias=biased,
        )  # fmt: skip

    def normalise_batch(self, name: str, x: Entry) -> Entry:
        words = ("gamma", "beta", "moving_mean", "moving_var")
        weights = [self.variable(f"{name}_{word}") for word in words]
        return self.call("batch_norm", x, *weights, name=name, epsilon=1e-5)

    def relu(self, x: Entry) -> Entry:
        return self.call("relu", x)

    def pool(self, x: Entry) -> Entry:
        return self.call("max_pool2d", x, pool_size=(2, 2), strides=(2, 2))

    def average(self, x: Entry) -> Entry:
        return self.call("flatten", self.call("global_avg_pool2d", x))

    def add(self, left: Entry, right: Entry) -> Entry:
        return self.call("elemwise_add", left, right)

    def multiply(self, name: str, x: Entry, inputs: int, outputs: int) -> Entry:
        weights = [self.variable(f"{name}_{word}") for word in ("weight", "bias")]
        return self.call("dense", x, *weights, name=name, units=outputs, use_bias=True)

    def soften(self, x: Entry) -> Entry:
        return self.call("softmax", x, axis=1)

    def take_tokens(self, name: str) -> Entry:
        return self.variable(name)

    def look_up(self, name: str, rows: int, tokens: Entry) -> Entry:
        found = self.call("take", self.variable(f"{name}_weight", rows, WIDTH), tokens, axis=0)
        return self.call("reshape", found, shape=(TOKENS, WIDTH))

    def place(self, name: str, rows: int) -> Entry:
        table = self.variable(f"{name}_weight", rows, WIDTH)
        return self.call("strided_slice", table, begin=(0, 0), end=(TOKENS, WIDTH))

    def normalise(self, name: str, x: Entry) -> Entry:
        scale, shift = (self.variable(f"{name}_{word}", WIDTH) for word in ("gamma", "beta"))
        centred = self.call("broadcast_sub", x, self.call("mean", x, axis=1, keepdims=True))
        spread = self.call("elemwise_mul", centred, centred)
        spread = self.call("mean", spread, axis=1, keepdims=True)
        spread = self.call("sqrt", self.call("__add_scalar__", spread, scalar=1e-12))
        scaled = self.call("broadcast_mul", self.call("broadcast_div", centred, spread), scale)
        return self.call("broadcast_add", scaled, shift)

    def split(self, x: Entry) -> list[Entry]:
        """The heads."""
        node, _ = self.call("split", x, indices_or_sections=HEADS, axis=1)
        return [(node, head) for head in range(HEADS)]

    def attend(self, name: str, q: Entry, k: Entry, v: Entry) -> Entry:
        heads = []
        for left, right, value in zip(self.split(q), self.split(k), self.split(v), strict=True):
            scores = self.call("matmul", left, right, transpose_b=True)
            scores = self.soften(self.call("__mul_scalar__", scores, scalar=HEAD**-0.5))
            heads.append(self.call("matmul", scores, value))
        return self.call("concatenate", *heads, name=name, axis=1)

    def bend(self, name: str, x: Entry) -> Entry:
        share = self.call("sigmoid", self.call("__mul_scalar__", x, scalar=1.702))
        return self.call("elemwise_mul", x, share, name=name)

    def finish(self, x: Entry) -> Entry:
        """The last hidden state with its batch of one."""
        return self.call("reshape", x, shape=(1, TOKENS, WIDTH))
