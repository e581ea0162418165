"""Two streams that keep weights of their own and attend to each other: the places of an image and a
text (``models/transformers`` of diffusers)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear, Normalisation


@dataclass(frozen=True, slots=True)
class Sizes:
    """Width of the model, and its heads."""

    hidden: int
    heads: int

    @property
    def width(self) -> int:
        """Of a head."""
        return self.hidden // max(self.heads, 1)


@dataclass(frozen=True, slots=True)
class Side:
    """Names of one stream's weights within an attention; no norms where they are empty."""

    query: str = "to_q"
    key: str = "to_k"
    value: str = "to_v"
    output: str = "to_out.0"
    norms: tuple[str, str] = ("", "")
    bias: bool = True
    output_bias: bool = True


LATENT: Final = ("latent_frames", "latent_height", "latent_width")
"""Sizes of a video as an autoencoder leaves it: neither its frames nor its pixels."""

IMAGE = Side()
TEXT = Side("add_q_proj", "add_k_proj", "add_v_proj", "to_add_out")


def project(
    drawing: Drawing, value: str, prefix: str, side: Side, sizes: Sizes,
    norm: Normalisation = "rms",
) -> tuple[str, str, str]:  # fmt: skip
    """Query, key and value of a stream; queries and keys with a norm of each head."""
    hidden = sizes.hidden
    names = (side.query, side.key, side.value)
    found = [drawing.linear(value, Linear(prefix + name, side.bias), hidden, hidden)
             for name in names]  # fmt: skip
    for place, name in enumerate(side.norms):
        if name:
            split = drawing.apply("reshape", found[place], shape=(0, 0, sizes.heads, sizes.width))
            split = drawing.norm(split, prefix + name, sizes.width, norm)
            found[place] = drawing.apply("reshape", split, shape=(0, 0, hidden))
    return found[0], found[1], found[2]


def attend_alone(
    drawing: Drawing, value: str, prefix: str, side: Side, sizes: Sizes,
    norm: Normalisation = "rms",
) -> str:  # fmt: skip
    """Attention of one stream to itself."""
    parts = project(drawing, value, prefix, side, sizes, norm)
    mixed = drawing.apply("attention", *parts, q_num_heads=sizes.heads, kv_num_heads=sizes.heads)
    output = Linear(prefix + side.output, side.output_bias)
    return drawing.linear(mixed, output, sizes.hidden, sizes.hidden)


def attend_jointly(
    drawing: Drawing,
    values: Sequence[str],
    prefix: str,
    sides: Sequence[Side],
    sizes: Sizes,
    norm: Normalisation = "rms",
) -> list[str]:
    """Attention of all streams to all; without a weight for the output it is left as it is."""
    parts = [project(drawing, value, prefix, side, sizes, norm)
             for value, side in zip(values, sides, strict=True)]  # fmt: skip
    keys, stored = (
        drawing.apply("concatenate", *(part[place] for part in parts), axis=1) for place in (1, 2)
    )
    mixed = [
        drawing.apply("attention", part[0], keys, stored, q_num_heads=sizes.heads,
                      kv_num_heads=sizes.heads)
        for part in parts
    ]  # fmt: skip
    return [
        drawing.linear(each, Linear(prefix + side.output, side.output_bias), sizes.hidden,
                       sizes.hidden) if side.output else each
        for each, side in zip(mixed, sides, strict=True)
    ]  # fmt: skip


def modulate(
    drawing: Drawing, time: str, name: Linear, inner: int, hidden: int, count: int
) -> tuple[str, ...]:
    """Shifts, scales and gates by the time."""
    whole = drawing.linear(drawing.apply("silu", time), name, inner, count * hidden)
    whole = drawing.apply("unsqueeze", whole, axes=(1,))
    return drawing.split(whole, *(hidden,) * count)


def shift_normed(drawing: Drawing, normed: str, shift: str, scale: str) -> str:
    """A value that was normed, scaled and shifted."""
    return drawing.apply("add", drawing.apply("multiply", normed, scale), shift)


def shift_bare(drawing: Drawing, value: str, shift: str, scale: str) -> str:
    """The same with a norm that has no weights."""
    return shift_normed(drawing, drawing.apply("layer_normalization", value), shift, scale)


def add_gated(drawing: Drawing, value: str, part: str, gate: str) -> str:
    """A value and a part that a gate lets through."""
    return drawing.apply("add", value, drawing.apply("multiply", part, gate))


def feed(
    drawing: Drawing, value: str, prefix: str, hidden: int, inner: int, bias: bool = True
) -> str:
    """Two weights as diffusers names them."""
    value = drawing.linear(value, Linear(f"{prefix}net.0.proj", bias), hidden, inner)
    value = drawing.apply("gelu", value)
    return drawing.linear(value, Linear(f"{prefix}net.2", bias), inner, hidden)
