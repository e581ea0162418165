"""Flux: a transformer over the places of an image and a text together.

Names and defaults: ``models/transformers/transformer_flux.py`` of diffusers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import MAX_LAYERS, Linear
from cyborg_rr.readers.architectures.sketching import Sketch, take
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.diffusing import (
    SINUSOIDS,
    draw_plain,
    embed,
    take_sinusoids,
)

_TYPE: Final = "bf16"
_MLP: Final = 4


def plan_flux(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    heads = settings.count("num_attention_heads", default=24)
    width = settings.count("attention_head_dim", default=128)
    hidden = heads * width
    double = settings.count("num_layers", default=19)
    single = settings.count("num_single_layers", default=38)
    if double + single > MAX_LAYERS or not 0 < hidden < 2**20:
        return None

    def draw(drawing: Drawing) -> str:
        inner = settings.count("in_channels", default=64)
        text_width = settings.count("joint_attention_dim", default=4096)
        image = take(drawing, "image_tokens", "batch", "image_length", inner)
        text = take(drawing, "text", "batch", "sequence", text_width)
        time = _draw_time(drawing, settings, hidden)
        image = drawing.linear(image, Linear("x_embedder", True), inner, hidden)
        text = drawing.linear(text, Linear("context_embedder", True), text_width, hidden)
        sizes = (hidden, heads, width)
        for number in range(double):
            prefix = f"transformer_blocks.{number}."
            image, text = draw_double(drawing, image, text, time, prefix, sizes)
        both = drawing.apply("concatenate", text, image, axis=1)
        for number in range(single):
            prefix = f"single_transformer_blocks.{number}."
            both = draw_single(drawing, both, time, prefix, sizes)
        shift, _ = modulate(drawing, time, "norm_out.", hidden, 2)
        both = drawing.apply("add", drawing.apply("layer_normalization", both), shift)
        outer = settings.count("out_channels", default=inner)
        drawing.linear(both, Linear("proj_out", True), hidden, outer)
        return "noise"

    return Sketch(settings.element_type or _TYPE, draw)


def _draw_time(drawing: Drawing, settings: Settings, hidden: int) -> str:
    prefix = "time_text_embed."
    pooled_width = settings.count("pooled_projection_dim", default=768)
    time = embed(drawing, take_sinusoids(drawing, "timestep"), f"{prefix}timestep_embedder.",
                 SINUSOIDS, hidden)  # fmt: skip
    if settings.flag("guidance_embeds"):
        guided = embed(drawing, take_sinusoids(drawing, "guidance"), f"{prefix}guidance_embedder.",
                       SINUSOIDS, hidden)  # fmt: skip
        time = drawing.apply("add", time, guided)
    pooled = take(drawing, "pooled_text", "batch", pooled_width)
    pooled = embed(drawing, pooled, f"{prefix}text_embedder.", pooled_width, hidden)
    return drawing.apply("silu", drawing.apply("add", time, pooled))


def modulate(drawing: Drawing, time: str, prefix: str, hidden: int, count: int) -> tuple[str, ...]:
    """Shifts, scales and gates by the time."""
    whole = drawing.linear(time, Linear(f"{prefix}linear", True), hidden, count * hidden)
    whole = drawing.apply("unsqueeze", whole, axes=(1,))
    return drawing.split(whole, *(hidden,) * count)


def shift_scale(drawing: Drawing, value: str, shift: str, scale: str) -> str:
    normed = drawing.apply("layer_normalization", value)
    return drawing.apply("add", drawing.apply("multiply", normed, scale), shift)


def project(
    drawing: Drawing, value: str, names: tuple[str, str, str], norms: tuple[str, str],
    sizes: tuple[int, int, int],
) -> tuple[str, str, str]:  # fmt: skip
    """Query, key and value; queries and keys with a norm of each head."""
    hidden, heads, width = sizes
    query, key, stored = (drawing.linear(value, Linear(n, True), hidden, hidden) for n in names)
    sides = []
    for side, name in zip((query, key), norms, strict=True):
        split = drawing.apply("reshape", side, shape=(0, 0, heads, width))
        normed = drawing.norm(split, name, width, "rms")
        sides.append(drawing.apply("reshape", normed, shape=(0, 0, hidden)))
    return sides[0], sides[1], stored


def draw_double(
    drawing: Drawing, image: str, text: str, time: str, prefix: str, sizes: tuple[int, int, int]
) -> tuple[str, str]:
    """Weights of its own for each of the two, one attention for both."""
    hidden, heads, _ = sizes
    inside = f"{prefix}attn."
    moved, sides = [], []
    for value, norm, names, norms in (
        (text, "norm1_context", ("add_q_proj", "add_k_proj", "add_v_proj"),
         ("norm_added_q", "norm_added_k")),
        (image, "norm1", ("to_q", "to_k", "to_v"), ("norm_q", "norm_k")),
    ):  # fmt: skip
        parts = modulate(drawing, time, f"{prefix}{norm}.", hidden, 6)
        shifted = shift_scale(drawing, value, parts[0], parts[1])
        named = (f"{inside}{names[0]}", f"{inside}{names[1]}", f"{inside}{names[2]}")
        normed = (f"{inside}{norms[0]}", f"{inside}{norms[1]}")
        sides.append(project(drawing, shifted, named, normed, sizes))
        moved.append(parts)
    joint = [
        drawing.apply("concatenate", sides[0][place], sides[1][place], axis=1) for place in (1, 2)
    ]
    of_text, of_image = (
        drawing.apply("attention", side[0], *joint, q_num_heads=heads, kv_num_heads=heads)
        for side in sides
    )
    found = []
    for value, part, parts, name, feed in (
        (text, of_text, moved[0], "to_add_out", "ff_context."),
        (image, of_image, moved[1], "to_out.0", "ff."),
    ):
        part = drawing.linear(part, Linear(f"{inside}{name}", True), hidden, hidden)
        value = drawing.apply("add", value, drawing.apply("multiply", part, parts[2]))
        fed = shift_scale(drawing, value, parts[3], parts[4])
        fed = draw_plain(drawing, fed, f"{prefix}{feed}", hidden)
        found.append(drawing.apply("add", value, drawing.apply("multiply", fed, parts[5])))
    return found[1], found[0]


def draw_single(
    drawing: Drawing, value: str, time: str, prefix: str, sizes: tuple[int, int, int]
) -> str:
    """Attention and a plain part side by side."""
    hidden, heads, _ = sizes
    inner = _MLP * hidden
    shift, scale, gate = modulate(drawing, time, f"{prefix}norm.", hidden, 3)
    shifted = shift_scale(drawing, value, shift, scale)
    fed = drawing.linear(shifted, Linear(f"{prefix}proj_mlp", True), hidden, inner)
    fed = drawing.apply("gelu", fed)
    inside = f"{prefix}attn."
    sides = project(drawing, shifted, (f"{inside}to_q", f"{inside}to_k", f"{inside}to_v"),
                     (f"{inside}norm_q", f"{inside}norm_k"), sizes)  # fmt: skip
    mixed = drawing.apply("attention", *sides, q_num_heads=heads, kv_num_heads=heads)
    both = drawing.apply("concatenate", mixed, fed, axis=-1)
    part = drawing.linear(both, Linear(f"{prefix}proj_out", True), hidden + inner, hidden)
    return drawing.apply("add", value, drawing.apply("multiply", part, gate))
