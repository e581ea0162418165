"""Recurrent parts of layers, drawn: projections and convolutions one by one, the scan in one.

Names of weights are those of the classes of transformers that each is of.
"""

from __future__ import annotations

from typing import assert_never

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.hybrids.rwkv import (
    draw_delta_time_mix,
    draw_gated_time_mix,
)
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.recurrences import (
    ChannelMix,
    DeltaTimeMix,
    GatedTimeMix,
    GatedUnits,
    HeadedScan,
    KeyedDelta,
    Lightning,
    MatrixMemory,
    Recurrence,
    ShortConvolution,
    TimeMix,
)
from cyborg_rr.readers.architectures.recurring import convolve, convolve_sides, scan


def draw_recurrence(
    drawing: Drawing, value: str, plan: Recurrence, prefix: str, hidden: int
) -> str:
    """One part of a layer."""
    match plan:
        case GatedTimeMix():
            return draw_gated_time_mix(drawing, value, plan, prefix, hidden)
        case DeltaTimeMix():
            return draw_delta_time_mix(drawing, value, plan, prefix, hidden)
        case _:
            prefix += plan.prefix
    match plan:
        case ShortConvolution():
            return _draw_short(drawing, value, plan, prefix, hidden)
        case GatedUnits():
            return _draw_units(drawing, value, plan, prefix, hidden)
        case Lightning():
            return _draw_lightning(drawing, value, plan, prefix, hidden)
        case KeyedDelta():
            return _draw_keyed(drawing, value, plan, prefix, hidden)
        case MatrixMemory():
            return _draw_memory(drawing, value, plan, prefix, hidden)
        case TimeMix():
            return _draw_time_mix(drawing, value, plan, prefix, hidden)
        case HeadedScan():
            return _draw_headed(drawing, value, plan, prefix, hidden)
        case _:
            assert_never(plan)


def _draw_short(
    drawing: Drawing, value: str, plan: ShortConvolution, prefix: str, hidden: int
) -> str:
    whole = drawing.linear(value, Linear(f"{prefix}in_proj", plan.bias), hidden, 3 * hidden)
    before, behind, inner = drawing.split(whole, hidden, hidden, hidden)
    inner = drawing.apply("multiply", before, inner)
    inner = convolve(drawing, inner, f"{prefix}conv", hidden, plan.kernel, plan.bias, bare=True)
    inner = drawing.apply("multiply", behind, inner)
    return drawing.linear(inner, Linear(f"{prefix}out_proj", plan.bias), hidden, hidden)


def _draw_units(drawing: Drawing, value: str, plan: GatedUnits, prefix: str, hidden: int) -> str:
    width = plan.width
    beside = drawing.linear(value, Linear(f"{prefix}linear_y", True), hidden, width)
    beside = drawing.apply("gelu", beside)
    inner = drawing.linear(value, Linear(f"{prefix}linear_x", True), hidden, width)
    inner = convolve(drawing, inner, f"{prefix}conv_1d", width, plan.kernel, True, bare=True)
    gates = [_gate(drawing, inner, plan, f"{prefix}rg_lru.{side}_gate") for side in ("input",
             "recurrent")]  # fmt: skip
    decay = drawing.weight(f"{prefix}rg_lru.recurrent_param", width)
    entering = drawing.apply("multiply", inner, gates[0])
    step = drawing.apply("multiply", gates[1], decay)
    scanned = drawing.apply("state_scan", entering, step, state=1)
    mixed = drawing.apply("multiply", scanned, beside)
    return drawing.linear(mixed, Linear(f"{prefix}linear_out", True), width, hidden)


