"""The UNet of Stable Diffusion: residual blocks and transformers, down and up again.

Names and defaults: ``models/unets/unet_2d_condition.py`` of diffusers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.sketching import (
    Sketch,
    convolve,
    flatten_image,
    norm_group,
    restore_image,
    take,
)
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.diffusing import (
    TYPE,
    draw_block,
    draw_residual,
    embed,
    take_sinusoids,
)

_ATTENDS: Final = {
    "DownBlock2D": False, "CrossAttnDownBlock2D": True,
    "UpBlock2D": False, "CrossAttnUpBlock2D": True,
}  # fmt: skip
_OTHERS: Final = (
    "class_embed_type", "encoder_hid_dim", "encoder_hid_dim_type", "num_class_embeds",
    "time_cond_proj_dim", "time_embedding_dim", "time_embedding_act_fn", "timestep_post_act",
    "dual_cross_attention", "cross_attention_norm", "only_cross_attention",
    "mid_block_only_cross_attention", "reverse_transformer_layers_per_block",
    "class_embeddings_concat", "resnet_skip_time_act", "num_attention_heads",
)  # fmt: skip
"""Settings of kinds that are not drawn here."""

_MAX_LEVELS: Final = 16
_MAX_DEPTH: Final = 64
_TIMES: Final = 6
"""Numbers on sizes and crops, each as sinusoids (Stable Diffusion XL)."""


@dataclass(frozen=True, slots=True)
class UNetPlan:
    """What each level is made of; ``heads`` and ``depths`` are those of its transformers."""

    widths: tuple[int, ...]
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    depths: tuple[int, ...]
    down: tuple[bool, ...]
    up: tuple[bool, ...]
    groups: int
    text_width: int
    linear: bool

    @property
    def time_width(self) -> int:
        """Of the vector of the time."""
        return 4 * self.widths[0]


def plan_unet(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    plan = find_plan(settings)
    side = settings.find_count("sample_size")
    if plan is None or not side or side > 2**12:
        return None

    def draw(drawing: Drawing) -> str:
        channels = settings.count("in_channels", default=4)
        value = take(drawing, "sample", "batch", channels, side, side)
        text = take(drawing, "text", "batch", "sequence", plan.text_width)
        time = draw_time(drawing, settings, plan)
        value = convolve(drawing, value, "conv_in", channels, plan.widths[0], (3, 3))
        value = _draw_levels(drawing, value, plan, time, text, side)
        value = norm_group(drawing, value, "conv_norm_out", plan.widths[0], plan.groups)
        value = drawing.apply("silu", value)
        outer = settings.count("out_channels", default=4)
        convolve(drawing, value, "conv_out", plan.widths[0], outer, (3, 3))
        return "noise"

    return Sketch(settings.element_type or TYPE, draw)


def find_plan(settings: Settings) -> UNetPlan | None:
    """The plan; None for what is not drawn here."""
    if any(settings.find(name) for name in _OTHERS):
        return None
    if settings.text("resnet_time_scale_shift") not in ("", "default"):
        return None
    if settings.text("attention_type") not in ("", "default"):
        return None
    if settings.text("addition_embed_type") not in ("", "text_time"):
        return None
    if settings.text("mid_block_type") not in ("", "UNetMidBlock2DCrossAttn"):
        return None
    kernels = tuple(settings.count(f"conv_{end}_kernel", default=3) for end in ("in", "out"))
    widths = tuple(settings.numbers("block_out_channels")) or (320, 640, 1280, 1280)
    down = _find_kinds(settings, "down_block_types")
    up = _find_kinds(settings, "up_block_types")
    count = len(widths)
    if down is None or up is None or not len(down) == len(up) == count <= _MAX_LEVELS:
        return None
    if kernels != (3, 3) or not all(0 < width < 2**20 for width in widths):
        return None
    layers = _spread(settings, "layers_per_block", count, 2)
    heads = _spread(settings, "attention_head_dim", count, 8)
    depths = _spread(settings, "transformer_layers_per_block", count, 1)
    if not (layers and heads and depths):
        return None
    return UNetPlan(
        widths=widths,
        layers=layers,
        heads=heads,
        depths=depths,
        down=down,
        up=up,
        groups=settings.count("norm_num_groups", default=32),
        text_width=settings.count("cross_attention_dim", default=1280),
        linear=settings.flag("use_linear_projection"),
    )


def _find_kinds(settings: Settings, name: str) -> tuple[bool, ...] | None:
    words = settings.texts(name)
    if not words or not set(words) <= _ATTENDS.keys():
        return None
    return tuple(_ATTENDS[word] for word in words)


def _spread(settings: Settings, name: str, count: int, default: int) -> tuple[int, ...]:
    """A number for each level, where one stands for all too; nothing where they do not fit."""
    stated = settings.find(name)
    if isinstance(stated, list):
        numbers = tuple(settings.numbers(name))
    else:
        numbers = (settings.count(name, default=default),) * count
    largest = 2**10 if name == "attention_head_dim" else _MAX_DEPTH
    return numbers if len(numbers) == count and all(0 < n <= largest for n in numbers) else ()


def draw_time(drawing: Drawing, settings: Settings, plan: UNetPlan) -> str:
    """The time as a vector, with sizes and the text as a whole on it in Stable Diffusion XL."""
    sines = take_sinusoids(drawing, "timestep", plan.widths[0])
    time = embed(drawing, sines, "time_embedding.", plan.widths[0], plan.time_width)
    if settings.text("addition_embed_type") != "text_time":
        return time
    width = settings.count("projection_class_embeddings_input_dim")
    small = _TIMES * settings.count("addition_time_embed_dim", default=256)
    sizes = take_sinusoids(drawing, "sizes", small)
    pooled = take_sinusoids(drawing, "pooled_text", max(width - small, 1))
    added = drawing.apply("concatenate", pooled, sizes, axis=-1)
    added = embed(drawing, added, "add_embedding.", width, plan.time_width)
    return drawing.apply("add", time, added)


@dataclass(frozen=True, slots=True)
class Descent:
    """Where the way down ends: the value, what was put aside with its widths, and the sides."""

    value: str
    kept: tuple[tuple[str, int], ...]
    sides: tuple[int, ...]


def draw_descent(
    drawing: Drawing, value: str, plan: UNetPlan, time: str, text: str, side: int
) -> Descent:
    """Down, and through the middle."""

    def residual(value: str, prefix: str, inner: int, outer: int) -> str:
        return draw_residual(drawing, value, prefix, inner, outer, plan.groups,
                             time=time, time_width=plan.time_width)  # fmt: skip

    def transform(value: str, prefix: str, level: int) -> str:
        return _draw_transformer(drawing, value, prefix, plan, level, text, sides[-1])

    sides = [side]
    kept = [(value, plan.widths[0])]
    width, last = plan.widths[0], len(plan.widths) - 1
    for level, outer in enumerate(plan.widths):
        prefix = f"down_blocks.{level}."
        for layer in range(plan.layers[level]):
            value, width = residual(value, f"{prefix}resnets.{layer}.", width, outer), outer
            if plan.down[level]:
                value = transform(value, f"{prefix}attentions.{layer}.", level)
            kept.append((value, width))
        if level < last:
            name = f"{prefix}downsamplers.0.conv"
            value = convolve(drawing, value, name, width, width, (3, 3), stride=2)
            sides.append(-(-sides[-1] // 2))
            kept.append((value, width))
    value = residual(value, "mid_block.resnets.0.", width, width)
    value = transform(value, "mid_block.attentions.0.", last)
    value = residual(value, "mid_block.resnets.1.", width, width)
    return Descent(value, tuple(kept), tuple(sides))


def _draw_levels(
    drawing: Drawing, value: str, plan: UNetPlan, time: str, text: str, side: int
) -> str:
    """Down, through the middle, and up again with what was put aside on the way."""
    found = draw_descent(drawing, value, plan, time, text, side)
    value, kept, sides = found.value, list(found.kept), list(found.sides)
    width, last = plan.widths[-1], len(plan.widths) - 1
    for number, level in enumerate(reversed(range(last + 1))):
        prefix, outer = f"up_blocks.{number}.", plan.widths[level]
        for layer in range(plan.layers[level] + 1):
            aside, beside = kept.pop()
            value = drawing.apply("concatenate", value, aside, axis=1)
            value = draw_residual(
                drawing,
                value,
                f"{prefix}resnets.{layer}.",
                width + beside,
                outer,
                plan.groups,
                time=time,
                time_width=plan.time_width,
            )
            width = outer
            if plan.up[number]:
                name = f"{prefix}attentions.{layer}."
                value = _draw_transformer(drawing, value, name, plan, level, text, sides[-1])
        if level:
            sides.pop()
            value = drawing.apply("resize", value, scales=(1.0, 1.0, 2.0, 2.0))
            name = f"{prefix}upsamplers.0.conv"
            value = convolve(drawing, value, name, width, width, (3, 3))
    return value  # fmt: skip


def _draw_transformer(
    drawing: Drawing, value: str, prefix: str, plan: UNetPlan, level: int, text: str, side: int
) -> str:
    """Layers over the places of an image."""
    width, heads = plan.widths[level], plan.heads[level]
    normed = norm_group(drawing, value, f"{prefix}norm", width, plan.groups)
    names = (f"{prefix}proj_in", f"{prefix}proj_out")
    if plan.linear:
        places = flatten_image(drawing, normed, width)
        places = drawing.linear(places, Linear(names[0], True), width, width)
    else:
        places = convolve(drawing, normed, names[0], width, width, (1, 1))
        places = flatten_image(drawing, places, width)
    for block in range(plan.depths[level]):
        place = f"{prefix}transformer_blocks.{block}."
        places = draw_block(drawing, places, place, width, heads, text, plan.text_width)
    if plan.linear:
        places = drawing.linear(places, Linear(names[1], True), width, width)
        image = restore_image(drawing, places, width, side, side)
    else:
        image = restore_image(drawing, places, width, side, side)
        image = convolve(drawing, image, names[1], width, width, (1, 1))
    return drawing.apply("add", value, image)
