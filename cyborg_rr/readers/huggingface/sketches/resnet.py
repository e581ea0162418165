"""ResNet as transformers keeps it. Names: ``modeling_resnet.py``."""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.sketching import Sketch, convolve, norm_batch, take
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.settings import Settings

_SHRINKS: Final = 4


def _convolve(
    drawing: Drawing, value: str, name: str, sizes: tuple[int, int], kernel: int, stride: int
) -> str:
    value = convolve(drawing, value, f"{name}.convolution", *sizes, (kernel, kernel),
                     stride=stride, bias=False)  # fmt: skip
    return norm_batch(drawing, value, f"{name}.normalization", sizes[1])


def _draw_layer(
    drawing: Drawing, value: str, prefix: str, sizes: tuple[int, int], stride: int,
    settings: Settings,
) -> str:  # fmt: skip
    """Convolutions beside a short way around them."""
    inner, outer = sizes
    around = value
    if inner != outer or stride != 1:
        around = _convolve(drawing, value, f"{prefix}shortcut", sizes, 1, stride)
    if settings.text("layer_type") == "basic":
        steps = [(inner, outer, 3, stride), (outer, outer, 3, 1)]
    else:
        small = outer // _SHRINKS
        early = settings.flag("downsample_in_bottleneck")
        first, second = (stride, 1) if early else (1, stride)
        steps = [(inner, small, 1, first), (small, small, 3, second), (small, outer, 1, 1)]
    for number, (taken, given, kernel, step) in enumerate(steps):
        name = f"{prefix}layer.{number}"
        value = _convolve(drawing, value, name, (taken, given), kernel, step)
        if number < len(steps) - 1:
            value = drawing.apply("relu", value)
    return drawing.apply("relu", drawing.apply("add", value, around))


def plan_resnet(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    kind = name_class(settings)
    widths, depths = settings.numbers("hidden_sizes"), settings.numbers("depths")
    if kind not in ("ResNetForImageClassification", "ResNetModel") or len(widths) != len(depths):
        return None
    if sum(depths) > 1000 or not all(0 < width < 2**20 for width in widths):
        return None
    prefix = "resnet." if kind != "ResNetModel" else ""
    start = settings.count("embedding_size", default=64)

    def draw(drawing: Drawing) -> str:
        channels = settings.count("num_channels", default=3)
        value = take(drawing, "pixels", "batch", channels, "height", "width")
        name = f"{prefix}embedder.embedder"
        value = drawing.apply("relu", _convolve(drawing, value, name, (channels, start), 7, 2))
        value = drawing.apply("pool", value, function="max", kernel=(3, 3), strides=(2, 2),
                              padding=(1, 1, 1, 1))  # fmt: skip
        inner = start
        for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            halves = stage > 0 or settings.flag("downsample_in_first_stage")
            for layer in range(depth):
                place = f"{prefix}encoder.stages.{stage}.layers.{layer}."
                stride = 2 if halves and layer == 0 else 1
                value = _draw_layer(drawing, value, place, (inner, width), stride, settings)
                inner = width
        value = drawing.apply("global_pool", value, function="average")
        if not prefix:
            return "output"
        value = drawing.apply("reshape", value, shape=(0, inner))
        drawing.linear(value, Linear("classifier.1", True), inner, count_labels(settings))
        return "logits"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)
