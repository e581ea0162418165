"""The variational autoencoder of Stable Diffusion and of Flux.

Names and defaults: ``models/autoencoders/autoencoder_kl.py`` and ``vae.py`` of diffusers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.sketching import (
    Sketch,
    attend,
    convolve,
    flatten_image,
    norm_group,
    restore_image,
    take,
)
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.diffusing import TYPE, draw_residual, name_attention

_NOTE: Final = "the graph is that of decoding; weights of its encoder are counted"
_MAX_LEVELS: Final = 16


def plan_vae(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    widths = tuple(settings.numbers("block_out_channels"))
    kinds = {*settings.texts("down_block_types"), *settings.texts("up_block_types")}
    layers = settings.count("layers_per_block", default=1)
    side = settings.count("sample_size", default=512)
    if not kinds <= {"DownEncoderBlock2D", "UpDecoderBlock2D"} or not widths:
        return None
    if len(widths) > _MAX_LEVELS or layers > 64 or not 0 < side <= 2**14:
        return None
    if not all(0 < width < 2**20 for width in widths):
        return None
    latent = settings.count("latent_channels", default=4)
    groups = settings.count("norm_num_groups", default=32)
    attends = settings.flag("mid_block_add_attention", default=True)
    small = max(side >> (len(widths) - 1), 1)

    def decode(drawing: Drawing) -> str:
        value = take(drawing, "latent", "batch", latent, small, small)
        if settings.flag("use_post_quant_conv", default=True):
            value = convolve(drawing, value, "post_quant_conv", latent, latent, (1, 1))
        value = convolve(drawing, value, "decoder.conv_in", latent, widths[-1], (3, 3))
        value = _draw_middle(drawing, value, "decoder.mid_block.", widths[-1], groups,
                             small, attends)  # fmt: skip
        inner = widths[-1]
        for level, outer in enumerate(reversed(widths)):
            prefix = f"decoder.up_blocks.{level}."
            for layer in range(layers + 1):
                name = f"{prefix}resnets.{layer}."
                value, inner = draw_residual(drawing, value, name, inner, outer, groups), outer
            if level < len(widths) - 1:
                value = drawing.apply("resize", value, scales=(1.0, 1.0, 2.0, 2.0))
                name = f"{prefix}upsamplers.0.conv"
                value = convolve(drawing, value, name, inner, inner, (3, 3))
        return _finish(drawing, value, "decoder.", inner, settings.count("out_channels", default=3),
                       groups)  # fmt: skip

    def encode(drawing: Drawing) -> str:
        channels = settings.count("in_channels", default=3)
        value = take(drawing, "pixels", "batch", channels, side, side)
        value = convolve(drawing, value, "encoder.conv_in", channels, widths[0], (3, 3))
        inner = widths[0]
        for level, outer in enumerate(widths):
            prefix = f"encoder.down_blocks.{level}."
            for layer in range(layers):
                name = f"{prefix}resnets.{layer}."
                value, inner = draw_residual(drawing, value, name, inner, outer, groups), outer
            if level < len(widths) - 1:
                name = f"{prefix}downsamplers.0.conv"
                value = convolve(drawing, value, name, inner, inner, (3, 3), stride=2)
        value = _draw_middle(drawing, value, "encoder.mid_block.", inner, groups, small, attends)
        twice = 2 * latent
        value = _finish(drawing, value, "encoder.", inner, twice, groups)
        if settings.flag("use_quant_conv", default=True):
            value = convolve(drawing, value, "quant_conv", twice, twice, (1, 1))
        return value

    def draw(drawing: Drawing) -> str:
        drawing.list_weights(encode)
        decode(drawing)
        return "image"

    return Sketch(settings.element_type or TYPE, draw, (_NOTE,))


def _draw_middle(
    drawing: Drawing, value: str, prefix: str, width: int, groups: int, side: int, attends: bool
) -> str:
    value = draw_residual(drawing, value, f"{prefix}resnets.0.", width, width, groups)
    if attends:
        name = f"{prefix}attentions.0."
        normed = norm_group(drawing, value, f"{name}group_norm", width, groups)
        places = flatten_image(drawing, normed, width)
        places = attend(drawing, places, name_attention(name, True), 1, width)
        image = restore_image(drawing, places, width, side, side)
        value = drawing.apply("add", value, image)
    return draw_residual(drawing, value, f"{prefix}resnets.1.", width, width, groups)


def _finish(drawing: Drawing, value: str, prefix: str, inner: int, outer: int, groups: int) -> str:
    value = norm_group(drawing, value, f"{prefix}conv_norm_out", inner, groups)
    value = drawing.apply("silu", value)
    return convolve(drawing, value, f"{prefix}conv_out", inner, outer, (3, 3))
