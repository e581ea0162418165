"""Recurrent layers: state spaces of both generations of Mamba, and gated delta nets.

Their projections and convolutions are drawn one by one. The scan itself is one operation, whose
work is that of going through it token by token, or chunk by chunk.
"""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import shorten
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.recurrences import GatedDelta, SelectiveScan, StateSpaceDuality


def draw_selective_scan(
    drawing: Drawing, value: str, plan: SelectiveScan, prefix: str, hidden: int
) -> str:
    """A Mamba layer of the first generation."""
    prefix += plan.prefix
    whole = drawing.linear(value, Linear(f"{prefix}in_proj", plan.bias), hidden, 2 * plan.inner)
    inner, gate = drawing.split(whole, plan.inner, plan.inner)
    inner = convolve(
        drawing, inner, f"{prefix}conv1d", plan.inner, plan.kernel, plan.convolution_bias
    )
    small = drawing.linear(
        inner, Linear(f"{prefix}x_proj"), plan.inner, plan.step_rank + 2 * plan.state
    )
    step, *sides = drawing.split(small, plan.step_rank, plan.state, plan.state)
    if plan.norms:
        step = drawing.norm(step, f"{prefix}dt_layernorm", plan.step_rank, "rms")
        sides = [
            drawing.norm(side, f"{prefix}{name}_layernorm", plan.state, "rms")
            for side, name in zip(sides, "bc", strict=True)
        ]
    elif plan.bare_norms:
        step, *sides = (drawing.apply("rms_normalization", part) for part in (step, *sides))
    steps = plan.step_heads or plan.inner
    step = drawing.linear(step, Linear(f"{prefix}dt_proj", True), plan.step_rank, steps)
    sizes = (steps,) if plan.step_heads else (steps, plan.state)
    drawing.weight(f"{prefix}A_log", *sizes)
    skip = drawing.weight(f"{prefix}D", steps)
    scanned = drawing.apply("state_scan", inner, step, *sides, state=plan.state, form="selective")
    if not plan.step_heads:
        scanned = drawing.apply("add", scanned, drawing.apply("multiply", inner, skip))
    gated = drawing.apply("multiply", scanned, drawing.apply("silu", gate))
    return drawing.linear(gated, Linear(f"{prefix}out_proj", plan.bias), plan.inner, hidden)


def draw_state_space(
    drawing: Drawing, value: str, plan: StateSpaceDuality, prefix: str, hidden: int
) -> str:
    """A Mamba layer of the second generation."""
    prefix += plan.prefix
    inner, sides = plan.heads * plan.width, 2 * plan.groups * plan.state
    whole = drawing.linear(
        value, Linear(f"{prefix}in_proj", plan.bias), hidden, 2 * inner + sides + plan.heads
    )
    gate, mixed, step = drawing.split(whole, inner, inner + sides, plan.heads)
    mixed = convolve(
        drawing, mixed, f"{prefix}conv1d", inner + sides, plan.kernel, plan.convolution_bias
    )
    scanned, side = drawing.split(mixed, inner, sides)
    for name in ("A_log", "D", "dt_bias"):
        drawing.weight(f"{prefix}{name}", plan.heads)
    scanned = scan(drawing, (scanned, step, side), "duality", plan.state, plan.heads, plan.chunk)
    gated = drawing.apply("multiply", scanned, drawing.apply("silu", gate))
    if plan.normed:
        gated = drawing.norm(gated, f"{prefix}norm", inner, "rms")
    bias = plan.bias if plan.output_bias is None else plan.output_bias
    return drawing.linear(gated, Linear(f"{prefix}out_proj", bias), inner, hidden)


