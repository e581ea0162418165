"""MobileNet of both generations and MobileViT: convolutions of each channel by itself.

Names and tables: ``modeling_mobilenet_v1.py``, ``modeling_mobilenet_v2.py`` and
``modeling_mobilevit.py`` of transformers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import FeedForward, Frame, Layer, Linear
from cyborg_rr.readers.architectures.sketching import Sketch, take
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE, plan_heads
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.images.convolving import (
    MAX_WIDTH,
    Window,
    convolve_normed,
    convolve_plain,
    score_mean,
)
from cyborg_rr.readers.huggingface.sketches.images.entering import find_pair

_STEPS_V1: Final = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
_WIDTHS_V2: Final = (16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320)
_STEPS_V2: Final = (2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1)
_TOP_V2: Final = 1280
_TASKS: Final = ("Model", "ForImageClassification")
_DEPTHS: Final = (2, 4, 3)
"""Layers over the places of an image in the last three stages of MobileViT."""


def _round(value: float, divisor: int = 8, least: int = 0) -> int:
    """A multiple of the divisor that is not more than a tenth below the value."""
    found = max(least or divisor, int(value + divisor / 2) // divisor * divisor)
    return found + divisor if found < 0.9 * value else found


def _convolve(
    drawing: Drawing, value: str, name: str, sizes: tuple[int, int], window: Window,
    then: str = "relu",
) -> str:  # fmt: skip
    names = (f"{name}.convolution", f"{name}.normalization")
    return convolve_normed(drawing, value, names, sizes, window, then)


def _find_multiplier(settings: Settings) -> float:
    return settings.number("depth_multiplier") or 1.0


def plan_mobilenet_v1(settings: Settings) -> Sketch | None:
    """MobileNet of the first generation: by channel and over the channels in turn."""
    task = name_class(settings).removeprefix("MobileNetV1")
    times, least = _find_multiplier(settings), settings.count("min_depth", default=8)
    if task not in _TASKS or not 0 < times < 2**10:
        return None
    prefix = "" if task == "Model" else "mobilenet_v1."
    same = settings.flag("tf_padding", default=True)

    def draw(drawing: Drawing) -> str:
        channels = settings.count("num_channels", default=3)
        value = take(drawing, "pixels", "batch", channels, "height", "width")
        depth, outer = 32, max(int(32 * times), least)
        value = _convolve(drawing, value, f"{prefix}conv_stem", (channels, outer),
                          Window(3, 2, same=same))  # fmt: skip
        for number, step in enumerate(_STEPS_V1):
            inner = outer
            if step == 2 or not number:
                depth *= 2
                outer = max(int(depth * times), least)
            value = _convolve(drawing, value, f"{prefix}layer.{2 * number}", (inner, inner),
                              Window(3, step, inner, same=same))  # fmt: skip
            value = _convolve(drawing, value, f"{prefix}layer.{2 * number + 1}", (inner, outer),
                              Window())  # fmt: skip
        name = "" if task == "Model" else "classifier"
        return score_mean(drawing, value, outer, name, count_labels(settings))

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def plan_mobilenet_v2(settings: Settings) -> Sketch | None:
    """MobileNet of the second generation: wide between narrow ends."""
    task = name_class(settings).removeprefix("MobileNetV2")
    times, least = _find_multiplier(settings), settings.count("min_depth", default=8)
    divisor = settings.count("depth_divisible_by", default=8)
    if task not in _TASKS or not 0 < times < 2**10 or not divisor:
        return None
    prefix = "" if task == "Model" else "mobilenet_v2."
    same = settings.flag("tf_padding", default=True)
    widths = [_round(round(width * times), divisor, least) for width in _WIDTHS_V2]
    fine = settings.flag("finegrained_output", default=True) and times < 1
    top = _TOP_V2 if fine else _round(round(_TOP_V2 * times), divisor, least)

    def draw(drawing: Drawing) -> str:
        channels = settings.count("num_channels", default=3)
        value = take(drawing, "pixels", "batch", channels, "height", "width")
        start, stem = _round(round(32 * times), divisor, least), f"{prefix}conv_stem."
        value = _convolve(drawing, value, f"{stem}first_conv", (channels, start),
                          Window(3, 2, same=same))  # fmt: skip
        if not settings.flag("first_layer_is_expansion", default=True):
            value = _convolve(drawing, value, f"{stem}expand_1x1", (start, start), Window())
        value = _convolve(drawing, value, f"{stem}conv_3x3", (start, start),
                          Window(3, 1, start, same=same))  # fmt: skip
        value = _convolve(drawing, value, f"{stem}reduce_1x1", (start, widths[0]), Window(), "")
        for number, window in enumerate(_list_windows(settings, same)):
            sizes = (widths[number], widths[number + 1])
            wide = _round(round(sizes[0] * (settings.number("expand_ratio") or 6.0)), divisor,
                          least)  # fmt: skip
            value = _draw_inverted(drawing, value, f"{prefix}layer.{number}.", sizes, wide, window)
        value = _convolve(drawing, value, f"{prefix}conv_1x1", (widths[-1], top), Window())
        name = "" if task == "Model" else "classifier"
        return score_mean(drawing, value, top, name, count_labels(settings))

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _list_windows(settings: Settings, same: bool) -> list[Window]:
    """Steps of the layers; beyond the output's own step holes in the kernel stand for them."""
    most, passed, hole = settings.count("output_stride", default=32), 2, 1
    windows = []
    for step in _STEPS_V2:
        if passed == most:
            windows.append(Window(3, 1, dilation=hole, same=same))
            hole *= step
        else:
            windows.append(Window(3, step, same=same))
            passed *= step
    return windows


