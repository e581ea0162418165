"""From pixels to vectors: patches, rows in front of them, positions on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.sketching import flatten_image
from cyborg_rr.readers.huggingface.settings import Settings

MAX_SIDE: Final = 2**14
MAX_WIDTH: Final = 2**20


def find_pair(settings: Settings, name: str) -> tuple[int, int]:
    """Height and width, where one number stands for both too."""
    stated = settings.find(name)
    pair = tuple(settings.numbers(name)) if isinstance(stated, list) else ()
    if not pair:
        pair = (settings.count(name),) * 2
    if len(pair) != 2 or not all(0 < side <= MAX_SIDE for side in pair):
        raise UnreadableModel(f"config.json: {name} is of no image that is drawn here")
    return pair[0], pair[1]


def count_places(
    sides: tuple[int, int], patch: tuple[int, int], step: tuple[int, int]
) -> tuple[int, int]:
    """How many patches fit, down and across; an error where none does."""
    down, across = ((side - size) // pace + 1 for side, size, pace in zip(
        sides, patch, step, strict=True))  # fmt: skip
    if down < 1 or across < 1:
        raise UnreadableModel("config.json: a patch is larger than the image")
    return down, across


def cut_patches(
    drawing: Drawing, value: str, weight: Linear, channels: int, hidden: int,
    patch: tuple[int, ...], step: tuple[int, ...],
) -> str:  # fmt: skip
    """Patches as vectors, by a convolution that steps over them."""
    inputs = [value, drawing.weight(f"{weight.name}.weight", hidden, channels, *patch)]
    if weight.bias:
        inputs.append(drawing.weight(f"{weight.name}.bias", hidden))
    return flatten_image(drawing, drawing.apply("convolution", *inputs, strides=step), hidden)


def put_rows(
    drawing: Drawing, value: str, prefix: str, hidden: int, rows: Mapping[str, int]
) -> str:
    """Rows of their own in front of the patches: of the class, of registers."""
    for name, count in rows.items():
        drawing.weight(prefix + name, 1, count, hidden)
    count = sum(rows.values())
    if not count:
        return value
    return drawing.apply("pad", value, padding_low=(0, count, 0), padding_high=(0, 0, 0))


def take_first(drawing: Drawing, value: str, start: int = 0, end: int = 1) -> str:
    """Some of the vectors, the first unless said otherwise."""
    return drawing.apply("slice", value, starts=(start,), ends=(end,), axes=(1,))