def draw_gated_delta(
    drawing: Drawing, value: str, plan: GatedDelta, prefix: str, hidden: int
) -> str:
    """A gated delta net."""
    prefix += plan.prefix
    narrow, wide = plan.key_heads * plan.key_width, plan.value_heads * plan.value_width
    all_channels = 2 * narrow + wide
    steps: tuple[str, ...]
    if plan.separate:
        widths = (narrow, narrow, wide)
        query, key, scanned = convolve_sides(drawing, value, prefix, widths, hidden, plan.kernel)
        gate = drawing.linear(value, Linear(f"{prefix}g_proj"), hidden, wide)
    elif plan.fused:
        both = drawing.linear(value, Linear(f"{prefix}in_proj_qkvz"), hidden, all_channels + wide)
        mixed, gate = drawing.split(both, all_channels, wide)
    else:
        mixed = drawing.linear(value, Linear(f"{prefix}in_proj_qkv"), hidden, all_channels)
        gate = drawing.linear(value, Linear(f"{prefix}in_proj_z"), hidden, wide)
    if plan.fused or plan.paired:
        sides = drawing.linear(value, Linear(f"{prefix}in_proj_ba"), hidden, 2 * plan.value_heads)
        steps = drawing.split(sides, plan.value_heads, plan.value_heads)
    else:
        form = "{}_proj" if plan.separate else "in_proj_{}"
        names = (Linear(prefix + form.format(side)) for side in "ab")
        steps = tuple(drawing.linear(value, name, hidden, plan.value_heads) for name in names)
    for name in ("A_log", "dt_bias"):
        drawing.weight(f"{prefix}{name}", plan.value_heads)
    if not plan.separate:
        mixed = convolve(drawing, mixed, f"{prefix}conv1d", all_channels, plan.kernel, False)
        query, key, scanned = drawing.split(mixed, narrow, narrow, wide)
    inputs = (scanned, query, key, *steps)
    scanned = scan(drawing, inputs, "delta", plan.key_width, plan.value_heads, plan.chunk)
    heads = drawing.apply("reshape", scanned, shape=(0, 0, plan.value_heads, plan.value_width))
    norm, output = ("o_norm", "o_proj") if plan.separate else ("norm", "out_proj")
    heads = drawing.norm(heads, prefix + norm, plan.value_width, "rms")
    scanned = drawing.apply("reshape", heads, shape=(0, 0, wide))
    gated = drawing.apply("multiply", scanned, drawing.apply("silu", gate))
    return drawing.linear(gated, Linear(prefix + output), wide, hidden)


def convolve_sides(
    drawing: Drawing, value: str, prefix: str, widths: Sequence[int], hidden: int, kernel: int
) -> list[str]:
    """Query, key and value, each with a convolution of its own."""
    sides = zip("qkv", widths, strict=True)
    return [
        convolve(drawing, drawing.linear(value, Linear(f"{prefix}{side}_proj"), hidden, width),
                 f"{prefix}{side}_conv1d", width, kernel, False)
        for side, width in sides
    ]  # fmt: skip


def scan(
    drawing: Drawing, inputs: tuple[str, ...], form: str, state: int, heads: int, chunk: int
) -> str:
    """A scan by chunks, or token by token where they hold none."""
    if not chunk:
        return drawing.apply("state_scan", *inputs, state=state, form="selective")
    return drawing.apply("state_scan", *inputs, state=state, form=form, heads=heads, chunk=chunk)


def convolve(
    drawing: Drawing,
    value: str,
    name: str,
    channels: int,
    kernel: int,
    bias: bool,
    *,
    bare: bool = False,
) -> str:
    """A causal convolution of each channel by itself, and its activation unless it is ``bare``."""
    if kernel < 1 or channels < 1:
        raise UnreadableModel(
            f"the convolution {shorten(name)} has {kernel} taps and {channels} channels"
        )
    weight = drawing.weight(f"{name}.weight", channels, 1, kernel)
    turned = drawing.apply("transpose", value, permutation=(0, 2, 1))
    inputs = [turned, weight]
    if bias:
        inputs.append(drawing.weight(f"{name}.bias", channels))
    mixed = drawing.apply("convolution", *inputs, groups=channels, padding=(kernel - 1, 0))
    if not bare:
        mixed = drawing.apply("silu", mixed)
    return drawing.apply("transpose", mixed, permutation=(0, 2, 1))
