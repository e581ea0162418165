"""Wan, LTX-Video and Sana: places of a video or an image that attend to a text.

Names and defaults: ``transformer_wan.py``, ``transformer_ltx.py`` and ``sana_transformer.py`` of
diffusers.
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
    restore_image,
    take,
)
from cyborg_rr.readers.huggingface.recipes.parts import count_layers
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.diffusing import (
    SINUSOIDS,
    embed,
    name_attention,
    take_sinusoids,
)
from cyborg_rr.readers.huggingface.sketches.diffusion.streams import (
    LATENT,
    add_gated,
    feed,
    shift_bare,
)

_TYPE: Final = "bf16"
_WIDER: Final = 4
_STEPS: Final = 6


def _find_hidden(settings: Settings, heads: int, width: int) -> tuple[int, int]:
    """Width of the model and its heads; no width where it is beyond reason."""
    heads = settings.count("num_attention_heads", default=heads)
    hidden = heads * settings.count("attention_head_dim", default=width)
    return (hidden if 0 < hidden < 2**20 else 0), heads


def _attend_normed(
    drawing: Drawing, value: str, source: str, prefix: str, hidden: int, heads: int
) -> str:
    """Attention to a source, queries and keys with a norm over all heads together."""
    query, key, stored, output = name_attention(prefix, True)
    asked = drawing.linear(value, query, hidden, hidden)
    asked = drawing.norm(asked, f"{prefix}norm_q", hidden, "rms")
    keys = drawing.linear(source, key, hidden, hidden)
    keys = drawing.norm(keys, f"{prefix}norm_k", hidden, "rms")
    sides = (asked, keys, drawing.linear(source, stored, hidden, hidden))
    mixed = drawing.apply("attention", *sides, q_num_heads=heads, kv_num_heads=heads)
    return drawing.linear(mixed, output, hidden, hidden)


def _move(drawing: Drawing, moved: str, name: str, *shape: int) -> tuple[str, ...]:
    """Shifts, scales and gates: of the time, and of the layer's own table."""
    steps = drawing.apply("add", moved, drawing.weight(name, *shape))
    return drawing.apply_many("split", (steps,), _STEPS, axis=1, split=(1,) * _STEPS)


def _end(drawing: Drawing, value: str, hidden: int, outer: int) -> str:
    value = drawing.apply("layer_normalization", value)
    drawing.linear(value, Linear("proj_out", True), hidden, outer)
    return "noise"


def plan_wan(settings: Settings) -> Sketch | None:
    """Wan: a video of any length and size, and a text."""
    hidden, heads = _find_hidden(settings, 40, 128)
    patch = tuple(settings.numbers("patch_size")) or (1, 2, 2)
    others = ("image_dim", "added_kv_proj_dim", "pos_embed_seq_len")
    plain = settings.text("qk_norm") in ("", "rms_norm_across_heads")
    if not hidden or len(patch) != 3 or not all(0 < side < 2**8 for side in patch) or not plain:
        return None
    if any(settings.find(name) is not None for name in others):
        return None

    def draw(drawing: Drawing) -> str:
        inner = settings.count("in_channels", default=16)
        value = take(drawing, "video", "batch", inner, *LATENT)
        weight = drawing.weight("patch_embedding.weight", hidden, inner, *patch)
        bias = drawing.weight("patch_embedding.bias", hidden)
        value = drawing.apply("convolution", value, weight, bias, strides=patch)
        value = flatten_image(drawing, value, hidden)
        text, moved = _condition(drawing, settings, hidden)
        for number in range(count_layers(settings, "num_layers")):
            value = _draw_wan(drawing, value, text, moved, number, (hidden, heads), settings)
        drawing.weight("scale_shift_table", 1, 2, hidden)
        outer = settings.count("out_channels", default=inner) * patch[0] * patch[1] * patch[2]
        return _end(drawing, value, hidden, outer)

    return Sketch(settings.element_type or _TYPE, draw)


def _condition(drawing: Drawing, settings: Settings, hidden: int) -> tuple[str, str]:
    """The text and the time."""
    width, sines = settings.count("text_dim", default=4096), settings.count("freq_dim", default=256)
    prefix = "condition_embedder."
    time = embed(drawing, take_sinusoids(drawing, "timestep", sines), f"{prefix}time_embedder.",
                 sines, hidden)  # fmt: skip
    name = Linear(f"{prefix}time_proj", True)
    moved = drawing.linear(drawing.apply("silu", time), name, hidden, _STEPS * hidden)
    moved = drawing.apply("reshape", moved, shape=(0, _STEPS, hidden))
    text = take(drawing, "text", "batch", "sequence", width)
    return embed(drawing, text, f"{prefix}text_embedder.", width, hidden), moved


