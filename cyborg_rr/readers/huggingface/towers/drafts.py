"""Small parts that several towers share, and steps of single models that draw themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.sketching import convolve
from cyborg_rr.readers.architectures.towers import Custom
from cyborg_rr.readers.huggingface.settings import Settings

_MOST: Final = 1024


def name_sides(
    template: str, words: Sequence[str], *, bias: bool = False
) -> tuple[Linear, Linear, Linear, Linear]:
    """Weights of query, key, value and output."""
    query, key, value, output = (Linear(template.format(word), bias) for word in words)
    return query, key, value, output


def find_ratio(settings: Settings, name: str, default: float) -> float:
    """A ratio of sizes, neither tiny nor huge; a file may state what is no number."""
    ratio = settings.number(name) or default
    if not 1 / _MOST <= ratio <= _MOST:
        raise UnreadableModel(f"config.json: {name} is {ratio}")
    return ratio


def mix_words(unseen: int) -> Custom:
    """Scores of words as shares of each; the last ones, ``unseen``, stand for no place (Ovis 2)."""

    def draw(drawing: Drawing, value: str, width: int, prefix: str) -> tuple[str, int]:
        value = drawing.apply("softmax", value)
        value = drawing.apply("pad", value, padding_low=(0, 0, 0), padding_high=(0, 0, unseen))
        return value, width + unseen

    return Custom(draw)


def downsample(name: str, outer: int, side: int) -> Custom:
    """A convolution over squares of neighbours, each of which becomes one vector (GLM-V)."""

    def draw(drawing: Drawing, value: str, width: int, prefix: str) -> tuple[str, int]:
        value = drawing.apply("reshape", value, shape=(-1, side, side, width))
        value = drawing.apply("transpose", value, permutation=(0, 3, 1, 2))
        value = convolve(drawing, value, prefix + name, width, outer, (side, side), stride=side,
                         padding=0)  # fmt: skip
        return drawing.apply("reshape", value, shape=(1, -1, outer)), outer

    return Custom(draw)
