"""PixArt: a transformer over the places of an image that attends to a text.

Names and defaults: ``models/transformers/pixart_transformer_2d.py`` of diffusers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.sketching import (
    Sketch,
    attend,
    convolve,
    flatten_image,
    take,
)
from cyborg_rr.readers.huggingface.recipes.parts import count_layers
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.diffusing import (
    SINUSOIDS,
    draw_plain,
    embed,
    name_attention,
    take_sinusoids,
)

_TYPE: Final = "f16"
_LARGE: Final = 128
"""The size of latents from which on sizes and shapes of images are inputs."""


def plan_pixart(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    heads = settings.count("num_attention_heads", default=16)
    hidden = heads * settings.count("attention_head_dim", default=72)
    side = settings.count("sample_size", default=128)
    patch = settings.count("patch_size", default=2)
    plain = (
        settings.text("norm_type") in ("", "ada_norm_single")
        and settings.text("activation_fn") in ("", "gelu-approximate")
        and settings.count("cross_attention_dim", default=hidden) == hidden
        and 0 < patch <= side < 2**12
        and settings.find_count("caption_channels")
    )
    if not plain:
        return None
    asked = settings.find("use_additional_conditions")
    conditioned = side == _LARGE if asked is None else bool(asked)

    def draw(drawing: Drawing) -> str:
        inner = settings.count("in_channels", default=4)
        caption = settings.count("caption_channels")
        image = take(drawing, "sample", "batch", inner, side, side)
        text = take(drawing, "text", "batch", "sequence", caption)
        image = convolve(drawing, image, "pos_embed.proj", inner, hidden, (patch, patch),
                         stride=patch, padding=0)  # fmt: skip
        image = flatten_image(drawing, image, hidden)
        moved = _draw_time(drawing, hidden, conditioned)
        text = embed(drawing, text, "caption_projection.", caption, hidden)
        for number in range(count_layers(settings, "num_layers")):
            prefix = f"transformer_blocks.{number}."
            image = _draw_block(drawing, image, text, moved, prefix, (hidden, heads), settings)
        drawing.weight("scale_shift_table", 2, hidden)
        image = drawing.apply("layer_normalization", image)
        outer = patch**2 * settings.count("out_channels", default=inner)
        drawing.linear(image, Linear("proj_out", True), hidden, outer)
        return "noise"

    return Sketch(settings.element_type or _TYPE, draw)


def _draw_time(drawing: Drawing, hidden: int, conditioned: bool) -> str:
    prefix = "adaln_single."
    time = embed(drawing, take_sinusoids(drawing, "timestep"), f"{prefix}emb.timestep_embedder.",
                 SINUSOIDS, hidden)  # fmt: skip
    if conditioned:
        third = hidden // 3
        sizes = [
            embed(drawing, take_sinusoids(drawing, name), f"{prefix}emb.{name}_embedder.",
                  SINUSOIDS, third)
            for name in ("resolution", "aspect_ratio")
        ]  # fmt: skip
        added = drawing.apply("concatenate", sizes[0], sizes[0], sizes[1], axis=-1)
        time = drawing.apply("add", time, added)
    name = Linear(f"{prefix}linear", True)
    moved = drawing.linear(drawing.apply("silu", time), name, hidden, 6 * hidden)
    return drawing.apply("reshape", moved, shape=(0, 6, hidden))


def _draw_block(
    drawing: Drawing, value: str, text: str, moved: str, prefix: str, sizes: tuple[int, int],
    settings: Settings,
) -> str:  # fmt: skip
    hidden, heads = sizes
    bias = settings.flag("attention_bias", default=True)
    table = drawing.weight(f"{prefix}scale_shift_table", 6, hidden)
    steps = drawing.apply("add", moved, table)
    parts = drawing.apply_many("split", (steps,), 6, axis=1, split=(1,) * 6)
    normed = _shift(drawing, value, parts[0], parts[1])
    part = attend(drawing, normed, name_attention(f"{prefix}attn1.", bias), heads, hidden)
    value = drawing.apply("add", value, drawing.apply("multiply", part, parts[2]))
    part = attend(drawing, value, name_attention(f"{prefix}attn2.", bias), heads, hidden,
                  source=text)  # fmt: skip
    value = drawing.apply("add", value, part)
    fed = draw_plain(drawing, _shift(drawing, value, parts[3], parts[4]), f"{prefix}ff.", hidden)
    return drawing.apply("add", value, drawing.apply("multiply", fed, parts[5]))


def _shift(drawing: Drawing, value: str, shift: str, scale: str) -> str:
    normed = drawing.apply("layer_normalization", value)
    return drawing.apply("add", drawing.apply("multiply", normed, scale), shift)