def _gate(drawing: Drawing, value: str, plan: GatedUnits, name: str) -> str:
    """A gate of each block of channels from that block."""
    block = plan.width // plan.heads
    cut = drawing.apply("reshape", value, shape=(0, 0, plan.heads, block))
    cut = drawing.apply("transpose", cut, permutation=(0, 2, 1, 3))
    weight = drawing.weight(f"{name}_weight", plan.heads, block, block)
    cut = drawing.apply("matmul", cut, weight)
    cut = drawing.apply("transpose", cut, permutation=(0, 2, 1, 3))
    cut = drawing.apply("add", cut, drawing.weight(f"{name}_bias", plan.heads, block))
    cut = drawing.apply("sigmoid", cut)
    return drawing.apply("reshape", cut, shape=(0, 0, plan.width))


def _draw_lightning(drawing: Drawing, value: str, plan: Lightning, prefix: str, hidden: int) -> str:
    wide = plan.heads * plan.width
    whole = drawing.linear(value, Linear(f"{prefix}qkv_proj"), hidden, 3 * wide)
    query, key, scanned = drawing.split(drawing.apply("silu", whole), wide, wide, wide)
    inputs = (scanned, query, key)
    scanned = scan(drawing, inputs, "lightning", plan.width, plan.heads, plan.chunk)
    scanned = drawing.norm(scanned, f"{prefix}norm", wide, "rms")
    gate = drawing.linear(value, Linear(f"{prefix}output_gate"), hidden, wide)
    gated = drawing.apply("multiply", drawing.apply("sigmoid", gate), scanned)
    return drawing.linear(gated, Linear(f"{prefix}out_proj"), wide, hidden)


def _draw_keyed(drawing: Drawing, value: str, plan: KeyedDelta, prefix: str, hidden: int) -> str:
    wide = plan.heads * plan.width
    query, key, scanned = convolve_sides(drawing, value, prefix, [wide] * 3, hidden, plan.kernel)
    step = _draw_small(drawing, value, f"{prefix}f", hidden, plan.width, wide)
    step = drawing.apply("add", step, drawing.weight(f"{prefix}dt_bias", wide))
    drawing.weight(f"{prefix}A_log", 1, 1, plan.heads, 1)
    rate = drawing.linear(value, Linear(f"{prefix}b_proj"), hidden, plan.heads)
    inputs = (scanned, query, key, step, rate)
    scanned = scan(drawing, inputs, "keyed_delta", plan.width, plan.heads, plan.chunk)
    gate = _draw_small(drawing, value, f"{prefix}g", hidden, plan.width, wide)
    heads = drawing.apply("reshape", scanned, shape=(0, 0, plan.heads, plan.width))
    heads = drawing.norm(heads, f"{prefix}o_norm", plan.width, "rms")
    scanned = drawing.apply("reshape", heads, shape=(0, 0, wide))
    gated = drawing.apply("multiply", scanned, drawing.apply("sigmoid", gate))
    return drawing.linear(gated, Linear(f"{prefix}o_proj"), wide, hidden)


def _draw_small(drawing: Drawing, value: str, name: str, hidden: int, rank: int, outer: int) -> str:
    """A product by two weights of low rank."""
    small = drawing.linear(value, Linear(f"{name}_a_proj"), hidden, rank)
    return drawing.linear(small, Linear(f"{name}_b_proj"), rank, outer)


def _draw_memory(drawing: Drawing, value: str, plan: MatrixMemory, prefix: str, hidden: int) -> str:
    keys, wide = plan.heads * plan.key_width, plan.heads * plan.value_width

    def project(name: str, outer: int, bias: bool = plan.bias) -> str:
        return drawing.linear(value, Linear(prefix + name, bias), hidden, outer)

    query, key, scanned = project("q", keys), project("k", keys), project("v", wide)
    gate = project("ogate_preact", wide)
    steps = [project(f"{side}gate_preact", plan.heads, True) for side in "if"]
    inputs = (scanned, query, key, *steps)
    scanned = scan(drawing, inputs, "matrix", plan.key_width, plan.heads, plan.chunk)
    scanned = drawing.norm(scanned, f"{prefix}multihead_norm", wide, "layer_without_bias")
    if plan.bias:
        scanned = drawing.apply(
            "add", scanned, drawing.weight(f"{prefix}multihead_norm.bias", wide)
        )
    gated = drawing.apply("multiply", drawing.apply("sigmoid", gate), scanned)
    return drawing.linear(gated, Linear(f"{prefix}out_proj", plan.bias), wide, hidden)


