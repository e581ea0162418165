"""RegNet: a ResNet whose convolutions work by groups. Names: ``modeling_regnet.py``."""

from __future__ import annotations

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.sketching import Sketch, take
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.images.convolving import (
    MAX_DEPTH,
    MAX_WIDTH,
    Window,
    convolve_normed,
    score_mean,
    squeeze,
)

_SHRINKS = 4


def plan_regnet(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    task = name_class(settings).removeprefix("RegNet")
    widths, depths = settings.numbers("hidden_sizes"), settings.numbers("depths")
    if task not in ("Model", "ForImageClassification") or len(widths) != len(depths):
        return None
    if not widths or sum(depths) > MAX_DEPTH or not all(0 < width < MAX_WIDTH for width in widths):
        return None
    if settings.text("layer_type") not in ("", "x", "y"):
        return None
    prefix = "" if task == "Model" else "regnet."

    def draw(drawing: Drawing) -> str:
        channels = settings.count("num_channels", default=3)
        value = take(drawing, "pixels", "batch", channels, "height", "width")
        inner = settings.count("embedding_size", default=32)
        value = _convolve(drawing, value, f"{prefix}embedder.embedder", (channels, inner),
                          Window(3, 2), "relu")  # fmt: skip
        for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            halves = stage > 0 or settings.flag("downsample_in_first_stage", default=True)
            for layer in range(depth):
                name = f"{prefix}encoder.stages.{stage}.layers.{layer}."
                step = 2 if halves and layer == 0 else 1
                value = _draw_layer(drawing, value, name, (inner, width), step, settings)
                inner = width
        name = "" if task == "Model" else "classifier.1"
        return score_mean(drawing, value, inner, name, count_labels(settings))

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _convolve(
    drawing: Drawing, value: str, name: str, sizes: tuple[int, int], window: Window, then: str = ""
) -> str:
    names = (f"{name}.convolution", f"{name}.normalization")
    return convolve_normed(drawing, value, names, sizes, window, then)


def _draw_layer(
    drawing: Drawing, value: str, prefix: str, sizes: tuple[int, int], step: int,
    settings: Settings,
) -> str:  # fmt: skip
    """Three convolutions beside a short way; layers of kind y weigh the channels between."""
    inner, outer = sizes
    around = value
    if inner != outer or step != 1:
        around = _convolve(drawing, value, f"{prefix}shortcut", sizes, Window(1, step))
    groups = max(1, outer // max(settings.count("groups_width", default=64), 1))
    value = _convolve(drawing, value, f"{prefix}layer.0", sizes, Window(), "relu")
    value = _convolve(drawing, value, f"{prefix}layer.1", (outer, outer), Window(3, step, groups),
                      "relu")  # fmt: skip
    last = 2
    if settings.text("layer_type") != "x":
        names = (f"{prefix}layer.2.attention.0", f"{prefix}layer.2.attention.2")
        value = squeeze(drawing, value, names, outer, round(inner / _SHRINKS))
        last = 3
    value = _convolve(drawing, value, f"{prefix}layer.{last}", (outer, outer), Window())
    return drawing.apply("relu", drawing.apply("add", value, around))
