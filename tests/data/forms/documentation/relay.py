"""Relay's text, after ``docs/reference/langref`` of TVM and what its printer writes."""

from __future__ import annotations

from networks import HEAD, HEADS, TOKENS, WIDTH


class Relay:
    """The arguments and the lines of a function."""

    def __init__(self) -> None:
        self.arguments: list[str] = []
        self.lines: list[str] = []

    def write(self, result: str) -> bytes:
        """The module."""
        head = f"def @main({', '.join(self.arguments)}) {{"
        body = "".join(f"  {line};\n" for line in self.lines)
        return f'#[version = "0.0.5"]\n{head}\n{body}  {result}\n}}\n'.encode()

    def call(self, operation: str, *operands: str) -> str:
        """A line, which has the next number."""
        result = f"%{len(self.lines)}"
        self.lines.append(f"{result} = {operation}({', '.join(operands)})")
        return result

    def argument(self, name: str, *sizes: int, of: str = "float32") -> str:
        """An input or a weight."""
        shape = ", ".join(map(str, sizes))
        self.arguments.append(f"%{name}: Tensor[({shape}), {of}]")
        return f"%{name}"

    def take_image(self) -> str:
        return self.argument("image", 1, 3, 32, 32)

    def convolve(self, name: str, x: str, inputs: int, *, biased: bool = True) -> str:
        kernel = self.argument(f"{name}_weight", 8, inputs, 3, 3)
        window = "padding=[1, 1, 1, 1], channels=8, kernel_size=[3, 3]"
        y = self.call("nn.conv2d", x, kernel, window)
        return self.call("nn.bias_add", y, self.argument(f"{name}_bias", 8)) if biased else y

    def normalise_batch(self, name: str, x: str) -> str:
        words = ("gamma", "beta", "moving_mean", "moving_var")
        weights = [self.argument(f"{name}_{word}", 8) for word in words]
        return f"{self.call('nn.batch_norm', x, *weights)}.0"

    def relu(self, x: str) -> str:
        return self.call("nn.relu", x)

    def pool(self, x: str) -> str:
        return self.call("nn.max_pool2d", x, "pool_size=[2, 2], strides=[2, 2]")

    def average(self, x: str) -> str:
        return self.call("nn.batch_flatten", self.call("nn.global_avg_pool2d", x))

    def add(self, left: str, right: str) -> str:
        return self.call("add", left, right)

    def multiply(self, name: str, x: str, inputs: int, outputs: int) -> str:
        weight = self.argument(f"{name}_weight", outputs, inputs)
        y = self.call("nn.dense", x, weight, f"units={outputs}")
        return self.call("nn.bias_add", y, self.argument(f"{name}_bias", outputs))

    def soften(self, x: str) -> str:
        return self.call("nn.softmax", x)

    def take_tokens(self, name: str) -> str:
        return self.argument(name, 1, TOKENS, of="int32")

    def look_up(self, name: str, rows: int, tokens: str) -> str:
        found = self.call("take", self.argument(f"{name}_weight", rows, WIDTH), tokens, "axis=0")
        return self.call("reshape", found, f"newshape=[{TOKENS}, {WIDTH}]")

    def place(self, name: str, rows: int) -> str:
        table = self.argument(f"{name}_weight", rows, WIDTH)
        return self.call("strided_slice", table, f"begin=[0, 0], end=[{TOKENS}, {WIDTH}]")

    def normalise(self, name: str, x: str) -> str:
        weights = [self.argument(f"{name}_{word}", WIDTH) for word in ("gamma", "beta")]
        return self.call("nn.layer_norm", x, *weights, "epsilon=1e-12f")

    def split(self, x: str) -> str:
        """Heads before tokens."""
        heads = self.call("reshape", x, f"newshape=[{TOKENS}, {HEADS}, {HEAD}]")
        return self.call("transpose", heads, "axes=[1, 0, 2]")

    def attend(self, name: str, q: str, k: str, v: str) -> str:
        q, k, v = (self.split(part) for part in (q, k, v))
        scores = self.call("nn.batch_matmul", q, k)
        scores = self.soften(self.call("multiply", scores, "0.25f"))
        turned = self.call("transpose", v, "axes=[0, 2, 1]")
        joined = self.call("nn.batch_matmul", scores, turned)
        joined = self.call("transpose", joined, "axes=[1, 0, 2]")
        return self.call("reshape", joined, f"newshape=[{TOKENS}, {WIDTH}]")

    def bend(self, name: str, x: str) -> str:
        error = self.call("erf", self.call("multiply", x, "0.70710678f"))
        half = self.call("multiply", self.call("add", error, "1f"), "0.5f")
        return self.call("multiply", x, half)

    def finish(self, x: str) -> str:
        """The last hidden state with its batch of one."""
        return self.call("reshape", x, f"newshape=[1, {TOKENS}, {WIDTH}]")
