"""Architectures that are no stack of equal layers: drawn piece by piece, with what pieces share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cyborg_rr.domain.graph.caches import CachedLayers
from cyborg_rr.domain.graph.graph import Block, TensorType
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear


@dataclass(frozen=True, slots=True)
class Sketch:
    """A model that draws itself; ``draw`` gives the name of its output.

    ``notes`` say which part of the model the graph is where it is not all of it; ``cache`` is what
    a decoder keeps between tokens.
    """

    element_type: str
    draw: Callable[[Drawing], str]
    notes: tuple[str, ...] = ()
    cache: tuple[CachedLayers, ...] = ()


def draw_sketch(plan: Sketch) -> Block:
    """The whole model."""
    drawing = Drawing(plan.element_type)
    return drawing.finish(plan.draw(drawing))


def take(drawing: Drawing, name: str, *shape: int | str) -> str:
    """An input of numbers, in the type that the model computes in."""
    value = drawing.input(name, TensorType("f32", shape))
    return drawing.apply("convert", value, element_type=drawing.element_type)


def convolve(
    drawing: Drawing,
    value: str,
    name: str,
    inner: int,
    outer: int,
    kernel: tuple[int, ...],
    *,
    stride: int = 1,
    padding: int | None = None,
    groups: int = 1,
    bias: bool = True,
) -> str:
    """A convolution; where no padding is stated it keeps the size."""
    inputs = [value, drawing.weight(f"{name}.weight", outer, inner // groups, *kernel)]
    if bias:
        inputs.append(drawing.weight(f"{name}.bias", outer))
    sides = [side for size in kernel for side in (_pad(size, padding),) * 2]
    strides = (stride,) * len(kernel)
    return drawing.apply(
        "convolution", *inputs, strides=strides, padding=tuple(sides), groups=groups
    )


def _pad(size: int, padding: int | None) -> int:
    return size // 2 if padding is None else padding


def norm_group(drawing: Drawing, value: str, name: str, channels: int, groups: int) -> str:
    """A normalisation of groups of channels."""
    scale = drawing.weight(f"{name}.weight", channels)
    bias = drawing.weight(f"{name}.bias", channels)
    return drawing.apply("group_normalization", value, scale, bias, groups=groups)


def norm_batch(
    drawing: Drawing, value: str, name: str, channels: int, *, frozen: bool = False
) -> str:
    """A normalisation by what training saw; a ``frozen`` one learns nothing and has no counter."""
    learnt = drawing.buffer if frozen else drawing.weight
    scale, bias = (learnt(f"{name}.{part}", channels) for part in ("weight", "bias"))
    seen = (drawing.statistic(f"{name}.running_{part}", channels) for part in ("mean", "var"))
    inputs = (scale, bias, *seen)
    if not frozen:
        drawing.statistic(f"{name}.num_batches_tracked", element_type="i64")
    return drawing.apply("batch_normalization", value, *inputs)


def attend(
    drawing: Drawing,
    value: str,
    names: tuple[Linear, Linear, Linear, Linear],
    heads: int,
    hidden: int,
    *,
    source: str = "",
    source_width: int = 0,
    mask: str = "",
) -> str:
    """Attention to itself, or to a source of another width."""
    query, key, stored, output = names
    width = source_width or hidden
    sides = [drawing.linear(value, query, hidden, hidden)]
    sides += [drawing.linear(source or value, name, width, hidden) for name in (key, stored)]
    inputs = (*sides, mask) if mask else sides
    mixed = drawing.apply("attention", *inputs, q_num_heads=heads, kv_num_heads=heads)
    return drawing.linear(mixed, output, hidden, hidden)


def flatten_image(drawing: Drawing, value: str, channels: int) -> str:
    """The places of an image one after another, channels last."""
    value = drawing.apply("reshape", value, shape=(0, channels, -1))
    return drawing.apply("transpose", value, permutation=(0, 2, 1))


def restore_image(drawing: Drawing, value: str, channels: int, height: int, width: int) -> str:
    """An image of places, channels first."""
    value = drawing.apply("transpose", value, permutation=(0, 2, 1))
    return drawing.apply("reshape", value, shape=(0, channels, height, width))
