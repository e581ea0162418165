"""Towers: what makes vectors of images or sounds, which then stand among those of a text.

A tower is an entry, layers and steps behind them; what is no stack of equal layers draws itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, assert_never

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.feeding import activate, draw_feed_forward
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import (
    Activation,
    Extra,
    FeedForward,
    Frame,
    Layer,
    Linear,
    Normalisation,
)
from cyborg_rr.readers.architectures.sketching import convolve, flatten_image, take

_END: Final = 2**31

Side = int | str
"""Pixels along a side of an image, or the symbol of what is not fixed."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """Images, cut into patches by a convolution that steps over them.

    ``classes`` are weights of vectors that stand in front; ``positions`` the name and shape of what
    is added. All images are ``joined`` to one row of vectors where layers attend to all of them.
    A ``flat`` weight is stored as rows. Vectors of classes may stand ``last`` instead.
    The norm ``before`` stands in front of the positions.
    """

    name: str
    channels: int
    height: Side
    width: Side
    patch: int
    bias: bool = True
    classes: Extra = ()
    positions: Extra = ()
    norm: str = ""
    joined: bool = False
    flat: bool = False
    last: bool = False
    before: str = ""


@dataclass(frozen=True, slots=True)
class Patches:
    """Patches that were cut before, as many for each image; ``times`` images lie in one.

    The weight of a ``convolution`` over one patch has the shape of it, another is a plain one.
    Numbers of a patch come in one row, or as ``square`` as they lie in the image. Tables of
    ``positions`` are fitted to the image.
    """

    name: str
    channels: int
    patch: int
    times: int = 1
    bias: bool = True
    convolution: bool = True
    square: bool = False
    positions: Extra = ()
    norm: str = ""


@dataclass(frozen=True, slots=True)
class Spectrogram:
    """Bands of sound over time: two convolutions, the second of which halves the length."""

    bands: int
    length: Side
    first: str = "conv1"
    second: str = "conv2"
    positions: Extra = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """An entry that draws itself, from the prefix of its tower."""

    draw: Callable[[Drawing, str], str]
    norm: str = ""


Entry = Pixels | Patches | Spectrogram | Drawn


@dataclass(frozen=True, slots=True)
class Dense:
    """A product with a weight, and the function behind it; ``bare`` names have no ``.weight``."""

    name: str
    rows: int
    bias: bool = True
    activation: Activation | Literal[""] = ""
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Norm:
    """A normalisation."""

    name: str
    kind: Normalisation = "layer"


@dataclass(frozen=True, slots=True)
class Join:
    """So many neighbours as one vector, as wide as all of them."""

    count: int


@dataclass(frozen=True, slots=True)
class Pool:
    """The mean of so many neighbours."""

    count: int


@dataclass(frozen=True, slots=True)
class Gate:
    """One half of each vector times the function of the other."""

    activation: Activation = "silu"


@dataclass(frozen=True, slots=True)
class Skip:
    """Vectors in front, or ``last``, that are left out: those of the class."""

    count: int
    last: bool = False


@dataclass(frozen=True, slots=True)
class Feeding:
    """A feed-forward part, added to what it is of where ``summed``."""

    plan: FeedForward
    summed: bool = False


@dataclass(frozen=True, slots=True)
class Keep:
    """Weights that are stored and take no work worth drawing; ``outside`` of the part's prefix.

    What was not ``learnt`` is a buffer.
    """

    extra: Extra
    outside: bool = False
    learnt: bool = True


@dataclass(frozen=True, slots=True)
class Custom:
    """What no other step says: from a value and its width to those of the result."""

    draw: Callable[[Drawing, str, int, str], tuple[str, int]]


Step = Dense | Norm | Join | Pool | Gate | Skip | Feeding | Keep | Custom


@dataclass(frozen=True, slots=True)
class Tower:
    """An entry, layers, and steps behind them, all under a ``prefix``.

    ``windows`` says for each layer how many vectors attend to each other, 0 for all; empty where
    all do. ``taken`` are the layers whose results are put side by side, counted as Python counts.
    ``behind`` are the steps of a projector, under ``beyond``. ``unused`` are parts that the model
    runs without taking what they make.
    """

    prefix: str
    entry: Entry
    frame: Frame
    layers: tuple[Layer, ...]
    beyond: str = ""
    final: tuple[Step, ...] = ()
    behind: tuple[Step, ...] = ()
    windows: tuple[int, ...] = ()
    input_name: str = "pixel_values"
    unused: tuple[Step, ...] = ()
    taken: tuple[int, ...] = ()
    deep: tuple[tuple[int, tuple[Step, ...]], ...] = ()


def draw_tower(drawing: Drawing, plan: Tower) -> tuple[str, tuple[str, ...]]:
    """The vectors that go among those of the text, and those for its first layers behind them."""
    seen, deep = _draw_layers(drawing, plan)
    hidden = plan.frame.hidden
    value, width = draw_steps(drawing, seen[-1], hidden, plan.final, plan.prefix)
    for step in plan.unused:
        draw_steps(drawing, value, width, (step,), plan.prefix)
    if plan.taken:
        taken = [seen[place] for place in plan.taken]
        value = taken[0] if len(taken) == 1 else drawing.apply("concatenate", *taken, axis=-1)
        width = hidden * len(taken)
    value, _ = draw_steps(drawing, value, width, plan.behind, plan.beyond)
    return value, deep


def _draw_layers(drawing: Drawing, plan: Tower) -> tuple[list[str], tuple[str, ...]]:
    """What each layer sees and the last one makes, and the vectors for layers of the text."""
    value = _enter(drawing, plan)
    hidden = plan.frame.hidden
    seen, deep = [value], []
    sizes = drawing.apply("shape_of", value) if any(plan.windows) else ""
    grouped = 0
    for number, layer in enumerate(plan.layers):
        window = plan.windows[number] if plan.windows else 0
        if window != grouped:
            value, grouped = _group(drawing, value, window, hidden, sizes), window
        value = draw_layers(drawing, value, (layer,), plan.frame, start=number)
        seen.append(value)
        for place, steps in plan.deep:
            if place == number:
                deep.append(draw_steps(drawing, value, hidden, steps, plan.prefix)[0])
    if grouped:
        seen[-1] = _group(drawing, value, 0, hidden, sizes)
    return seen, tuple(deep)


def _group(drawing: Drawing, value: str, window: int, hidden: int, sizes: str) -> str:
    """Vectors by windows, or by images again, whose ``sizes`` were kept."""
    if not window:
        return drawing.apply("reshape", value, sizes)
    return drawing.apply("reshape", value, shape=(-1, window, hidden))


def _enter(drawing: Drawing, plan: Tower) -> str:
    hidden, entry = plan.frame.hidden, plan.entry
    match entry:
        case Pixels():
            value = _enter_pixels(drawing, entry, plan, hidden)
        case Patches():
            value = _enter_patches(drawing, entry, plan, hidden)
        case Spectrogram():
            value = _enter_sound(drawing, entry, plan, hidden)
        case Drawn():
            value = entry.draw(drawing, plan.prefix)
        case _:
            assert_never(entry)
    if isinstance(entry, Spectrogram) or not entry.norm:
        return value
    return drawing.norm(value, plan.prefix + entry.norm, hidden, plan.frame.norm)


def _enter_pixels(drawing: Drawing, entry: Pixels, plan: Tower, hidden: int) -> str:
    value = take(drawing, plan.input_name, "images", entry.channels, entry.height, entry.width)
    value = flatten_image(drawing, _cut(drawing, value, entry, plan.prefix, hidden), hidden)
    if entry.joined:
        value = drawing.apply("reshape", value, shape=(1, -1, hidden))
    _keep(drawing, entry.classes, plan.prefix)
    if entry.classes:
        sides = (0, len(entry.classes), 0), (0, 0, 0)
        low, high = sides[::-1] if entry.last else sides
        value = drawing.apply("pad", value, padding_low=low, padding_high=high)
    if entry.before:
        value = drawing.norm(value, plan.prefix + entry.before, hidden, plan.frame.norm)
    _keep(drawing, entry.positions, plan.prefix)
    if entry.positions and not entry.joined:
        value = drawing.apply("add", value, plan.prefix + entry.positions[0][0])
    return value


def _cut(drawing: Drawing, value: str, entry: Pixels, prefix: str, hidden: int) -> str:
    """Patches by a convolution."""
    name, side = prefix + entry.name, entry.patch
    if not entry.flat:
        return convolve(drawing, value, name, entry.channels, hidden, (side, side), stride=side,
                        padding=0, bias=entry.bias)  # fmt: skip
    stored = drawing.weight(f"{name}.weight", hidden, entry.channels * side**2)
    weight = drawing.apply("reshape", stored, shape=(hidden, entry.channels, side, side))
    return drawing.apply("convolution", value, weight, strides=(side, side))


def _enter_patches(drawing: Drawing, entry: Patches, plan: Tower, hidden: int) -> str:
    """Patches that do not overlap: their convolution is a product."""
    times = (entry.times,) if entry.times > 1 else ()
    numbers = (entry.channels, *times, entry.patch, entry.patch)
    width = entry.channels * entry.times * entry.patch**2
    shape = numbers if entry.square else (width,)
    value = take(drawing, plan.input_name, "images", "patches", *shape)
    if entry.square:
        value = drawing.apply("reshape", value, shape=(0, 0, width))
    name = plan.prefix + entry.name
    weight = drawing.weight(f"{name}.weight", hidden, *(numbers if entry.convolution else (width,)))
    if entry.convolution:
        weight = drawing.apply("reshape", weight, shape=(hidden, width))
    value = drawing.apply("matmul", value, weight, trans_b=True)
    if entry.bias:
        value = drawing.apply("add", value, drawing.weight(f"{name}.bias", hidden))
    _keep(drawing, entry.positions, plan.prefix)
    return value


def _enter_sound(drawing: Drawing, entry: Spectrogram, plan: Tower, hidden: int) -> str:
    value = take(drawing, plan.input_name, "sounds", entry.bands, entry.length)
    for name, inner, step in ((entry.first, entry.bands, 1), (entry.second, hidden, 2)):
        value = convolve(drawing, value, plan.prefix + name, inner, hidden, (3,), stride=step)
        value = drawing.apply("gelu", value)
    value = drawing.apply("transpose", value, permutation=(0, 2, 1))
    _keep(drawing, entry.positions, plan.prefix)
    if entry.positions:
        value = drawing.apply("add", value, plan.prefix + entry.positions[0][0])
    return value


def _keep(drawing: Drawing, extra: Extra, prefix: str, *, learnt: bool = True) -> None:
    store = drawing.weight if learnt else drawing.buffer
    for name, shape in extra:
        store(prefix + name, *shape)


def draw_steps(
    drawing: Drawing, value: str, width: int, steps: tuple[Step, ...], prefix: str
) -> tuple[str, int]:
    """Steps one after the other, and the width that they end in."""
    for step in steps:
        value, width = _draw_step(drawing, value, width, step, prefix)
    return value, width


def _draw_step(
    drawing: Drawing, value: str, width: int, step: Step, prefix: str
) -> tuple[str, int]:
    match step:
        case Dense():
            return _draw_dense(drawing, value, width, step, prefix), step.rows
        case Norm():
            return drawing.norm(value, prefix + step.name, width, step.kind), width
        case Join():
            wide = width * step.count
            return drawing.apply("reshape", value, shape=(0, -1, wide)), wide
        case Pool():
            value = drawing.apply("reshape", value, shape=(0, -1, step.count, width))
            return drawing.apply("reduce", value, function="mean", axes=(2,),
                                 keep_dimensions=False), width  # fmt: skip
        case Gate():
            value, gate = drawing.split(value, width // 2, width // 2)
            gate = activate(drawing, gate, step.activation)
            return drawing.apply("multiply", value, gate), width // 2
        case Skip():
            start, end = (0, -step.count) if step.last else (step.count, _END)
            return drawing.apply("slice", value, starts=(start,), ends=(end,), axes=(1,)), width
        case Feeding():
            fed = draw_feed_forward(drawing, value, step.plan, prefix, width)
            return (drawing.apply("add", value, fed) if step.summed else fed), width
        case Keep():
            _keep(drawing, step.extra, "" if step.outside else prefix, learnt=step.learnt)
            return value, width
        case Custom():
            return step.draw(drawing, value, width, prefix)
        case _:
            assert_never(step)


def _draw_dense(drawing: Drawing, value: str, width: int, step: Dense, prefix: str) -> str:
    name = prefix + step.name
    if step.bare:
        value = drawing.apply("matmul", value, drawing.weight(name, width, step.rows))
    else:
        value = drawing.linear(value, Linear(name, step.bias), width, step.rows)
    return activate(drawing, value, step.activation) if step.activation else value
