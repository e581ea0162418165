"""EfficientNet. Names and rounding: ``modeling_efficientnet.py`` of transformers."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.sketching import Sketch, take
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.images.convolving import (
    MAX_DEPTH,
    Window,
    convolve_normed,
    score_mean,
    squeeze,
)

_LISTS = ("in_channels", "out_channels", "strides", "kernel_sizes", "expand_ratios",
          "num_block_repeats")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Block:
    """``centred`` ones pad as much in front as behind where they step over places."""

    inner: int
    outer: int
    step: int
    kernel: int
    wider: int
    short: bool
    centred: bool


def plan_efficientnet(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    task = name_class(settings).removeprefix("EfficientNet")
    if task not in ("Model", "ForImageClassification"):
        return None
    blocks = _list_blocks(settings)
    if not blocks:
        return None
    prefix = "" if task == "Model" else "efficientnet."

    def draw(drawing: Drawing) -> str:
        channels = settings.count("num_channels", default=3)
        value = take(drawing, "pixels", "batch", channels, "height", "width")
        stem, names = _round(settings, 32), f"{prefix}embeddings."
        value = convolve_normed(drawing, value, (f"{names}convolution", f"{names}batchnorm"),
                                (channels, stem), Window(3, 2, pads=(0, 1)), "silu")  # fmt: skip
        for number, block in enumerate(blocks):
            name = f"{prefix}encoder.blocks.{number}."
            value = _draw_block(drawing, value, name, block, settings)
        top, names = _round(settings, 1280), f"{prefix}encoder.top_"
        value = convolve_normed(drawing, value, (f"{names}conv", f"{names}bn"),
                                (blocks[-1].outer, top), Window(), "silu")  # fmt: skip
        name = "" if task == "Model" else "classifier"
        return score_mean(drawing, value, top, name, count_labels(settings))

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _round(settings: Settings, width: int) -> int:
    divisor = max(settings.count("depth_divisor", default=8), 1)
    scaled = width * (settings.number("width_coefficient") or 1.0)
    found = max(divisor, int(scaled + divisor / 2) // divisor * divisor)
    return found + divisor if found < 0.9 * scaled else found


def _list_blocks(settings: Settings) -> list[_Block]:
    """All blocks one after the other; none where the lists do not fit together."""
    lists = [settings.numbers(name) for name in _LISTS]
    if len({len(each) for each in lists}) != 1 or not all(n > 0 for each in lists for n in each):
        return []
    deeper = settings.number("depth_coefficient") or 1.0
    if deeper * sum(lists[-1]) > MAX_DEPTH or max(lists[3], default=0) > 2**8:
        return []
    centred = set(settings.numbers("depthwise_padding"))
    blocks: list[_Block] = []
    for inner, outer, step, kernel, wider, times in zip(*lists, strict=True):
        sizes = _round(settings, inner), _round(settings, outer)
        for turn in range(ceil(deeper * times)):
            at = len(blocks)
            blocks.append(_Block(sizes[1] if turn else sizes[0], sizes[1], 1 if turn else step,
                                 kernel, wider, bool(turn), at in centred))  # fmt: skip
    return blocks


def _draw_block(
    drawing: Drawing, value: str, prefix: str, block: _Block, settings: Settings
) -> str:
    around, wide = value, block.inner * block.wider
    if block.wider != 1:
        names = (f"{prefix}expansion.expand_conv", f"{prefix}expansion.expand_bn")
        value = convolve_normed(drawing, value, names, (block.inner, wide), Window(), "silu")
    half = block.kernel // 2
    pads = (half - (0 if block.centred else 1), half) if block.step == 2 else None
    inside = f"{prefix}depthwise_conv.depthwise_"
    value = convolve_normed(drawing, value, (f"{inside}conv", f"{inside}norm"), (wide, wide),
                            Window(block.kernel, block.step, wide, pads=pads), "silu")  # fmt: skip
    ratio = settings.number("squeeze_expansion_ratio") or 0.25
    names = (f"{prefix}squeeze_excite.reduce", f"{prefix}squeeze_excite.expand")
    value = squeeze(drawing, value, names, wide, max(1, int(block.inner * ratio)))
    names = (f"{prefix}projection.project_conv", f"{prefix}projection.project_bn")
    value = convolve_normed(drawing, value, names, (wide, block.outer), Window())
    return drawing.apply("add", value, around) if block.short else value
