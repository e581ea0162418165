"""The autoencoder of Wan and of Qwen-Image: convolutions over space and over the past.

Names and defaults: ``autoencoder_kl_wan.py`` and ``autoencoder_kl_qwenimage.py`` of diffusers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.sketching import Sketch, convolve, flatten_image, take
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.diffusing import TYPE

_SIDE: Final = 64
_NOTE: Final = (
    "the graph is that of decoding one latent frame of {0} x {0} places into one image; weights of "
    "its encoder are counted, and those that make several images of each further latent frame"
)


def plan_wan_vae(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    base, latent = settings.count("base_dim", default=96), settings.count("z_dim", default=16)
    times = tuple(settings.numbers("dim_mult")) or (1, 2, 4, 4)
    layers = settings.count("num_res_blocks", default=2)
    halves = settings.find("temperal_downsample")
    halves = halves if isinstance(halves, list) else [False, True, True]
    others = ("attn_scales", "is_residual", "patch_size", "decoder_base_dim")
    if any(settings.find(name) for name in others) or len(halves) != len(times) - 1:
        return None
    if layers > 64 or not 0 < base < 2**16 or not all(0 < each < 2**8 for each in times):
        return None
    widths = tuple(base * each for each in times)

    def encode(drawing: Drawing) -> None:
        channels = settings.count("in_channels", "input_channels", default=3)
        value = take(drawing, "pixels", "batch", channels, 1, _SIDE, _SIDE)
        _convolve(drawing, value, "encoder.conv_in", channels, base)
        inner, at = base, 0
        for level, outer in enumerate(widths):
            for _ in range(layers):
                _draw_residual(drawing, value, f"encoder.down_blocks.{at}.", inner, outer)
                inner, at = outer, at + 1
            if level < len(widths) - 1:
                name = f"encoder.down_blocks.{at}."
                _resample(drawing, value, name, inner, inner, inner if halves[level] else 0)
                at += 1
        _draw_middle(drawing, value, "encoder.mid_block.", inner)
        _norm(drawing, value, "encoder.norm_out", inner)
        _convolve(drawing, value, "encoder.conv_out", inner, 2 * latent)
        convolve(drawing, value, "quant_conv", 2 * latent, 2 * latent, (1, 1, 1))

    def draw(drawing: Drawing) -> str:
        drawing.list_weights(encode)
        value = take(drawing, "latent", "batch", latent, 1, _SIDE, _SIDE)
        value = convolve(drawing, value, "post_quant_conv", latent, latent, (1, 1, 1))
        value = _convolve(drawing, value, "decoder.conv_in", latent, widths[-1])
        value = _draw_middle(drawing, value, "decoder.mid_block.", widths[-1])
        inner = widths[-1]
        for level, outer in enumerate(reversed(widths)):
            prefix = f"decoder.up_blocks.{level}."
            for layer in range(layers + 1):
                name = f"{prefix}resnets.{layer}."
                value, inner = _draw_residual(drawing, value, name, inner, outer), outer
            if level < len(widths) - 1:
                twice = 2 * outer if halves[::-1][level] else 0
                value = drawing.apply("resize", value, scales=(1.0, 1.0, 1.0, 2.0, 2.0))
                name = f"{prefix}upsamplers.0."
                value = _resample(drawing, value, name, outer, outer // 2, twice)
                inner = outer // 2
        value = drawing.apply("silu", _norm(drawing, value, "decoder.norm_out", inner))
        _convolve(drawing, value, "decoder.conv_out", inner,
                  settings.count("out_channels", default=3))  # fmt: skip
        return "image"

    return Sketch(settings.element_type or TYPE, draw, (_NOTE.format(_SIDE),))


def _convolve(drawing: Drawing, value: str, name: str, inner: int, outer: int) -> str:
    """A convolution over space and the two frames before, which are nothing at the start."""
    weight = drawing.weight(f"{name}.weight", outer, inner, 3, 3, 3)
    bias = drawing.weight(f"{name}.bias", outer)
    return drawing.apply("convolution", value, weight, bias, padding=(2, 0, 1, 1, 1, 1))


def _norm(drawing: Drawing, value: str, name: str, width: int, dimensions: int = 3) -> str:
    """A norm over the channels, which stand in front of time and places."""
    scale = drawing.weight(f"{name}.gamma", width, *(1,) * dimensions)
    square = drawing.apply("reduce", value, function="l2", axes=(1,), keep_dimensions=True)
    return drawing.apply("multiply", drawing.apply("divide", value, square), scale)


def _draw_residual(drawing: Drawing, value: str, prefix: str, inner: int, outer: int) -> str:
    around = value
    if inner != outer:
        around = convolve(drawing, value, f"{prefix}conv_shortcut", inner, outer, (1, 1, 1))
    for number, width in ((1, inner), (2, outer)):
        value = drawing.apply("silu", _norm(drawing, value, f"{prefix}norm{number}", width))
        value = _convolve(drawing, value, f"{prefix}conv{number}", width, outer)
    return drawing.apply("add", value, around)


def _resample(
    drawing: Drawing, value: str, prefix: str, inner: int, outer: int, over_time: int
) -> str:
    """A convolution of each frame; one over time has weights, and no part in a first frame."""
    if over_time:
        drawing.weight(f"{prefix}time_conv.weight", over_time, inner, 3, 1, 1)
        drawing.weight(f"{prefix}time_conv.bias", over_time)
    weight = drawing.weight(f"{prefix}resample.1.weight", outer, inner, 3, 3)
    bias = drawing.weight(f"{prefix}resample.1.bias", outer)
    frame = drawing.apply("squeeze", value, axes=(2,))
    frame = drawing.apply("convolution", frame, weight, bias, padding=(1, 1, 1, 1))
    return drawing.apply("unsqueeze", frame, axes=(2,))


def _draw_middle(drawing: Drawing, value: str, prefix: str, width: int) -> str:
    value = _draw_residual(drawing, value, f"{prefix}resnets.0.", width, width)
    name = f"{prefix}attentions.0."
    frame = drawing.apply("squeeze", value, axes=(2,))
    frame = _norm(drawing, frame, f"{name}norm", width, 2)
    frame = convolve(drawing, frame, f"{name}to_qkv", width, 3 * width, (1, 1))
    parts = drawing.apply_many("split", (frame,), 3, axis=1, split=(width,) * 3)
    sides = [flatten_image(drawing, part, width) for part in parts]
    mixed = drawing.apply("attention", *sides, q_num_heads=1, kv_num_heads=1)
    mixed = drawing.apply("transpose", mixed, permutation=(0, 2, 1))
    mixed = drawing.apply("reshape", mixed, shape=(0, width, _SIDE, _SIDE))
    mixed = convolve(drawing, mixed, f"{name}proj", width, width, (1, 1))
    value = drawing.apply("add", value, drawing.apply("unsqueeze", mixed, axes=(2,)))
    return _draw_residual(drawing, value, f"{prefix}resnets.1.", width, width)
