"""Convolutions with what stands behind each of them in networks of convolutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.sketching import norm_batch

MAX_WIDTH: Final = 2**20
MAX_DEPTH: Final = 1000


@dataclass(frozen=True, slots=True)
class Window:
    """How a convolution goes over an image; without ``pads`` it keeps the size but for its step.

    ``same`` pads as TensorFlow does: as much as whole steps need, more behind than in front.
    """

    kernel: int = 1
    step: int = 1
    groups: int = 1
    dilation: int = 1
    same: bool = False
    pads: tuple[int, int] | None = None


def convolve_plain(
    drawing: Drawing, value: str, name: str, sizes: tuple[int, int], window: Window,
    *, bias: bool = False,
) -> str:  # fmt: skip
    """A convolution over an image, of so many channels into so many."""
    inner, outer = sizes
    size = window.kernel
    inputs = [value, drawing.weight(f"{name}.weight", outer, inner // window.groups, size, size)]
    if bias:
        inputs.append(drawing.weight(f"{name}.bias", outer))
    spread = {"strides": (window.step,) * 2, "dilations": (window.dilation,) * 2}
    if window.same:
        return drawing.apply("convolution", *inputs, **spread, groups=window.groups,
                             auto_pad="same_upper")  # fmt: skip
    around = (size - 1) // 2 * window.dilation
    low, high = (around, around) if window.pads is None else window.pads
    padding = (low, high, low, high)
    return drawing.apply("convolution", *inputs, **spread, groups=window.groups, padding=padding)


def convolve_normed(
    drawing: Drawing, value: str, names: tuple[str, str], sizes: tuple[int, int], window: Window,
    activation: str = "",
) -> str:  # fmt: skip
    """A convolution, the norm behind it and the function behind that; names of the former two."""
    value = convolve_plain(drawing, value, names[0], sizes, window)
    value = norm_batch(drawing, value, names[1], sizes[1])
    return drawing.apply(activation, value) if activation else value


def squeeze(
    drawing: Drawing, value: str, names: tuple[str, str], channels: int, narrow: int
) -> str:
    """Each channel weighed by what two weights make of the means of all."""
    mean = drawing.apply("global_pool", value, function="average")
    mean = convolve_plain(drawing, mean, names[0], (channels, narrow), Window(), bias=True)
    mean = drawing.apply("relu", mean)
    mean = convolve_plain(drawing, mean, names[1], (narrow, channels), Window(), bias=True)
    return drawing.apply("multiply", value, drawing.apply("sigmoid", mean))


def score_mean(drawing: Drawing, value: str, channels: int, name: str = "", labels: int = 0) -> str:
    """The mean of each channel, and classes scored by them where there is a weight for it."""
    value = drawing.apply("global_pool", value, function="average")
    value = drawing.apply("reshape", value, shape=(0, channels))
    if not name:
        return "output"
    drawing.linear(value, Linear(name, True), channels, labels)
    return "logits"
