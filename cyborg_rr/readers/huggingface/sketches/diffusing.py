"""Pieces of the models of diffusers: residual blocks, transformers over places, times as vectors.

Names: ``models/resnet.py``, ``models/attention.py``, ``models/embeddings.py`` of diffusers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.sketching import attend, convolve, norm_group, take

TYPE: Final = "f32"
"""Of weights of diffusers whose files are not there to say it."""

SINUSOIDS: Final = 256
_GATED: Final = 8
_PLAIN: Final = 4


def draw_residual(
    drawing: Drawing, value: str, prefix: str, inner: int, outer: int, groups: int,
    *, time: str = "", time_width: int = 0,
) -> str:  # fmt: skip
    """Two convolutions beside a short way, with the time between them."""
    mixed = drawing.apply("silu", norm_group(drawing, value, f"{prefix}norm1", inner, groups))
    mixed = convolve(drawing, mixed, f"{prefix}conv1", inner, outer, (3, 3))
    if time:
        name = Linear(f"{prefix}time_emb_proj", True)
        moment = drawing.linear(drawing.apply("silu", time), name, time_width, outer)
        mixed = drawing.apply("add", mixed, drawing.apply("unsqueeze", moment, axes=(2, 3)))
    mixed = drawing.apply("silu", norm_group(drawing, mixed, f"{prefix}norm2", outer, groups))
    mixed = convolve(drawing, mixed, f"{prefix}conv2", outer, outer, (3, 3))
    if inner != outer:
        value = convolve(drawing, value, f"{prefix}conv_shortcut", inner, outer, (1, 1))
    return drawing.apply("add", value, mixed)


def name_attention(prefix: str, bias: bool) -> tuple[Linear, Linear, Linear, Linear]:
    """Names of the weights of an attention."""
    query, key, value = (Linear(f"{prefix}to_{part}", bias) for part in "qkv")
    return query, key, value, Linear(f"{prefix}to_out.0", True)


def draw_block(
    drawing: Drawing, value: str, prefix: str, width: int, heads: int, text: str, text_width: int
) -> str:
    """Attention to itself, to the text, and a gated part."""
    normed = drawing.norm(value, f"{prefix}norm1", width, "layer")
    part = attend(drawing, normed, name_attention(f"{prefix}attn1.", False), heads, width)
    value = drawing.apply("add", value, part)
    normed = drawing.norm(value, f"{prefix}norm2", width, "layer")
    part = attend(drawing, normed, name_attention(f"{prefix}attn2.", False), heads, width,
                  source=text, source_width=text_width)  # fmt: skip
    value = drawing.apply("add", value, part)
    normed = drawing.norm(value, f"{prefix}norm3", width, "layer")
    inner = _GATED // 2 * width
    both = drawing.linear(normed, Linear(f"{prefix}ff.net.0.proj", True), width, 2 * inner)
    up, gate = drawing.split(both, inner, inner)
    part = drawing.apply("multiply", up, drawing.apply("gelu", gate))
    part = drawing.linear(part, Linear(f"{prefix}ff.net.2", True), inner, width)
    return drawing.apply("add", value, part)


def draw_plain(drawing: Drawing, value: str, prefix: str, width: int) -> str:
    """A part of two weights, four times as wide between them."""
    inner = _PLAIN * width
    value = drawing.linear(value, Linear(f"{prefix}net.0.proj", True), width, inner)
    value = drawing.apply("gelu", value)
    return drawing.linear(value, Linear(f"{prefix}net.2", True), inner, width)


def embed(drawing: Drawing, value: str, prefix: str, inner: int, outer: int) -> str:
    """A vector made wider by two weights."""
    value = drawing.linear(value, Linear(f"{prefix}linear_1", True), inner, outer)
    value = drawing.apply("silu", value)
    return drawing.linear(value, Linear(f"{prefix}linear_2", True), outer, outer)


def take_sinusoids(drawing: Drawing, name: str, width: int = SINUSOIDS) -> str:
    """Sines and cosines of a number, which take no weights."""
    return take(drawing, name, "batch", width)
