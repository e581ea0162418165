"""Stable Diffusion 3, Qwen-Image and AuraFlow: image and text as two streams, joined by attention.

Names and defaults: ``transformer_sd3.py``, ``transformer_qwenimage.py`` and
``auraflow_transformer_2d.py`` of diffusers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import MAX_LAYERS, Linear
from cyborg_rr.readers.architectures.sketching import Sketch, convolve, flatten_image, take
from cyborg_rr.readers.huggingface.recipes.parts import count_layers
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.diffusing import SINUSOIDS, embed, take_sinusoids
from cyborg_rr.readers.huggingface.sketches.diffusion.streams import (
    IMAGE,
    TEXT,
    Side,
    Sizes,
    add_gated,
    attend_alone,
    attend_jointly,
    feed,
    modulate,
    shift_bare,
)

_TYPE: Final = "bf16"
_WIDER: Final = 4
_IMAGE_NORMS: Final = ("norm_q", "norm_k")
_TEXT_NORMS: Final = ("norm_added_q", "norm_added_k")


def _find_sizes(settings: Settings, heads: int, width: int) -> Sizes | None:
    heads = settings.count("num_attention_heads", default=heads)
    hidden = heads * settings.count("attention_head_dim", default=width)
    return Sizes(hidden, heads) if 0 < hidden < 2**20 else None


def _embed_time(drawing: Drawing, prefix: str, hidden: int) -> str:
    return embed(drawing, take_sinusoids(drawing, "timestep"), prefix, SINUSOIDS, hidden)


def plan_sd3(settings: Settings) -> Sketch | None:
    """Stable Diffusion 3; some layers of 3.5 attend to the image once more."""
    sizes = _find_sizes(settings, 18, 64)
    side, patch = (
        settings.count("sample_size", default=128),
        settings.count("patch_size", default=2),
    )
    norms = settings.text("qk_norm")
    caption = settings.count("caption_projection_dim", default=1152)
    if sizes is None or not 0 < patch <= side < 2**12 or norms not in ("", "rms_norm"):
        return None
    if caption != sizes.hidden:
        return None
    twice = frozenset(settings.numbers("dual_attention_layers"))

    def draw(drawing: Drawing) -> str:
        inner, hidden = settings.count("in_channels", default=16), sizes.hidden
        image = take(drawing, "sample", "batch", inner, side, side)
        image = convolve(drawing, image, "pos_embed.proj", inner, hidden, (patch, patch),
                         stride=patch, padding=0)  # fmt: skip
        image = flatten_image(drawing, image, hidden)
        most = settings.count("pos_embed_max_size", default=96)
        drawing.buffer("pos_embed.pos_embed", 1, most**2, hidden, element_type="f32")
        joined = settings.count("joint_attention_dim", default=4096)
        text = take(drawing, "text", "batch", "sequence", joined)
        text = drawing.linear(text, Linear("context_embedder", True), joined, hidden)
        time = _embed_time(drawing, "time_text_embed.timestep_embedder.", hidden)
        width = settings.count("pooled_projection_dim", default=2048)
        pooled = take(drawing, "pooled_text", "batch", width)
        pooled = embed(drawing, pooled, "time_text_embed.text_embedder.", width, hidden)
        time = drawing.apply("add", time, pooled)
        layers = count_layers(settings, "num_layers")
        for number in range(layers):
            image, text = _draw_sd3(
                drawing,
                image,
                text,
                time,
                number,
                sizes,
                (bool(norms), number in twice, number == layers - 1),
            )
        shift, scale = modulate(drawing, time, Linear("norm_out.linear", True), hidden, hidden, 2)
        image = shift_bare(drawing, image, shift, scale)
        outer = patch**2 * settings.count("out_channels", default=inner)
        drawing.linear(image, Linear("proj_out", True), hidden, outer)
        return "noise"  # fmt: skip

    return Sketch(settings.element_type or _TYPE, draw)


def _draw_sd3(
    drawing: Drawing, image: str, text: str, time: str, number: int, sizes: Sizes,
    kinds: tuple[bool, bool, bool],
) -> tuple[str, str]:  # fmt: skip
    """A layer: with norms or not, with a second attention or not, the last or not."""
    normed, twice, last = kinds
    prefix, hidden = f"transformer_blocks.{number}.", sizes.hidden
    of_image = replace(IMAGE, norms=_IMAGE_NORMS if normed else ("", ""))
    of_text = replace(TEXT, norms=_TEXT_NORMS if normed else ("", ""),
                      output="" if last else TEXT.output)  # fmt: skip
    moved = modulate(drawing, time, Linear(f"{prefix}norm1.linear", True), hidden, hidden,
                     9 if twice else 6)  # fmt: skip
    beside = modulate(drawing, time, Linear(f"{prefix}norm1_context.linear", True), hidden, hidden,
                      2 if last else 6)  # fmt: skip
    values = (shift_bare(drawing, image, moved[0], moved[1]),
              shift_bare(drawing, text, beside[0], beside[1]))  # fmt: skip
    parts = attend_jointly(drawing, values, f"{prefix}attn.", (of_image, of_text), sizes)
    before = image
    image = add_gated(drawing, image, parts[0], moved[2])
    if twice:
        again = shift_bare(drawing, before, moved[6], moved[7])
        again = attend_alone(drawing, again, f"{prefix}attn2.", of_image, sizes)
        image = add_gated(drawing, image, again, moved[8])
    fed = shift_bare(drawing, image, moved[3], moved[4])
    fed = feed(drawing, fed, f"{prefix}ff.", hidden, _WIDER * hidden)
    image = add_gated(drawing, image, fed, moved[5])
    if last:
        return image, text
    text = add_gated(drawing, text, parts[1], beside[2])
    fed = shift_bare(drawing, text, beside[3], beside[4])
    fed = feed(drawing, fed, f"{prefix}ff_context.", hidden, _WIDER * hidden)
    return image, add_gated(drawing, text, fed, beside[5])


def plan_qwen_image(settings: Settings) -> Sketch | None:
    """Qwen-Image: Stable Diffusion 3 with other names and positions that are turned in."""
    sizes = _find_sizes(settings, 24, 128)
    others = ("guidance_embeds", "zero_cond_t", "use_additional_t_cond")
    if sizes is None or any(settings.flag(name) for name in others):
        return None

    def draw(drawing: Drawing) -> str:
        inner, hidden = settings.count("in_channels", default=64), sizes.hidden
        joined = settings.count("joint_attention_dim", default=3584)
        image = take(drawing, "image_tokens", "batch", "image_length", inner)
        text = take(drawing, "text", "batch", "sequence", joined)
        image = drawing.linear(image, Linear("img_in", True), inner, hidden)
        text = drawing.norm(text, "txt_norm", joined, "rms")
        text = drawing.linear(text, Linear("txt_in", True), joined, hidden)
        time = _embed_time(drawing, "time_text_embed.timestep_embedder.", hidden)
        for number in range(count_layers(settings, "num_layers")):
            image, text = _draw_qwen(drawing, image, text, time, number, sizes)
        shift, scale = modulate(drawing, time, Linear("norm_out.linear", True), hidden, hidden, 2)
        image = shift_bare(drawing, image, shift, scale)
        patch = settings.count("patch_size", default=2)
        outer = patch**2 * settings.count("out_channels", default=16)
        drawing.linear(image, Linear("proj_out", True), hidden, outer)
        return "noise"

    return Sketch(settings.element_type or _TYPE, draw)


def _draw_qwen(
    drawing: Drawing, image: str, text: str, time: str, number: int, sizes: Sizes
) -> tuple[str, str]:
    prefix, hidden = f"transformer_blocks.{number}.", sizes.hidden
    sides = (replace(IMAGE, norms=_IMAGE_NORMS), replace(TEXT, norms=_TEXT_NORMS))
    moved = [
        modulate(drawing, time, Linear(f"{prefix}{word}_mod.1", True), hidden, hidden, 6)
        for word in ("img", "txt")
    ]
    values = [shift_bare(drawing, value, move[0], move[1])
              for value, move in zip((image, text), moved, strict=True)]  # fmt: skip
    parts = attend_jointly(drawing, values, f"{prefix}attn.", sides, sizes)
    found = []
    for value, part, move, word in zip((image, text), parts, moved, ("img", "txt"), strict=True):
        value = add_gated(drawing, value, part, move[2])
        fed = shift_bare(drawing, value, move[3], move[4])
        fed = feed(drawing, fed, f"{prefix}{word}_mlp.", hidden, _WIDER * hidden)
        found.append(add_gated(drawing, value, fed, move[5]))
    return found[0], found[1]


def plan_auraflow(settings: Settings) -> Sketch | None:
    """AuraFlow: some layers of two streams, then more of both in one; no biases."""
    sizes = _find_sizes(settings, 12, 256)
    side, patch = settings.count("sample_size", default=64), settings.count("patch_size", default=2)
    if sizes is None or not 0 < patch <= side < 2**12:
        return None
    if settings.count("caption_projection_dim", default=3072) != sizes.hidden:
        return None
    joint = settings.count("num_mmdit_layers", default=4)
    single = settings.count("num_single_dit_layers", default=32)
    if joint + single > MAX_LAYERS:
        return None

    def draw(drawing: Drawing) -> str:
        inner, hidden = settings.count("in_channels", default=4), sizes.hidden
        places, joined = (side // patch) ** 2, settings.count("joint_attention_dim", default=2048)
        image = take(drawing, "sample", "batch", inner, side, side)
        image = drawing.apply("reshape", image, shape=(0, places, inner * patch**2))
        image = drawing.linear(image, Linear("pos_embed.proj", True), inner * patch**2, hidden)
        most = settings.count("pos_embed_max_size", default=1024)
        drawing.weight("pos_embed.pos_embed", 1, most, hidden)
        text = take(drawing, "text", "batch", "sequence", joined)
        text = drawing.linear(text, Linear("context_embedder"), joined, hidden)
        drawing.weight("register_tokens", 1, _REGISTERS, hidden)
        text = drawing.apply("pad", text, padding_low=(0, _REGISTERS, 0), padding_high=(0, 0, 0))
        time = _embed_time(drawing, "time_step_proj.", hidden)
        for number in range(joint):
            image, text = _draw_aura(drawing, image, text, time, number, sizes)
        both = drawing.apply("concatenate", text, image, axis=1)
        for number in range(single):
            prefix = f"single_transformer_blocks.{number}."
            both = _draw_one(drawing, both, time, prefix, sizes)
        image = drawing.apply("slice", both, starts=(-places,), ends=(2**31,), axes=(1,))
        scale, shift = modulate(drawing, time, Linear("norm_out.linear"), hidden, hidden, 2)
        image = shift_bare(drawing, image, shift, scale)
        outer = patch**2 * settings.count("out_channels", default=inner)
        drawing.linear(image, Linear("proj_out"), hidden, outer)
        return "noise"

    return Sketch(settings.element_type or _TYPE, draw)


_REGISTERS: Final = 8
_ROUNDED: Final = 256
_AURA: Final = Side(bias=False, output_bias=False)
_AURA_TEXT: Final = replace(TEXT, bias=False, output_bias=False)


def _draw_aura(
    drawing: Drawing, image: str, text: str, time: str, number: int, sizes: Sizes
) -> tuple[str, str]:
    prefix, hidden = f"joint_transformer_blocks.{number}.", sizes.hidden
    names = ("norm1", "norm1_context")
    moved = [modulate(drawing, time, Linear(f"{prefix}{name}.linear"), hidden, hidden, 6)
             for name in names]  # fmt: skip
    values = [shift_bare(drawing, value, move[0], move[1])
              for value, move in zip((image, text), moved, strict=True)]  # fmt: skip
    parts = attend_jointly(drawing, values, f"{prefix}attn.", (_AURA, _AURA_TEXT), sizes)
    found = []
    for value, part, move, name in zip((image, text), parts, moved, ("ff", "ff_context"),
                                       strict=True):  # fmt: skip
        value = add_gated(drawing, value, part, move[2])
        fed = shift_bare(drawing, value, move[3], move[4])
        fed = _feed_gated(drawing, fed, f"{prefix}{name}.", hidden)
        found.append(add_gated(drawing, value, fed, move[5]))
    return found[0], found[1]


def _draw_one(drawing: Drawing, value: str, time: str, prefix: str, sizes: Sizes) -> str:
    hidden = sizes.hidden
    moved = modulate(drawing, time, Linear(f"{prefix}norm1.linear"), hidden, hidden, 6)
    part = shift_bare(drawing, value, moved[0], moved[1])
    part = attend_alone(drawing, part, f"{prefix}attn.", _AURA, sizes)
    value = add_gated(drawing, value, part, moved[2])
    fed = shift_bare(drawing, value, moved[3], moved[4])
    fed = _feed_gated(drawing, fed, f"{prefix}ff.", hidden)
    return add_gated(drawing, value, fed, moved[5])


def _feed_gated(drawing: Drawing, value: str, prefix: str, hidden: int) -> str:
    inner = -(-int(2 * _WIDER * hidden / 3) // _ROUNDED) * _ROUNDED
    gate = drawing.linear(value, Linear(f"{prefix}linear_1"), hidden, inner)
    up = drawing.linear(value, Linear(f"{prefix}linear_2"), hidden, inner)
    mixed = drawing.apply("multiply", drawing.apply("silu", gate), up)
    return drawing.linear(mixed, Linear(f"{prefix}out_projection"), inner, hidden)
