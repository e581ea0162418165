"""Swin of both generations: attention within windows of an image that grows coarser.

Names: ``modeling_swin.py`` and ``modeling_swinv2.py`` of transformers.
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
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.settings import Settings

_DISTANCES: Final = 512
"""The width of the network that makes of distances what is added to scores (Swin v2)."""


def plan_swin(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    kind = name_class(settings)
    depths, heads = settings.numbers("depths"), settings.numbers("num_heads")
    side, patch = settings.count("image_size"), settings.count("patch_size")
    word = settings.text("model_type")
    named = word.capitalize()
    known = kind in (f"{named}ForImageClassification", f"{named}Model")
    if not known or len(depths) != len(heads) or not depths:
        return None
    if settings.count("window_size", default=7) < 1:
        return None
    if not 0 < patch <= side < 2**14 or sum(depths) > 1000 or not all(n > 0 for n in heads):
        return None
    prefix = "" if kind == f"{named}Model" else f"{word}."

    def draw(drawing: Drawing) -> str:
        width, place = settings.count("embed_dim"), -(-side // patch)
        channels = settings.count("num_channels", default=3)
        value = take(drawing, "pixels", "batch", channels, side, side)
        name = f"{prefix}embeddings.patch_embeddings.projection"
        value = convolve(drawing, value, name, channels, width, (patch, patch), stride=patch,
                         padding=0)  # fmt: skip
        value = flatten_image(drawing, value, width)
        value = drawing.norm(value, f"{prefix}embeddings.norm", width, "layer")
        if settings.flag("use_absolute_embeddings"):
            table = drawing.weight(f"{prefix}embeddings.position_embeddings", 1, place**2, width)
            value = drawing.apply("add", value, table)
        for stage, depth in enumerate(depths):
            inside = f"{prefix}encoder.layers.{stage}."
            for block in range(depth):
                value = _draw_block(drawing, value, settings, f"{inside}blocks.{block}.",
                                    (width, place, heads[stage]))  # fmt: skip
            if stage < len(depths) - 1:
                value, place = _merge(drawing, value, f"{inside}downsample.", width, place,
                                      word == "swinv2")  # fmt: skip
                width *= 2
        value = drawing.norm(value, f"{prefix}layernorm", width, "layer")
        value = drawing.apply("reduce", value, function="mean", axes=(1,))
        if not prefix:
            return "output"
        drawing.linear(value, Linear("classifier", True), width, count_labels(settings))
        return "logits"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _draw_block(
    drawing: Drawing, value: str, settings: Settings, prefix: str, sizes: tuple[int, int, int]
) -> str:
    """Attention of the places of a window to each other; windows at the rim are filled up."""
    width, place, heads = sizes
    window = min(settings.count("window_size", default=7), place)
    later = settings.text("model_type") == "swinv2"
    before, behind = f"{prefix}layernorm_before", f"{prefix}layernorm_after"
    normed = value if later else drawing.norm(value, before, width, "layer")
    whole = -(-place // window) * window
    image = drawing.apply("reshape", normed, shape=(-1, place, place, width))
    if whole != place:
        high = (0, whole - place, whole - place, 0)
        image = drawing.apply("pad", image, padding_low=(0, 0, 0, 0), padding_high=high)
    split = (-1, whole // window, window, whole // window, window, width)
    order = (0, 1, 3, 2, 4, 5)
    parts = drawing.apply("reshape", image, shape=split)
    parts = drawing.apply("transpose", parts, permutation=order)
    parts = drawing.apply("reshape", parts, shape=(-1, window**2, width))
    if later:
        mixed = _attend_later(
            drawing, parts, settings, f"{prefix}attention.", (width, heads, window)
        )
    else:
        mixed = _attend(drawing, parts, settings, f"{prefix}attention.", width, heads)
    mixed = drawing.apply("reshape", mixed, shape=(-1, split[1], split[3], window, window, width))
    mixed = drawing.apply("transpose", mixed, permutation=order)
    mixed = drawing.apply("reshape", mixed, shape=(-1, whole, whole, width))
    if whole != place:
        mixed = drawing.apply("slice", mixed, starts=(0, 0), ends=(place, place), axes=(1, 2))
    mixed = drawing.apply("reshape", mixed, shape=(-1, place**2, width))
    mixed = drawing.norm(mixed, before, width, "layer") if later else mixed
    value = drawing.apply("add", value, mixed)
    fed = value if later else drawing.norm(value, behind, width, "layer")
    inner = int(settings.number("mlp_ratio") * width) or 4 * width
    fed = drawing.linear(fed, Linear(f"{prefix}intermediate.dense", True), width, inner)
    fed = drawing.apply("gelu", fed)
    fed = drawing.linear(fed, Linear(f"{prefix}output.dense", True), inner, width)
    fed = drawing.norm(fed, behind, width, "layer") if later else fed
    return drawing.apply("add", value, fed)


def _attend(
    drawing: Drawing, value: str, settings: Settings, prefix: str, width: int, heads: int
) -> str:
    rows = (2 * settings.count("window_size", default=7) - 1) ** 2
    drawing.weight(f"{prefix}self.relative_position_bias_table", rows, heads)
    bias = settings.flag("qkv_bias", default=True)
    query, key, stored = (Linear(f"{prefix}self.{n}", bias) for n in ("query", "key", "value"))
    names = (query, key, stored, Linear(f"{prefix}output.dense", True))
    return attend(drawing, value, names, heads, width)


def _attend_later(
    drawing: Drawing, value: str, settings: Settings, prefix: str, sizes: tuple[int, int, int]
) -> str:
    """Attention by the angle of vectors; a small network makes what distances add to it."""
    width, heads, window = sizes
    inside = f"{prefix}self."
    drawing.weight(f"{inside}logit_scale", heads, 1, 1)
    places = drawing.apply("reshape", value, shape=(-1,))
    count = 2 * (2 * window - 1) ** 2
    places = drawing.apply("slice", places, starts=(0,), ends=(1,), axes=(0,))
    places = drawing.apply("tile", places, repeats=(count,))
    places = drawing.apply("reshape", places, shape=(-1, 2))
    small = f"{inside}continuous_position_bias_mlp."
    distances = drawing.linear(places, Linear(f"{small}0", True), 2, _DISTANCES)
    distances = drawing.apply("relu", distances)
    drawing.linear(distances, Linear(f"{small}2"), _DISTANCES, heads)
    bias = settings.flag("qkv_bias", default=True)
    query, stored = Linear(f"{inside}query", bias), Linear(f"{inside}value", bias)
    names = (query, Linear(f"{inside}key"), stored, Linear(f"{prefix}output.dense", True))
    return attend(drawing, value, names, heads, width)


def _merge(
    drawing: Drawing, value: str, prefix: str, width: int, place: int, later: bool
) -> tuple[str, int]:
    """Four places as one, twice as wide."""
    half = -(-place // 2)
    image = drawing.apply("reshape", value, shape=(-1, place, place, width))
    if place % 2:
        image = drawing.apply("pad", image, padding_low=(0, 0, 0, 0), padding_high=(0, 1, 1, 0))
    image = drawing.apply("reshape", image, shape=(-1, half, 2, half, 2, width))
    image = drawing.apply("transpose", image, permutation=(0, 1, 3, 2, 4, 5))
    joined = drawing.apply("reshape", image, shape=(-1, half**2, 4 * width))
    if not later:
        joined = drawing.norm(joined, f"{prefix}norm", 4 * width, "layer")
    joined = drawing.linear(joined, Linear(f"{prefix}reduction"), 4 * width, 2 * width)
    return drawing.norm(joined, f"{prefix}norm", 2 * width, "layer") if later else joined, half
