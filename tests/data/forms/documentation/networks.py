"""The two networks of ``make_torch.py`` as a series of layers, for writers of older formats.

A writer is a class with these layers as methods, each of which adds what its format has for it.
"""

from __future__ import annotations

from typing import Any, Protocol

TOKENS, WIDTH, HEADS = 16, 64, 4
HEAD = WIDTH // HEADS


class Network(Protocol):
    """What a writer offers; values are whatever it takes for one.

    Weights of a layer are named after it. The encoder's values are tokens by features, with or
    without a batch of one before.
    """

    def take_image(self) -> Any:
        """The picture, 1 x 3 x 32 x 32."""

    def convolve(self, name: str, x: Any, inputs: int, *, biased: bool = True) -> Any:
        """Eight channels by windows of 3 x 3 that keep the size."""

    def normalise_batch(self, name: str, x: Any) -> Any:
        """By eight means and variances, scaled and shifted."""

    def relu(self, x: Any) -> Any:
        """Nothing below zero."""

    def pool(self, x: Any) -> Any:
        """The largest of each 2 x 2."""

    def average(self, x: Any) -> Any:
        """One number for each channel, 1 x 8."""

    def add(self, left: Any, right: Any) -> Any:
        """Element by element."""

    def multiply(self, name: str, x: Any, inputs: int, outputs: int) -> Any:
        """A dense layer with a bias."""

    def soften(self, x: Any) -> Any:
        """A softmax over the last dimension."""

    def take_tokens(self, name: str) -> Any:
        """Numbers of tokens, 1 x 16."""

    def look_up(self, name: str, rows: int, tokens: Any) -> Any:
        """A row of a table for each token."""

    def place(self, name: str, rows: int) -> Any:
        """The first 16 rows of a table."""

    def normalise(self, name: str, x: Any) -> Any:
        """Each token by its own mean and variance, scaled and shifted."""

    def attend(self, name: str, q: Any, k: Any, v: Any) -> Any:
        """Attention of four heads, joined again."""

    def bend(self, name: str, x: Any) -> Any:
        """GELU, or what the format has nearest to it."""


def write_cnn(net: Network) -> Any:
    """From a picture to ten probabilities."""
    x = net.normalise_batch("norm", net.convolve("first", net.take_image(), 3, biased=False))
    x = net.pool(net.relu(x))
    y = net.convolve("third", net.relu(net.convolve("second", x, 8)), 8)
    x = net.average(net.relu(net.add(x, y)))
    return net.soften(net.multiply("dense", x, 8, 10))


def write_encoder(net: Network) -> Any:
    """From tokens and types to the last hidden state."""
    words = net.look_up("words", 100, net.take_tokens("input_ids"))
    types = net.look_up("types", 2, net.take_tokens("token_type_ids"))
    x = net.normalise("norm", net.add(net.add(words, types), net.place("positions", 32)))
    for layer in ("layer0", "layer1"):
        q, k, v = (
            net.multiply(f"{layer}_{part}", x, WIDTH, WIDTH) for part in ("query", "key", "value")
        )
        joined = net.attend(f"{layer}_attention", q, k, v)
        joined = net.multiply(f"{layer}_output", joined, WIDTH, WIDTH)
        x = net.normalise(f"{layer}_attention_norm", net.add(x, joined))
        inner = net.bend(f"{layer}_gelu", net.multiply(f"{layer}_up", x, WIDTH, 2 * WIDTH))
        lowered = net.multiply(f"{layer}_down", inner, 2 * WIDTH, WIDTH)
        x = net.normalise(f"{layer}_norm", net.add(x, lowered))
    return x