def _draw_wan(
    drawing: Drawing, value: str, text: str, moved: str, number: int, sizes: tuple[int, int],
    settings: Settings,
) -> str:  # fmt: skip
    hidden, heads = sizes
    prefix = f"blocks.{number}."
    parts = _move(drawing, moved, f"{prefix}scale_shift_table", 1, _STEPS, hidden)
    normed = shift_bare(drawing, value, parts[0], parts[1])
    part = _attend_normed(drawing, normed, normed, f"{prefix}attn1.", hidden, heads)
    value = add_gated(drawing, value, part, parts[2])
    normed = value
    if settings.flag("cross_attn_norm", default=True):
        normed = drawing.norm(value, f"{prefix}norm2", hidden, "layer")
    part = _attend_normed(drawing, normed, text, f"{prefix}attn2.", hidden, heads)
    value = drawing.apply("add", value, part)
    fed = shift_bare(drawing, value, parts[3], parts[4])
    inner = settings.count("ffn_dim", default=13824)
    fed = feed(drawing, fed, f"{prefix}ffn.", hidden, inner)
    return add_gated(drawing, value, fed, parts[5])


def _draw_time(drawing: Drawing, hidden: int) -> str:
    """The time, and the six vectors that layers take of it."""
    prefix = "time_embed."
    time = embed(drawing, take_sinusoids(drawing, "timestep"), f"{prefix}emb.timestep_embedder.",
                 SINUSOIDS, hidden)  # fmt: skip
    name = Linear(f"{prefix}linear", True)
    moved = drawing.linear(drawing.apply("silu", time), name, hidden, _STEPS * hidden)
    return drawing.apply("reshape", moved, shape=(0, _STEPS, hidden))


def plan_ltx(settings: Settings) -> Sketch | None:
    """LTX-Video: places of a video, whose patches are those of its autoencoder, and a text."""
    hidden, heads = _find_hidden(settings, 32, 64)
    plain = settings.text("qk_norm") in ("", "rms_norm_across_heads")
    cross = settings.count("cross_attention_dim", default=2048)
    biases = ("attention_bias", "attention_out_bias")
    whole = all(settings.flag(name, default=True) for name in biases)
    if not hidden or not plain or cross != hidden or not whole:
        return None
    if settings.flag("norm_elementwise_affine"):
        return None

    def draw(drawing: Drawing) -> str:
        inner = settings.count("in_channels", default=128)
        value = take(drawing, "video_tokens", "batch", "video_length", inner)
        value = drawing.linear(value, Linear("proj_in", True), inner, hidden)
        moved = _draw_time(drawing, hidden)
        width = settings.count("caption_channels", default=4096)
        text = take(drawing, "text", "batch", "sequence", width)
        text = embed(drawing, text, "caption_projection.", width, hidden)
        for number in range(count_layers(settings, "num_layers")):
            prefix = f"transformer_blocks.{number}."
            parts = _move(drawing, moved, f"{prefix}scale_shift_table", _STEPS, hidden)
            normed = shift_bare(drawing, value, parts[0], parts[1])
            part = _attend_normed(drawing, normed, normed, f"{prefix}attn1.", hidden, heads)
            value = add_gated(drawing, value, part, parts[2])
            part = _attend_normed(drawing, value, text, f"{prefix}attn2.", hidden, heads)
            value = drawing.apply("add", value, part)
            fed = shift_bare(drawing, value, parts[3], parts[4])
            fed = feed(drawing, fed, f"{prefix}ff.", hidden, _WIDER * hidden)
            value = add_gated(drawing, value, fed, parts[5])
        drawing.weight("scale_shift_table", 2, hidden)
        return _end(drawing, value, hidden, settings.count("out_channels", default=inner))

    return Sketch(settings.element_type or _TYPE, draw)


