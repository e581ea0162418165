"""RWKV 6 and 7, by the names that llama.cpp gives (src/models/rwkv6-base.cpp, rwkv7-base.cpp)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.recurrences import (
    DeltaTimeMix,
    GatedTimeMix,
    LaterChannelMix,
)

_SIDES: Final = 5
"""Decay, key, value, receptance and gate."""


def _shift(drawing: Drawing, value: str) -> str:
    """The token before each."""
    return drawing.apply("pad", value, padding_low=(0, 1, 0), padding_high=(0, -1, 0))


def _lerp(drawing: Drawing, value: str, before: str, name: str, hidden: int) -> str:
    """Something between a token and the one before."""
    share = drawing.weight(f"{name}.weight", hidden)
    change = drawing.apply("subtract", before, value)
    return drawing.apply("add", value, drawing.apply("multiply", change, share))


def draw_gated_time_mix(
    drawing: Drawing, value: str, plan: GatedTimeMix, prefix: str, hidden: int
) -> str:
    """The time mix of RWKV 6."""
    place = f"{prefix}time_mix_"
    before = _shift(drawing, value)
    sides = _mix_sides(drawing, value, before, plan, place, hidden)
    decay, key, stored, receptance, gate = sides
    query = _project(drawing, receptance, plan, place, "receptance", hidden, plan.width)
    keys = _project(drawing, key, plan, place, "key", hidden, plan.keys)
    values = _project(drawing, stored, plan, place, "value", hidden, plan.keys)
    gate = _project(drawing, gate, plan, place, "gate", hidden, plan.width)
    small = drawing.linear(decay, Linear(f"{place}decay_w1"), hidden, plan.decay_rank)
    small = drawing.apply("tanh", small)
    step = drawing.linear(small, Linear(f"{place}decay_w2"), plan.decay_rank, plan.width)
    step = drawing.apply("add", step, drawing.weight(f"{place}decay.weight", plan.width))
    inputs = [query, keys, values, step]
    if "first" in plan.has:
        inputs.append(drawing.weight(f"{place}first.weight", plan.width // plan.head, plan.head))
    scanned = drawing.apply("state_scan", *inputs, state=plan.head, form="selective")
    if "ln" in plan.has:
        scanned = drawing.norm(scanned, f"{place}ln", plan.width, "layer")
    gated = drawing.apply("multiply", scanned, drawing.apply("silu", gate))
    return drawing.linear(gated, Linear(f"{place}output"), plan.width, hidden)


def _project(
    drawing: Drawing, value: str, plan: GatedTimeMix, place: str, side: str, inner: int, outer: int
) -> str:
    return drawing.linear(value, Linear(place + side, f"{side}.bias" in plan.has), inner, outer)


def _mix_sides(
    drawing: Drawing, value: str, before: str, plan: GatedTimeMix, place: str, hidden: int
) -> Sequence[str]:
    """What goes into each side, by shares that two small weights make of the token."""
    entering = _lerp(drawing, value, before, f"{place}lerp_x", hidden)
    small = drawing.linear(entering, Linear(f"{place}w1"), hidden, _SIDES * plan.rank)
    small = drawing.apply("tanh", small)
    small = drawing.apply("reshape", small, shape=(0, 0, _SIDES, plan.rank))
    small = drawing.apply("transpose", small, permutation=(0, 2, 1, 3))
    weight = drawing.weight(f"{place}w2.weight", _SIDES, hidden, plan.rank)
    shares = drawing.apply("matmul", small, weight, trans_b=True)
    apart = drawing.apply_many("split", (shares,), _SIDES, axis=1, split=(1,) * _SIDES)
    if "lerp_fused" in plan.has:
        drawing.weight(f"{place}lerp_fused.weight", _SIDES, 1, 1, hidden)
    change = drawing.apply("subtract", before, value)
    mixed = []
    for side, share in zip("wkvrg", apart, strict=True):
        own = drawing.apply("squeeze", share, axes=(1,))
        if "lerp_fused" not in plan.has:
            own = drawing.apply("add", own, drawing.weight(f"{place}lerp_{side}.weight", hidden))
        mixed.append(drawing.apply("add", value, drawing.apply("multiply", change, own)))
    return mixed


def draw_delta_time_mix(
    drawing: Drawing, value: str, plan: DeltaTimeMix, prefix: str, hidden: int
) -> str:
    """The time mix of RWKV 7; ``takes_first`` ones mix in the values of the first layer."""
    place, width = f"{prefix}time_mix_", plan.width
    before = _shift(drawing, value)
    drawing.weight(f"{place}lerp_fused.weight", plan.sides, 1, 1, hidden)
    mixed = drawing.apply("add", value, drawing.apply("subtract", before, value))
    query, key, stored = (
        drawing.linear(mixed, Linear(place + side), hidden, width)
        for side in ("receptance", "key", "value")
    )
    decays, rates, firsts, gates = plan.ranks
    step = _draw_low(drawing, mixed, place, "w", hidden, decays, width)
    rate = _draw_low(drawing, mixed, place, "a", hidden, rates, width)
    if firsts and plan.takes_first:
        share = _draw_low(drawing, mixed, place, "v", hidden, firsts, width)
        stored = drawing.apply("multiply", stored, drawing.apply("sigmoid", share))
    elif firsts:
        drawing.list_weights(lambda d: _draw_low(d, mixed, place, "v", hidden, firsts, width))
    for name in ("k_k", "k_a"):
        key = drawing.apply("multiply", key, drawing.weight(f"{place}{name}.weight", width))
    drawing.weight(f"{place}r_k.weight", width)
    inputs = (query, key, stored, step, rate)
    scanned = drawing.apply("state_scan", *inputs, state=plan.head, form="selective")
    if plan.normed:
        scanned = drawing.norm(scanned, f"{place}ln", width, "layer")
    if gates:
        small = drawing.linear(mixed, Linear(f"{place}g1"), hidden, gates)
        small = drawing.apply("sigmoid", small)
        gate = drawing.linear(small, Linear(f"{place}g2"), gates, width)
        scanned = drawing.apply("multiply", scanned, gate)
    return drawing.linear(scanned, Linear(f"{place}output"), width, hidden)


def _draw_low(
    drawing: Drawing, value: str, place: str, side: str, hidden: int, rank: int, outer: int
) -> str:
    """A product by two weights of low rank, and what is added."""
    small = drawing.linear(value, Linear(f"{place}{side}1"), hidden, rank)
    if side == "w":
        small = drawing.apply("tanh", small)
    whole = drawing.linear(small, Linear(f"{place}{side}2"), rank, outer)
    return drawing.apply("add", whole, drawing.weight(f"{place}{side}0.weight", outer))


def draw_later_channel_mix(
    drawing: Drawing, value: str, plan: LaterChannelMix, prefix: str, hidden: int
) -> str:
    """The feed-forward part of RWKV 6 and 7."""
    place = f"{prefix}channel_mix_"
    before = _shift(drawing, value)
    entering = _lerp(drawing, value, before, f"{place}lerp_k", hidden)
    inner = drawing.apply("relu", drawing.linear(entering, Linear(f"{place}key"), hidden,
                                                 plan.width))  # fmt: skip
    inner = drawing.apply("multiply", inner, inner)
    inner = drawing.linear(inner, Linear(f"{place}value"), plan.width, hidden)
    if not plan.gated:
        return inner
    gate = _lerp(drawing, value, before, f"{place}lerp_r", hidden)
    gate = drawing.linear(gate, Linear(f"{place}receptance"), hidden, hidden)
    return drawing.apply("multiply", drawing.apply("sigmoid", gate), inner)
