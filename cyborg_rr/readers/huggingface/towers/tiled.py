"""The encoder of images of Llama 3.2 Vision: tiles of an image attend to each other.

Names: ``modeling_mllama.py`` of transformers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.joining import Features
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import Attention, Frame, Layer, Linear
from cyborg_rr.readers.architectures.sketching import convolve, flatten_image, take
from cyborg_rr.readers.huggingface.recipes.encoders import plan_ungated
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.towers.drafts import name_sides
from cyborg_rr.readers.huggingface.towers.images import count_patches, find_side

PREFIX: Final = "vision_model."
PROJECTOR: Final = "multi_modal_projector."
_ROUNDED: Final = 8
"""Vectors of a tile are filled up to a multiple of this."""


def draw_tiles(drawing: Drawing, vision: Settings, outer: int) -> Features:
    """What layers of the text attend to: vectors of all tiles of one image for each text."""
    hidden, tiles = find_hidden(vision), vision.count("max_num_tiles")
    count = count_patches(vision) + 1
    value = _enter(drawing, vision, hidden, tiles)
    filled = -(-count // _ROUNDED) * _ROUNDED
    value = drawing.apply("pad", value, padding_low=(0, 0, 0), padding_high=(0, filled - count, 0))
    value = drawing.apply("reshape", value, shape=(-1, tiles * filled, hidden))
    value, seen = _draw_local(drawing, value, vision, hidden)
    value = drawing.norm(value, f"{PREFIX}layernorm_post", hidden, "layer")
    layers = (_plan_layer(vision, gated=True),) * count_layers(vision, "num_global_layers")
    frame = Frame(hidden, PREFIX + "global_transformer.layers.{layer}.")
    value = draw_layers(drawing, value, layers, frame)
    value = drawing.apply("concatenate", value, *seen, axis=-1)
    width = hidden * (1 + len(seen))
    value = drawing.apply("reshape", value, shape=(-1, tiles, filled, width))
    value = drawing.apply("slice", value, starts=(0,), ends=(count,), axes=(2,))
    value = drawing.apply("reshape", value, shape=(-1, tiles * count, width))
    value = drawing.linear(value, Linear(PROJECTOR.removesuffix("."), True), width, outer)
    return Features(value, place="source")


def count_positions(vision: Settings) -> int:
    """The vectors of one image that layers of the text attend to."""
    return vision.count("max_num_tiles") * (count_patches(vision) + 1)


def _enter(drawing: Drawing, vision: Settings, hidden: int, tiles: int) -> str:
    side, patch = find_side(vision, "image_size"), find_side(vision, "patch_size")
    channels, count = vision.count("num_channels", default=3), count_patches(vision) + 1
    value = take(drawing, "pixel_values", "batch", 1, tiles, channels, side, side)
    value = drawing.apply("reshape", value, shape=(-1, channels, side, side))
    value = convolve(drawing, value, f"{PREFIX}patch_embedding", channels, hidden, (patch, patch),
                     stride=patch, padding=0, bias=False)  # fmt: skip
    value = flatten_image(drawing, value, hidden)
    drawing.weight(f"{PREFIX}class_embedding", hidden)
    ratios = vision.find("supported_aspect_ratios")
    kinds = len(ratios) + 1 if isinstance(ratios, list) else 9
    place = f"{PREFIX}gated_positional_embedding."
    drawing.weight(f"{place}gate", 1)
    drawing.weight(f"{place}tile_embedding.weight", kinds, tiles * count * hidden)
    for when in ("pre", "post"):
        table = f"{PREFIX}{when}_tile_positional_embedding."
        drawing.weight(f"{table}gate", 1)
        drawing.weight(f"{table}embedding.weight", kinds, tiles * hidden)
    value = drawing.apply("pad", value, padding_low=(0, 1, 0), padding_high=(0, 0, 0))
    value = drawing.apply("add", value, drawing.weight(f"{place}embedding", count, hidden))
    return drawing.norm(value, f"{PREFIX}layernorm_pre", hidden, "layer")


def _plan_layer(vision: Settings, *, gated: bool) -> Layer:
    heads = max(vision.count("attention_heads", "num_attention_heads"), 1)
    sides = name_sides("self_attn.{}_proj", "qkvo")
    attention = Attention(heads, heads, find_hidden(vision) // heads, *sides, rotary=False,
                          causal=False)  # fmt: skip
    feed = plan_ungated(vision, vision.count("intermediate_size"), "mlp.fc1", "mlp.fc2")
    return Layer(attention, feed, extra=(("gate_attn", (1,)), ("gate_ffn", (1,))) if gated else ())


def _draw_local(
    drawing: Drawing, value: str, vision: Settings, hidden: int
) -> tuple[str, list[str]]:
    """The first layers, and what some of them see."""
    layer, frame = (
        _plan_layer(vision, gated=False),
        Frame(hidden, PREFIX + "transformer.layers.{layer}."),
    )
    seen = [value]
    for number in range(count_layers(vision)):
        value = draw_layers(drawing, value, (layer,), frame, start=number)
        seen.append(value)
    listed = vision.numbers("intermediate_layers_indices")
    if any(not 0 <= place < len(seen) for place in listed):
        raise UnreadableModel("config.json: intermediate_layers_indices names no layer")
    return value, [seen[place] for place in listed]