def plan_sana(settings: Settings) -> Sketch | None:
    """Sana: attention to the image whose work grows with its places alone."""
    hidden, heads = _find_hidden(settings, 70, 32)
    crossing = settings.count("num_cross_attention_heads", default=20)
    wide = crossing * settings.count("cross_attention_head_dim", default=112)
    side, patch = settings.count("sample_size", default=32), settings.count("patch_size", default=1)
    others = ("guidance_embeds", "qk_norm", "norm_elementwise_affine", "interpolation_scale",
              "attention_bias")  # fmt: skip
    if not hidden or wide != hidden or not 0 < patch <= side < 2**12:
        return None
    if any(settings.find(name) for name in others):
        return None
    if settings.count("cross_attention_dim", default=2240) != hidden:
        return None

    def draw(drawing: Drawing) -> str:
        inner = settings.count("in_channels", default=32)
        value = take(drawing, "sample", "batch", inner, side, side)
        value = convolve(drawing, value, "patch_embed.proj", inner, hidden, (patch, patch),
                         stride=patch, padding=0)  # fmt: skip
        value = flatten_image(drawing, value, hidden)
        moved = _draw_time(drawing, hidden)
        width = settings.count("caption_channels", default=2304)
        text = take(drawing, "text", "batch", "sequence", width)
        text = embed(drawing, text, "caption_projection.", width, hidden)
        text = drawing.norm(text, "caption_norm", hidden, "rms")
        for number in range(count_layers(settings, "num_layers")):
            prefix = f"transformer_blocks.{number}."
            parts = _move(drawing, moved, f"{prefix}scale_shift_table", _STEPS, hidden)
            normed = shift_bare(drawing, value, parts[0], parts[1])
            part = _attend_linearly(drawing, normed, f"{prefix}attn1.", hidden, heads)
            value = add_gated(drawing, value, part, parts[2])
            names = name_attention(f"{prefix}attn2.", True)
            part = attend(drawing, value, names, crossing, hidden, source=text)
            value = drawing.apply("add", value, part)
            fed = shift_bare(drawing, value, parts[3], parts[4])
            fed = _convolve_gated(drawing, fed, f"{prefix}ff.", hidden, side // patch, settings)
            value = add_gated(drawing, value, fed, parts[5])
        drawing.weight("scale_shift_table", 2, hidden)
        outer = patch**2 * settings.count("out_channels", default=inner)
        return _end(drawing, value, hidden, outer)

    return Sketch(settings.element_type or _TYPE, draw)


def _attend_linearly(drawing: Drawing, value: str, prefix: str, hidden: int, heads: int) -> str:
    """Values gathered by all keys first, with a row that counts them, then read by queries."""
    width = hidden // max(heads, 1)
    sides = []
    for name in "qkv":
        side = drawing.linear(value, Linear(f"{prefix}to_{name}"), hidden, hidden)
        side = drawing.apply("reshape", side, shape=(0, 0, heads, width))
        sides.append(drawing.apply("transpose", side, permutation=(0, 2, 3, 1)))
    query, key, stored = sides
    query, key = drawing.apply("relu", query), drawing.apply("relu", key)
    stored = drawing.apply("pad", stored, padding_low=(0, 0, 0, 0), padding_high=(0, 0, 1, 0))
    gathered = drawing.apply("matmul", stored, key, trans_b=True)
    mixed = drawing.apply("matmul", gathered, query)
    weights = drawing.apply("slice", mixed, starts=(width,), ends=(width + 1,), axes=(2,))
    mixed = drawing.apply("slice", mixed, starts=(0,), ends=(width,), axes=(2,))
    mixed = drawing.apply("divide", mixed, weights)
    mixed = drawing.apply("transpose", mixed, permutation=(0, 3, 1, 2))
    mixed = drawing.apply("reshape", mixed, shape=(0, 0, hidden))
    return drawing.linear(mixed, Linear(f"{prefix}to_out.0", True), hidden, hidden)


def _convolve_gated(
    drawing: Drawing, value: str, prefix: str, hidden: int, side: int, settings: Settings
) -> str:
    """A part of convolutions over the image, half of which gates the other."""
    inner = int((settings.number("mlp_ratio") or 2.5) * hidden)
    image = restore_image(drawing, value, hidden, side, side)
    image = convolve(drawing, image, f"{prefix}conv_inverted", hidden, 2 * inner, (1, 1))
    image = convolve(drawing, drawing.apply("silu", image), f"{prefix}conv_depth", 2 * inner,
                     2 * inner, (3, 3), groups=2 * inner)  # fmt: skip
    up, gate = drawing.apply_many("split", (image,), 2, axis=1, split=(inner, inner))
    image = drawing.apply("multiply", up, drawing.apply("silu", gate))
    image = convolve(drawing, image, f"{prefix}conv_point", inner, hidden, (1, 1), bias=False)
    return flatten_image(drawing, image, hidden)
