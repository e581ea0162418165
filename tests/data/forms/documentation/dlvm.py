"""DLVM's text, after the grammar in ``Sources/DLParse/Parse.swift`` of dlvm-core.

Only the picture's network: DLVM takes a tensor apart at fixed places alone (``elementType(at:)`` of
``Sources/DLVM/IR/Type.swift``), so that no row can be looked up by a token.
"""

from __future__ import annotations

Value = tuple[str, str]
"""How it is called, and its type."""


def render(*sizes: int) -> str:
    """The type of a tensor."""
    return f"<{' x '.join(map(str, sizes))} x f32>"


class Module:
    """Weights, which are variables of the module, and the lines of its function."""

    def __init__(self) -> None:
        self.variables: list[str] = []
        self.lines: list[str] = []

    def write(self, result: Value) -> bytes:
        """The module."""
        image, output = render(1, 3, 32, 32), result[1]
        body = "".join(f"    {line}\n" for line in self.lines)
        return (
            'module "cnn"\nstage optimizable\n\n'
            + "".join(f"{line}\n" for line in self.variables)
            + f"\nfunc @main: ({image}) -> {output} {{\n'entry(%image: {image}):\n{body}"
            + f"    return {result[0]}: {output}\n}}\n"
        ).encode()

    def call(self, text: str, *sizes: int) -> Value:
        """A line, and the shape of what it yields."""
        name = f"%0.{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        return name, render(*sizes)

    def pair(self, operation: str, left: Value, right: Value | str, *sizes: int) -> Value:
        """An operation of two values, of which the other may be a number."""
        other = f"{right}: f32" if isinstance(right, str) else ": ".join(right)
        return self.call(f"{operation} {': '.join(left)}, {other}", *sizes)

    def weight(self, name: str, *sizes: int) -> Value:
        """A variable of the module, read."""
        self.variables.append(f"var @{name}: {render(*sizes)}")
        return self.call(f"load @{name}: *{render(*sizes)}", *sizes)

    def take_image(self) -> Value:
        return "%image", render(1, 3, 32, 32)

    def convolve(self, name: str, x: Value, inputs: int, *, biased: bool = True) -> Value:
        sizes = (1, 8, 32, 32) if inputs == 3 else (1, 8, 16, 16)
        kernel = self.weight(f"{name}_kernel", 8, inputs, 3, 3)
        y = self.call(
            f"convolve {': '.join(x)} kernel {': '.join(kernel)} strides 1, 1"
            " padding (1, 1), (1, 1) leftDilation 1, 1 rightDilation 1, 1 groups 1",
            *sizes,
        )
        return self.pair("add", y, self.weight(f"{name}_bias", 1, 8, 1, 1), *sizes) if biased else y

    def normalise_batch(self, name: str, x: Value) -> Value:
        sizes, small = (1, 8, 32, 32), (1, 8, 1, 1)
        words = ("mean", "variance", "scale", "shift")
        mean, variance, scale, shift = (self.weight(f"{name}_{word}", *small) for word in words)
        spread = self.pair("add", variance, "0.00001", *small)
        spread = self.call(f"rsqrt {': '.join(spread)}", *small)
        y = self.pair("subtract", x, mean, *sizes)
        y = self.pair("multiply", y, spread, *sizes)
        return self.pair("add", self.pair("multiply", y, scale, *sizes), shift, *sizes)

    def relu(self, x: Value) -> Value:
        return self.call(f"max {': '.join(x)}, 0.0: f32")[0], x[1]

    def pool(self, x: Value) -> Value:
        return self.call(
            f"reduceWindow {': '.join(x)} by max init 0.0: f32 dims 1, 1, 2, 2 strides 1, 1, 2, 2"
            " padding none",
            1, 8, 16, 16,
        )  # fmt: skip

    def average(self, x: Value) -> Value:
        total = self.call(f"reduce {': '.join(x)} by add init 0.0: f32 along 2, 3", 1, 8)
        return self.pair("divide", total, "256.0", 1, 8)

    def add(self, left: Value, right: Value) -> Value:
        return self.pair("add", left, right, 1, 8, 16, 16)

    def multiply(self, name: str, x: Value, inputs: int, outputs: int) -> Value:
        y = self.pair("dot", x, self.weight(f"{name}_kernel", inputs, outputs), 1, outputs)
        return self.pair("add", y, self.weight(f"{name}_bias", 1, outputs), 1, outputs)

    def soften(self, x: Value) -> Value:
        return self.call(f'builtin "softmax"({": ".join(x)}) -> {x[1]}')[0], x[1]
