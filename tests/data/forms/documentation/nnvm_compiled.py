"""A graph that NNVM compiled, as its graph runtime takes it (``graph_runtime.h`` of TVM 0.5).

Functions are named as ``nnvm.compiler`` names what its pass GraphFuse joins: an operation of
convolutions or products with what goes over its elements, reductions and softmax alone. Batch
normalisations were folded into the convolution before them. Storages are given out as
GraphPlanMemory does it, from those that are free and large enough.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from networks import HEADS, TOKENS, WIDTH

Sizes = tuple[int, ...]


@dataclass
class Node:
    """A variable or a call of a function, which yields one tensor or several."""

    name: str
    inputs: list[tuple[int, int]]
    shapes: list[Sizes]
    of: str = "float32"
    function: str = ""
    storages: list[int] = field(default_factory=list)


Value = tuple[int, int]


class Graph:
    """Nodes, each after those that it reads."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def shape(self, value: Value) -> Sizes:
        """The sizes of a result."""
        return self.nodes[value[0]].shapes[value[1]]

    def variable(self, name: str, *sizes: int, of: str = "float32") -> Value:
        """An input or a weight."""
        self.nodes.append(Node(name, [], [sizes], of))
        return len(self.nodes) - 1, 0

    def call(self, function: str, shape: Sizes, *operands: Value, results: int = 1) -> Value:
        """A function."""
        place = len(self.nodes)
        self.nodes.append(
            Node(f"{function}{place}", list(operands), [shape] * results, function=function)
        )
        return place, 0

    def write(self, result: Value) -> bytes:
        """The graph with its plan of memory."""
        self.plan(result)
        rows = [0]
        for node in self.nodes:
            rows.append(rows[-1] + len(node.shapes))
        shapes = [list(shape) for node in self.nodes for shape in node.shapes]
        types = [node.of for node in self.nodes for _ in node.shapes]
        storages = [storage for node in self.nodes for storage in node.storages]
        graph = {
            "nodes": [describe(node) for node in self.nodes],
            "arg_nodes": [n for n, node in enumerate(self.nodes) if not node.function],
            "heads": [[*result, 0]],
            "attrs": {
                "shape": ["list_shape", shapes], "storage_id": ["list_int", storages],
                "dltype": ["list_str", types],
            },
            "node_row_ptr": rows,
        }  # fmt: skip
        return json.dumps(graph, indent=1).encode()

    def plan(self, result: Value) -> None:
        """Storages: one for each variable, the others again when nothing reads them any more."""
        left = Counter(entry for node in self.nodes for entry in node.inputs)
        left[result] += 1
        free: dict[int, int] = {}
        count = 0
        for node in self.nodes:
            for shape in node.shapes:
                size = math.prod(shape)
                fitting = {n for n, room in free.items() if node.function and room >= size}
                chosen = min(fitting, key=lambda n: free[n], default=count)
                if chosen == count:
                    count += 1
                free.pop(chosen, None)
                node.storages.append(chosen)
            for entry in set(node.inputs):
                left[entry] -= node.inputs.count(entry)
                owner = self.nodes[entry[0]]
                if owner.function and not left[entry]:
                    free[owner.storages[entry[1]]] = self.measure(owner.storages[entry[1]])

    def measure(self, storage: int) -> int:
        """How many elements a storage has room for so far."""
        sizes = (
            math.prod(shape)
            for node in self.nodes
            for shape, own in zip(node.shapes, node.storages, strict=False)
            if own == storage
        )
        return max(sizes)

    def take_image(self) -> Value:
        return self.variable("image", 1, 3, 32, 32)

    def convolve(self, name: str, x: Value, inputs: int, *, biased: bool = True) -> Value:
        """With the normalisation, the summand and the function behind it."""
        shape = (1, 8, *self.shape(x)[2:])
        kernel = self.variable(f"{name}_weight", 8, inputs, 3, 3)
        if not biased:
            bias = self.variable(f"{name}_add_beta_expand", 8, 1, 1)
            return self.call("fuse_conv2d_broadcast_add_relu", shape, x, kernel, bias)
        bias = self.variable(f"{name}_bias", 8)
        if name == "second":
            return self.call("fuse_conv2d_relu", shape, x, kernel, bias)
        residue = self.nodes[x[0]].inputs[0]
        return self.call("fuse_conv2d_elemwise_add_relu", shape, x, kernel, bias, residue)

    def normalise_batch(self, name: str, x: Value) -> Value:
        return x

    def relu(self, x: Value) -> Value:
        return x

    def pool(self, x: Value) -> Value:
        return self.call("fuse_max_pool2d", (1, 8, 16, 16), x)

    def average(self, x: Value) -> Value:
        mean = self.call("fuse_global_avg_pool2d", (1, 8, 1, 1), x)
        return self.call("fuse_flatten", (1, 8), mean)

    def add(self, left: Value, right: Value) -> Value:
        """What the convolution before it has added already, or a function."""
        last = self.nodes[right[0]]
        if last.function == "fuse_conv2d_elemwise_add_relu":
            return right
        return self.call("fuse_elemwise_add", self.shape(left), left, right)

    def multiply(self, name: str, x: Value, inputs: int, outputs: int) -> Value:
        weights = self.variable(f"{name}_weight", outputs, inputs)
        bias = self.variable(f"{name}_bias", outputs)
        return self.call("fuse_dense", (self.shape(x)[0], outputs), x, weights, bias)

    def soften(self, x: Value) -> Value:
        return self.call("fuse_softmax", self.shape(x), x)

    def take_tokens(self, name: str) -> Value:
        return self.variable(name, 1, TOKENS, of="int32")

    def look_up(self, name: str, rows: int, tokens: Value) -> Value:
        table = self.variable(f"{name}_weight", rows, WIDTH)
        return self.call("fuse_take_reshape", (TOKENS, WIDTH), table, tokens)

    def place(self, name: str, rows: int) -> Value:
        table = self.variable(f"{name}_weight", rows, WIDTH)
        return self.call("fuse_strided_slice", (TOKENS, WIDTH), table)

    def normalise(self, name: str, x: Value) -> Value:
        full, means = self.shape(x), (TOKENS, 1)
        centred = self.call("fuse_broadcast_sub", full, x, self.call("fuse_mean", means, x))
        square = self.call("fuse_elemwise_mul", full, centred, centred)
        spread = self.call("fuse_mean", means, square)
        weights = [self.variable(f"{name}_{word}", WIDTH) for word in ("gamma", "beta")]
        function = "fuse___add_scalar___sqrt_broadcast_div_broadcast_mul_broadcast_add"
        return self.call(function, full, centred, spread, *weights)

    def attend(self, name: str, q: Value, k: Value, v: Value) -> Value:
        heads = []
        shape = (TOKENS, WIDTH // HEADS)
        parts = [self.call("fuse_split", shape, part, results=HEADS)[0] for part in (q, k, v)]
        for head in range(HEADS):
            left, right, value = ((part, head) for part in parts)
            scores = self.call("fuse_matmul___mul_scalar__", (TOKENS, TOKENS), left, right)
            heads.append(self.call("fuse_matmul", shape, self.soften(scores), value))
        return self.call("fuse_concatenate", (TOKENS, WIDTH), *heads)

    def bend(self, name: str, x: Value) -> Value:
        return self.call("fuse___mul_scalar___sigmoid_elemwise_mul", self.shape(x), x)

    def finish(self, x: Value) -> Value:
        """The last hidden state with its batch of one."""
        return self.call("fuse_reshape", (1, TOKENS, WIDTH), x)


def describe(node: Node) -> dict[str, Any]:
    """A node as the file has it."""
    if not node.function:
        return {"op": "null", "name": node.name, "inputs": []}
    attributes = {
        "func_name": node.function, "flatten_data": "0", "num_inputs": str(len(node.inputs)),
        "num_outputs": str(len(node.shapes)),
    }  # fmt: skip
    inputs = [[*entry, 0] for entry in node.inputs]
    return {"op": "tvm_op", "name": node.name, "attrs": attributes, "inputs": inputs}
