"""Makes what TensorFlow writes of the networks: ``python make_tensorflow.py``.

Needs tensorflow. The networks are those of ``make_torch.py``, written down in operations of
TensorFlow; the SavedModel leaves batch and sequence open, the others are at 1 x 16. Pictures have
their channels last, as TensorFlow has them on a CPU.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy
import tensorflow as tf
from packing import keep
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

HEADS, SIZE, TOKENS = 4, 16, 16


class Network(tf.Module):
    """What both have; weights of a pattern, no two alike, which packs well."""

    def __init__(self) -> None:
        super().__init__()
        self.weights: dict[str, tf.Variable] = {}

    def add(self, name: str, *sizes: int) -> None:
        """Make a weight."""
        pattern = numpy.arange(numpy.prod(sizes)) % 251 + len(self.weights) + 2
        value = (pattern / 1024).astype(numpy.float32).reshape(sizes)
        self.weights[name] = tf.Variable(value, name=name)

    def add_linear(self, name: str, inputs: int, outputs: int, bias: bool = True) -> None:
        """Make the weights of a part that multiplies."""
        self.add(f"{name}/kernel", inputs, outputs)
        if bias:
            self.add(f"{name}/bias", outputs)

    def apply(self, name: str, x: tf.Tensor) -> tf.Tensor:
        """A part that multiplies: tokens by features, as Keras's Dense does it."""
        y = tf.tensordot(x, self.weights[f"{name}/kernel"], [[2], [0]])
        bias = self.weights.get(f"{name}/bias")
        return y if bias is None else tf.nn.bias_add(y, bias)

    def split(self, x: tf.Tensor, heads: int) -> tf.Tensor:
        """Tokens by heads."""
        sizes = tf.shape(x)
        return tf.transpose(tf.reshape(x, (sizes[0], sizes[1], heads, SIZE)), (0, 2, 1, 3))

    def attend(self, q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
        """Attention of split heads, joined again."""
        scores = tf.matmul(q, k, transpose_b=True) / SIZE**0.5
        if mask is not None:
            scores = scores + mask
        joined = tf.transpose(tf.matmul(tf.nn.softmax(scores), v), (0, 2, 1, 3))
        sizes = tf.shape(joined)
        return tf.reshape(joined, (sizes[0], sizes[1], HEADS * SIZE))


class Encoder(Network):
    """BERT without a pooler."""

    def __init__(self) -> None:
        super().__init__()
        for table, rows in (("words", 100), ("positions", 32), ("types", 2)):
            self.add(table, rows, 64)
        self.add_norm("norm")
        for layer in range(2):
            for part in ("query", "key", "value", "output"):
                self.add_linear(f"{layer}/{part}", 64, 64)
            self.add_norm(f"{layer}/attention_norm")
            self.add_linear(f"{layer}/up", 64, 128)
            self.add_linear(f"{layer}/down", 128, 64)
            self.add_norm(f"{layer}/norm")

    def add_norm(self, name: str) -> None:
        """Make the weights of a normalisation."""
        self.add(f"{name}/scale", 64)
        self.add(f"{name}/shift", 64)

    def normalise(self, name: str, x: tf.Tensor) -> tf.Tensor:
        """A layer's normalisation."""
        mean, spread = tf.nn.moments(x, -1, keepdims=True)
        scale, shift = self.weights[f"{name}/scale"], self.weights[f"{name}/shift"]
        return (x - mean) * tf.math.rsqrt(spread + 1e-12) * scale + shift

    def run(self, input_ids: tf.Tensor, token_type_ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """The last hidden state."""
        x = tf.gather(self.weights["words"], input_ids)
        x = x + tf.gather(self.weights["types"], token_type_ids)
        x = self.normalise("norm", x + self.weights["positions"][: tf.shape(input_ids)[1]])
        for n in range(2):
            parts = (self.apply(f"{n}/{part}", x) for part in ("query", "key", "value"))
            q, k, v = (self.split(part, HEADS) for part in parts)
            joined = self.apply(f"{n}/output", self.attend(q, k, v, None))
            x = self.normalise(f"{n}/attention_norm", x + joined)
            inner = tf.nn.gelu(self.apply(f"{n}/up", x))
            x = self.normalise(f"{n}/norm", x + self.apply(f"{n}/down", inner))
        return {"output": x}


class Decoder(Network):
    """Llama; its table of words is its last layer too."""

    def __init__(self) -> None:
        super().__init__()
        self.add("words", 128, 64)
        self.add("norm", 64)
        for n in range(2):
            self.add(f"{n}/attention_norm", 64)
            for part, outputs in (("query", 64), ("key", 32), ("value", 32), ("output", 64)):
                self.add_linear(f"{n}/{part}", 64, outputs, bias=False)
            self.add(f"{n}/norm", 64)
            self.add_linear(f"{n}/gate", 64, 128, bias=False)
            self.add_linear(f"{n}/up", 64, 128, bias=False)
            self.add_linear(f"{n}/down", 128, 64, bias=False)

    def normalise(self, name: str, x: tf.Tensor) -> tf.Tensor:
        """A normalisation without the mean."""
        spread = tf.reduce_mean(tf.square(x), -1, keepdims=True)
        return x * tf.math.rsqrt(spread + 1e-6) * self.weights[name]

    def rotate(self, x: tf.Tensor) -> tf.Tensor:
        """Rotary positions."""
        steps = 1.0 / 10000.0 ** (tf.range(0, SIZE, 2, dtype=tf.float32) / SIZE)
        angles = tf.range(tf.shape(x)[2])[:, None]
        angles = tf.cast(angles, tf.float32) * steps
        angles = tf.concat([angles, angles], -1)
        half = tf.concat([-x[..., SIZE // 2 :], x[..., : SIZE // 2]], -1)
        return x * tf.cos(angles) + half * tf.sin(angles)

    def run(self, input_ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """The logits of each token."""
        x = tf.gather(self.weights["words"], input_ids)
        tokens = tf.shape(input_ids)[1]
        mask = (1.0 - tf.linalg.band_part(tf.ones((tokens, tokens)), -1, 0)) * -1e9
        for n in range(2):
            y = self.normalise(f"{n}/attention_norm", x)
            q = self.rotate(self.split(self.apply(f"{n}/query", y), HEADS))
            k, v = (self.split(self.apply(f"{n}/{part}", y), 2) for part in ("key", "value"))
            k, v = tf.repeat(self.rotate(k), 2, axis=1), tf.repeat(v, 2, axis=1)
            x = x + self.apply(f"{n}/output", self.attend(q, k, v, mask))
            y = self.normalise(f"{n}/norm", x)
            inner = tf.nn.silu(self.apply(f"{n}/gate", y)) * self.apply(f"{n}/up", y)
            x = x + self.apply(f"{n}/down", inner)
        x = self.normalise("norm", x)
        logits = tf.matmul(tf.reshape(x, (-1, 64)), self.weights["words"], transpose_b=True)
        return {"output": tf.reshape(logits, (-1, tokens, 128))}


class Cnn(Network):
    """A small residual network."""

    def __init__(self) -> None:
        super().__init__()
        for part, inputs in (("first", 3), ("second", 8), ("third", 8)):
            self.add(f"{part}/kernel", 3, 3, inputs, 8)
        for name in ("second/bias", "third/bias", "scale", "shift", "mean", "spread"):
            self.add(name, 8)
        self.add_linear("dense", 8, 10)

    def convolve(self, name: str, x: tf.Tensor) -> tf.Tensor:
        """A convolution that keeps the size."""
        y = tf.nn.conv2d(x, self.weights[f"{name}/kernel"], 1, "SAME")
        bias = self.weights.get(f"{name}/bias")
        return y if bias is None else tf.nn.bias_add(y, bias)

    def run(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
        """Ten probabilities."""
        norm = [self.weights[name] for name in ("scale", "shift", "mean", "spread")]
        x = tf.compat.v1.nn.fused_batch_norm(
            self.convolve("first", image), *norm, epsilon=1e-5, is_training=False
        )[0]
        x = tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, "VALID")
        y = self.convolve("third", tf.nn.relu(self.convolve("second", x)))
        x = tf.reduce_mean(tf.nn.relu(x + y), (1, 2))
        logits = tf.matmul(x, self.weights["dense/kernel"])
        return {"output": tf.nn.softmax(tf.nn.bias_add(logits, self.weights["dense/bias"]))}


def write(
    name: str, network: Network, run: Callable[..., object], inputs: tuple[str, ...],
    opened: tuple[int | None, ...] = (None, None), closed: tuple[int, ...] = (1, TOKENS),
    kind: tf.DType = tf.int32,
) -> None:  # fmt: skip
    """All forms of one network."""
    folder = Path(tempfile.mkdtemp())
    specs = [tf.TensorSpec(opened, kind, name=key) for key in inputs]
    signature = tf.function(run, input_signature=specs)
    network.signature = signature
    tf.saved_model.save(network, folder, signatures={"serving_default": signature})
    for path in folder.rglob("*"):
        if path.is_file():
            keep(name, f"saved_model/{path.relative_to(folder)}", path.read_bytes())
    shutil.rmtree(folder)
    function = tf.function(run).get_concrete_function(
        *(tf.TensorSpec(closed, kind, name=key) for key in inputs)
    )
    frozen = convert_variables_to_constants_v2(function)
    keep(name, "frozen.pb", frozen.graph.as_graph_def().SerializeToString())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], network)
    keep(name, "converted.tflite", converter.convert())


def main() -> None:
    """Write all forms."""
    encoder, decoder, cnn = Encoder(), Decoder(), Cnn()
    write("encoder", encoder, encoder.run, ("input_ids", "token_type_ids"))
    write("decoder", decoder, decoder.run, ("input_ids",))
    sizes = 32, 32, 3
    write("cnn", cnn, cnn.run, ("image",), (None, *sizes), (1, *sizes), tf.float32)


if __name__ == "__main__":
    main()