def _draw_inverted(
    drawing: Drawing, value: str, prefix: str, sizes: tuple[int, int], wide: int, window: Window
) -> str:
    """Wide, over each channel by itself, and narrow again."""
    inner, outer = sizes
    around = value
    value = _convolve(drawing, value, f"{prefix}expand_1x1", (inner, wide), Window())
    each = Window(3, window.step, wide, window.dilation, window.same)
    value = _convolve(drawing, value, f"{prefix}conv_3x3", (wide, wide), each)
    value = _convolve(drawing, value, f"{prefix}reduce_1x1", (wide, outer), Window(), "")
    short = window.step == 1 and inner == outer
    return drawing.apply("add", value, around) if short else value


def plan_mobilevit(settings: Settings) -> Sketch | None:
    """MobileViT: convolutions, and in three stages layers over the places as well."""
    task = name_class(settings).removeprefix("MobileViT")
    widths, hidden = settings.numbers("neck_hidden_sizes"), settings.numbers("hidden_sizes")
    side, patch = find_pair(settings, "image_size"), settings.count("patch_size", default=2)
    whole = all(not size % (32 * patch) for size in side) if patch else False
    if task not in _TASKS or len(widths) != 7 or len(hidden) != 3 or not whole:
        return None
    if settings.count("output_stride", default=32) != 32:
        return None
    if not all(0 < width < MAX_WIDTH for width in (*widths, *hidden)):
        return None
    prefix = "" if task == "Model" else "mobilevit."
    ratio = settings.number("expand_ratio") or 4.0

    def invert(drawing: Drawing, value: str, name: str, place: tuple[int, int], step: int) -> str:
        wide = _round(round(place[0] * ratio))
        return _draw_inverted(drawing, value, name, place, wide, Window(3, step))

    def draw(drawing: Drawing) -> str:
        channels = settings.count("num_channels", default=3)
        value = take(drawing, "pixels", "batch", channels, *side)
        value = _convolve(drawing, value, f"{prefix}conv_stem", (channels, widths[0]),
                          Window(3, 2))  # fmt: skip
        name = f"{prefix}encoder.layer."
        value = invert(drawing, value, f"{name}0.layer.0.", (widths[0], widths[1]), 1)
        for number in range(3):
            place = (widths[2] if number else widths[1], widths[2])
            value = invert(drawing, value, f"{name}1.layer.{number}.", place, 1 if number else 2)
        places = (side[0] // 4, side[1] // 4)
        for number, depth in enumerate(_DEPTHS):
            inside, place = f"{name}{number + 2}.", (widths[number + 2], widths[number + 3])
            value = invert(drawing, value, f"{inside}downsampling_layer.", place, 2)
            places = (places[0] // 2, places[1] // 2)
            value = _draw_places(drawing, value, inside, (place[1], hidden[number]), places, depth,
                                 settings)  # fmt: skip
        value = _convolve(drawing, value, f"{prefix}conv_1x1_exp", (widths[5], widths[6]),
                          Window())  # fmt: skip
        name = "" if task == "Model" else "classifier"
        return score_mean(drawing, value, widths[6], name, count_labels(settings))

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _draw_places(
    drawing: Drawing, value: str, prefix: str, sizes: tuple[int, int], places: tuple[int, int],
    depth: int, settings: Settings,
) -> str:  # fmt: skip
    """Layers over those places of all patches that stand at the same point of theirs."""
    channels, hidden = sizes
    patch = settings.count("patch_size", default=2)
    kernel = Window(settings.count("conv_kernel_size", default=3))
    around = value
    value = _convolve(drawing, value, f"{prefix}conv_kxk", (channels, channels), kernel)
    value = convolve_plain(drawing, value, f"{prefix}conv_1x1.convolution", sizes, Window())
    high, wide = places[0] // patch, places[1] // patch
    value = drawing.apply("reshape", value, shape=(-1, hidden, high, patch, wide, patch))
    value = drawing.apply("transpose", value, permutation=(0, 3, 5, 2, 4, 1))
    value = drawing.apply("reshape", value, shape=(-1, high * wide, hidden))
    frame = Frame(hidden, prefix + "transformer.layer.{layer}.")
    value = draw_layers(drawing, value, (_plan_layer(settings, hidden),) * depth, frame)
    value = drawing.norm(value, f"{prefix}layernorm", hidden, "layer")
    value = drawing.apply("reshape", value, shape=(-1, patch, patch, high, wide, hidden))
    value = drawing.apply("transpose", value, permutation=(0, 5, 3, 1, 4, 2))
    value = drawing.apply("reshape", value, shape=(-1, hidden, *places))
    value = _convolve(drawing, value, f"{prefix}conv_projection", (hidden, channels), Window())
    value = drawing.apply("concatenate", around, value, axis=1)
    return _convolve(drawing, value, f"{prefix}fusion", (2 * channels, channels), kernel)


def _plan_layer(settings: Settings, hidden: int) -> Layer:
    inside, bias = "attention.attention.", settings.flag("qkv_bias", default=True)
    names = (f"{inside}query", f"{inside}key", f"{inside}value", "attention.output.dense")
    sized = Settings({**settings.stated, "hidden_size": hidden})
    attention = plan_heads(sized.fill({"num_attention_heads": 4}), names, query=bias, key=bias,
                           value=bias)  # fmt: skip
    width = int(hidden * (settings.number("mlp_ratio") or 2.0))
    feed = FeedForward(width, Linear("intermediate.dense", True), Linear("output.dense", True))
    return Layer(attention, feed, "layernorm_before", "layernorm_after")
