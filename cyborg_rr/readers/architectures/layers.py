"""One layer of any stack: its parts, their norms and sums."""

from __future__ import annotations

from typing import assert_never

from cyborg_rr.readers.architectures.attention import draw_attention, draw_latent
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.feeding import draw_experts, draw_feed_forward
from cyborg_rr.readers.architectures.hybrids.detouring import draw_detour
from cyborg_rr.readers.architectures.hybrids.mixing import draw_channel_mix, draw_recurrence
from cyborg_rr.readers.architectures.hybrids.rwkv import draw_later_channel_mix
from cyborg_rr.readers.architectures.plans import (
    Attention,
    Both,
    Experts,
    Feed,
    FeedForward,
    Frame,
    Latent,
    Layer,
    Mixer,
)
from cyborg_rr.readers.architectures.recurrences import (
    ChannelMix,
    DeltaTimeMix,
    GatedDelta,
    GatedTimeMix,
    GatedUnits,
    HeadedScan,
    KeyedDelta,
    LaterChannelMix,
    Lightning,
    MatrixMemory,
    SelectiveScan,
    ShortConvolution,
    StateSpaceDuality,
    TimeMix,
)
from cyborg_rr.readers.architectures.recurring import (
    draw_gated_delta,
    draw_selective_scan,
    draw_state_space,
)


def draw_layers(
    drawing: Drawing,
    value: str,
    layers: tuple[Layer, ...],
    frame: Frame,
    source: str = "",
    *,
    start: int = 0,
) -> str:
    """All layers of a stack, counted from ``start``; ``source`` is what an encoder hands over."""
    first = value
    for number, layer in enumerate(layers, start):
        prefix = frame.layer_prefix.format(layer=number)
        for name, shape in layer.extra:
            drawing.weight(prefix + name, *shape)
        for name, shape in layer.buffers:
            drawing.buffer(prefix + name, *shape)
        if layer.after_sum:
            value = _draw_summed(drawing, value, layer, frame, prefix, source)
        else:
            value = _draw_layer(drawing, value, layer, frame, prefix, source, first)
    return value


def _draw_summed(
    drawing: Drawing, value: str, layer: Layer, frame: Frame, prefix: str, source: str
) -> str:
    """Each part with its norm behind the sum."""
    if layer.mixer is not None:
        part = _mix(drawing, value, layer.mixer, prefix, frame.hidden)
        value = _sum(drawing, value, part, layer.mixer_norm, frame, prefix)
    if layer.cross is not None:
        part = draw_attention(drawing, value, layer.cross, prefix, frame.hidden, source)
        value = _sum(drawing, value, part, layer.cross_norm, frame, prefix)
    if layer.feed is not None:
        part = _feed(drawing, value, layer.feed, prefix, frame.hidden)
        value = _sum(drawing, value, part, layer.feed_norm, frame, prefix)
    return value


def _sum(drawing: Drawing, value: str, part: str, name: str, frame: Frame, prefix: str) -> str:
    return _norm(drawing, drawing.apply("add", value, part), name, frame, prefix)


def _draw_layer(
    drawing: Drawing, value: str, layer: Layer, plan: Frame, prefix: str, source: str, first: str
) -> str:
    """Mixer and feed-forward with their norms and sums, one after the other or side by side."""
    normed = value
    if layer.detour is not None:
        normed = draw_detour(drawing, value, first, layer.detour, prefix, plan.hidden)
    if layer.mixer is not None or layer.cross is None:
        normed = _norm(drawing, normed, layer.mixer_norm, plan, prefix)
    mixed = value
    if layer.mixer is not None:
        part = _mix(drawing, normed, layer.mixer, prefix, plan.hidden)
        part = _norm(drawing, part, layer.mixer_post_norm, plan, prefix)
        mixed = drawing.apply("add", value, part)
    if layer.cross is not None:
        part = _norm(drawing, mixed, layer.cross_norm, plan, prefix)
        part = draw_attention(drawing, part, layer.cross, prefix, plan.hidden, source)
        part = _norm(drawing, part, layer.cross_post_norm, plan, prefix)
        mixed = drawing.apply("add", mixed, part)
    if layer.feed is None:
        return mixed
    fed = value if layer.parallel else mixed
    if (layer.mixer is None and layer.cross is None) or (layer.parallel and not layer.feed_norm):
        fed = normed
    else:
        fed = _norm(drawing, fed, layer.feed_norm, plan, prefix)
    part = _feed(drawing, fed, layer.feed, prefix, plan.hidden)
    part = _norm(drawing, part, layer.feed_post_norm, plan, prefix)
    return drawing.apply("add", mixed, part)


def _norm(drawing: Drawing, value: str, name: str, plan: Frame, prefix: str) -> str:
    """A norm of a layer, where it has that one."""
    return drawing.norm(value, prefix + name, plan.hidden, plan.norm) if name else value


def _mix(drawing: Drawing, value: str, plan: Mixer, prefix: str, hidden: int) -> str:
    match plan:
        case Attention():
            return draw_attention(drawing, value, plan, prefix, hidden)
        case Latent():
            return draw_latent(drawing, value, plan, prefix, hidden)
        case SelectiveScan():
            return draw_selective_scan(drawing, value, plan, prefix, hidden)
        case StateSpaceDuality():
            return draw_state_space(drawing, value, plan, prefix, hidden)
        case GatedDelta():
            return draw_gated_delta(drawing, value, plan, prefix, hidden)
        case Both():
            scanned = draw_state_space(drawing, value, plan.scan, prefix, hidden)
            mixed = draw_attention(drawing, value, plan.attention, prefix, hidden)
            return drawing.apply("add", scanned, mixed)
        case (
            ShortConvolution()
            | GatedUnits()
            | Lightning()
            | KeyedDelta()
            | MatrixMemory()
            | TimeMix()
            | GatedTimeMix()
            | DeltaTimeMix()
            | HeadedScan()
        ):
            return draw_recurrence(drawing, value, plan, prefix, hidden)
        case _:
            assert_never(plan)


def _feed(drawing: Drawing, value: str, plan: Feed, prefix: str, hidden: int) -> str:
    match plan:
        case FeedForward():
            return draw_feed_forward(drawing, value, plan, prefix, hidden)
        case Experts():
            return draw_experts(drawing, value, plan, prefix, hidden)
        case ChannelMix():
            return draw_channel_mix(drawing, value, plan, prefix, hidden)
        case LaterChannelMix():
            return draw_later_channel_mix(drawing, value, plan, prefix, hidden)
        case _:
            assert_never(plan)
