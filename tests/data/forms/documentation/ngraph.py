"""nGraph's function JSON, after ``src/ngraph/serializer.cpp`` of its releases of 2019.

Weights are parameters that are marked as ``cacheable``, which is how bridges gave them.
"""

from __future__ import annotations

import json
import math
from typing import Any

from networks import HEAD, HEADS, TOKENS, WIDTH

Sizes = tuple[int, ...]
Value = tuple[str, Sizes]

WINDOW = {"window_dilation_strides": [1, 1], "data_dilation_strides": [1, 1]}


class Function:
    """Operations, each after those that it reads, with the shapes that they yield."""

    def __init__(self) -> None:
        self.operations: list[dict[str, Any]] = []
        self.parameters: list[str] = []

    def write(self, result: Value) -> bytes:
        """The list of functions, which has one."""
        last = self.call("Result", result[1], result)[0]
        function = {
            "name": "Function_0", "ops": self.operations, "parameters": self.parameters,
            "result": [last],
        }  # fmt: skip
        return json.dumps([function], indent=1).encode()

    def call(self, kind: str, yields: Sizes, *operands: Value, **attributes: object) -> Value:
        """An operation."""
        name = f"{kind}_{len(self.operations)}"
        self.operations.append(
            {"name": name, "op": kind, "inputs": [operand[0] for operand in operands],
             "outputs": [f"{name}_0"], **attributes}
        )  # fmt: skip
        return name, yields

    def parameter(self, name: str, *sizes: int, of: str = "float", given: bool = False) -> Value:
        """A weight, or an input where it is given."""
        found = self.call(
            "Parameter", sizes, shape=list(sizes), element_type=of, cacheable=not given,
            friendly_name=name,
        )  # fmt: skip
        self.parameters.append(found[0])
        return found

    def spread(self, x: Value, shape: Sizes, *axis: int) -> Value:
        """A vector along an axis, or a number, repeated along all others."""
        new = [place for place in range(len(shape)) if place not in axis]
        return self.call("Broadcast", shape, x, axes=new, shape=list(shape))

    def number(self, number: float, shape: Sizes) -> Value:
        """The same number everywhere."""
        found = self.call("Constant", (), shape=[], element_type="float", value=[f"{number}"])
        return self.spread(found, shape)

    def pair(self, kind: str, left: Value, right: Value) -> Value:
        """Two values of one shape, element by element."""
        return self.call(kind, left[1], left, right)

    def reshape(self, x: Value, *sizes: int, order: Sizes | None = None) -> Value:
        """Other sizes, dimensions in another order before."""
        turned = list(order or range(len(x[1])))
        return self.call("Reshape", sizes, x, input_order=turned, output_shape=list(sizes))

    def take_image(self) -> Value:
        return self.parameter("image", 1, 3, 32, 32, given=True)

    def convolve(self, name: str, x: Value, inputs: int, *, biased: bool = True) -> Value:
        kernel = self.parameter(f"{name}_kernel", 8, inputs, 3, 3)
        shape = (1, 8, *x[1][2:])
        y = self.call(
            "Convolution", shape, x, kernel, window_movement_strides=[1, 1], padding_below=[1, 1],
            padding_above=[1, 1], pad_type=0, **WINDOW,
        )  # fmt: skip
        if not biased:
            return y
        return self.pair("Add", y, self.spread(self.parameter(f"{name}_bias", 8), shape, 1))

    def normalise_batch(self, name: str, x: Value) -> Value:
        words = ("scale", "shift", "mean", "variance")
        scale, shift, *statistics = (self.parameter(f"{name}_{word}", 8) for word in words)
        return self.call("BatchNormInference", x[1], scale, shift, x, *statistics, eps=1e-5)

    def relu(self, x: Value) -> Value:
        return self.call("Relu", x[1], x)

    def slide(self, kind: str, x: Value, size: int, **more: object) -> Value:
        """A pool whose windows stand side by side."""
        shape = (*x[1][:2], *(length // size for length in x[1][2:]))
        window = {"window_shape": [size] * 2, "window_movement_strides": [size] * 2}
        pads = {"padding_below": [0, 0], "padding_above": [0, 0], "pad_type": 0}
        return self.call(kind, shape, x, **window, **pads, **more)

    def pool(self, x: Value) -> Value:
        return self.slide("MaxPool", x, 2)

    def average(self, x: Value) -> Value:
        mean = self.slide("AvgPool", x, 16, include_padding_in_avg_computation=False)
        return self.reshape(mean, 1, 8)

    def add(self, left: Value, right: Value) -> Value:
        return self.pair("Add", left, right)

    def multiply(self, name: str, x: Value, inputs: int, outputs: int) -> Value:
        shape = (x[1][0], outputs)
        kernel = self.parameter(f"{name}_kernel", inputs, outputs)
        y = self.call("Dot", shape, x, kernel, reduction_axes_count=1)
        return self.add(y, self.spread(self.parameter(f"{name}_bias", outputs), shape, 1))

    def soften(self, x: Value) -> Value:
        return self.call("Softmax", x[1], x, softmax_axes=[len(x[1]) - 1])

    def take_tokens(self, name: str) -> Value:
        return self.parameter(name, 1, TOKENS, of="int32_t", given=True)

    def look_up(self, name: str, rows: int, tokens: Value) -> Value:
        table = self.parameter(name, rows, WIDTH)
        found = self.call("Gather", (1, TOKENS, WIDTH), table, tokens, axis=0)
        return self.reshape(found, TOKENS, WIDTH)

    def place(self, name: str, rows: int) -> Value:
        table = self.parameter(name, rows, WIDTH)
        bounds = {"lower_bounds": [0, 0], "upper_bounds": [TOKENS, WIDTH], "strides": [1, 1]}
        return self.call("Slice", (TOKENS, WIDTH), table, **bounds)

    def find_mean(self, x: Value) -> Value:
        """The mean of each token, repeated."""
        total = self.call("Sum", (TOKENS,), x, reduction_axes=[1])
        return self.pair("Divide", self.spread(total, x[1], 0), self.number(WIDTH, x[1]))

    def normalise(self, name: str, x: Value) -> Value:
        centred = self.pair("Subtract", x, self.find_mean(x))
        variance = self.find_mean(self.pair("Multiply", centred, centred))
        variance = self.add(variance, self.number(1e-12, x[1]))
        y = self.pair("Divide", centred, self.call("Sqrt", x[1], variance))
        scale, shift = (
            self.spread(self.parameter(f"{name}_{word}", WIDTH), x[1], 1)
            for word in ("scale", "shift")
        )
        return self.add(self.pair("Multiply", y, scale), shift)

    def split(self, x: Value, *order: int) -> Value:
        """Heads before tokens and features, or these in another order."""
        heads = self.reshape(x, TOKENS, HEADS, HEAD)
        sizes = tuple(heads[1][axis] for axis in order)
        return self.reshape(heads, *sizes, order=order)

    def attend(self, name: str, q: Value, k: Value, v: Value) -> Value:
        shape = (HEADS, TOKENS, TOKENS)
        scores = self.call("BatchMatMul", shape, self.split(q, 1, 0, 2), self.split(k, 1, 2, 0))
        scores = self.pair("Multiply", scores, self.number(1 / math.sqrt(HEAD), shape))
        values = self.split(v, 1, 0, 2)
        joined = self.call("BatchMatMul", values[1], self.soften(scores), values)
        return self.reshape(joined, TOKENS, WIDTH, order=(1, 0, 2))

    def bend(self, name: str, x: Value) -> Value:
        error = self.pair("Multiply", x, self.number(math.sqrt(0.5), x[1]))
        error = self.add(self.call("Erf", x[1], error), self.number(1, x[1]))
        return self.pair("Multiply", x, self.pair("Multiply", error, self.number(0.5, x[1])))

    def finish(self, x: Value) -> Value:
        """The last hidden state with its batch of one."""
        return self.reshape(x, 1, TOKENS, WIDTH)