def _shift(
    drawing: Drawing, value: str, prefix: str, sides: tuple[str, ...], hidden: int
) -> list[str]:
    """What goes into each side: a share of the token, the rest of the one before it."""
    before = drawing.apply("pad", value, padding_low=(0, 1, 0), padding_high=(0, -1, 0))
    shared = []
    for side in sides:
        share = drawing.weight(f"{prefix}time_mix_{side}", 1, 1, hidden)
        own = drawing.apply("multiply", value, share)
        shared.append(drawing.apply("add", own, drawing.apply("multiply", before, share)))
    return shared


def _draw_time_mix(drawing: Drawing, value: str, plan: TimeMix, prefix: str, hidden: int) -> str:
    sides = ("key", "value", "receptance")
    mixed = _shift(drawing, value, prefix, sides, hidden)
    key, stored, gate = (
        drawing.linear(part, Linear(prefix + side), hidden, plan.width)
        for side, part in zip(sides, mixed, strict=True)
    )
    for name in ("time_decay", "time_first"):
        drawing.weight(prefix + name, plan.width)
    scanned = drawing.apply("state_scan", stored, key, state=2)
    gated = drawing.apply("multiply", drawing.apply("sigmoid", gate), scanned)
    return drawing.linear(gated, Linear(f"{prefix}output"), plan.width, hidden)


def draw_channel_mix(
    drawing: Drawing, value: str, plan: ChannelMix, prefix: str, hidden: int
) -> str:
    """The feed-forward part of RWKV 4."""
    prefix += plan.prefix
    entering, gate = _shift(drawing, value, prefix, ("key", "receptance"), hidden)
    inner = drawing.apply("relu", drawing.linear(entering, Linear(f"{prefix}key"), hidden,
                                                 plan.width))  # fmt: skip
    inner = drawing.apply("multiply", inner, inner)
    inner = drawing.linear(inner, Linear(f"{prefix}value"), plan.width, hidden)
    gate = drawing.linear(gate, Linear(f"{prefix}receptance"), hidden, hidden)
    return drawing.apply("multiply", drawing.apply("sigmoid", gate), inner)


def _draw_headed(drawing: Drawing, value: str, plan: HeadedScan, prefix: str, hidden: int) -> str:
    heads, inner, state, rank = plan.heads, plan.inner, plan.state, plan.step_rank
    width = inner // heads
    whole = drawing.linear(value, Linear(f"{prefix}in_proj"), hidden, 2 * inner)
    mixed, gate = drawing.split(whole, inner, inner)
    mixed = convolve(drawing, mixed, f"{prefix}conv1d", inner, plan.kernel, plan.convolution_bias)
    cut = drawing.apply("reshape", mixed, shape=(0, 0, heads, width))
    cut = drawing.apply("transpose", cut, permutation=(0, 2, 1, 3))
    small = drawing.weight(f"{prefix}x_proj_weight", heads, rank + 2 * state, width)
    step, *sides = drawing.split(drawing.apply("matmul", cut, small, trans_b=True), rank, state,
                                 state)  # fmt: skip
    table = drawing.weight(f"{prefix}dt_proj_weight", heads, width, rank)
    step = drawing.apply("matmul", step, table, trans_b=True)
    step = drawing.apply("transpose", step, permutation=(0, 2, 1, 3))
    step = drawing.apply("add", step, drawing.weight(f"{prefix}dt_proj_bias", heads, width))
    drawing.weight(f"{prefix}A_log", heads, width, state)
    drawing.weight(f"{prefix}D", heads, width)
    scanned = drawing.apply("state_scan", mixed, step, *sides, state=state, form="selective")
    gated = drawing.apply("multiply", scanned, drawing.apply("silu", gate))
    return drawing.linear(gated, Linear(f"{prefix}out_proj"), inner, hidden)
