"""The graph of a decoder: tokens in, scores of each next token out, for all positions."""

from __future__ import annotations

from typing import assert_never

from cyborg_rr.domain.graph.graph import Block, TensorType
from cyborg_rr.readers.architectures.attention import draw_attention, draw_latent
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.feeding import draw_experts, draw_feed_forward
from cyborg_rr.readers.architectures.plans import (
    Attention,
    Decoder,
    Experts,
    Feed,
    FeedForward,
    GatedDelta,
    Latent,
    Layer,
    Linear,
    Mixer,
    SelectiveScan,
    StateSpaceDuality,
)
from cyborg_rr.readers.architectures.recurring import (
    draw_gated_delta,
    draw_selective_scan,
    draw_state_space,
)


def draw_decoder(plan: Decoder) -> Block:
    """The whole model, with the weights that it has."""
    drawing = Drawing(plan.element_type)
    ids = drawing.input("ids", TensorType("i64", ("batch", "sequence")))
    value = _embed(drawing, ids, plan)
    for number, layer in enumerate(plan.layers):
        value = _draw_layer(drawing, value, layer, plan, plan.layer_prefix.format(layer=number))
    value = drawing.norm(value, plan.final_norm, plan.hidden, plan.norm)
    _score(drawing, value, plan)
    return drawing.finish("logits")


def _embed(drawing: Drawing, ids: str, plan: Decoder) -> str:
    table = drawing.weight(f"{plan.embedding}.weight", plan.vocabulary, plan.hidden)
    value = drawing.apply("gather", table, ids)
    if plan.positions:
        rows = drawing.weight(f"{plan.position_table}.weight", plan.positions, plan.hidden)
        value = drawing.apply("add", value, drawing.apply("gather", rows, ids))
    if plan.embedding_norm:
        value = drawing.norm(value, plan.embedding_norm, plan.hidden, plan.norm)
    return value


def _score(drawing: Drawing, value: str, plan: Decoder) -> str:
    head = Linear(plan.head or plan.embedding, plan.head_bias)
    scores = drawing.linear(value, head, plan.hidden, plan.vocabulary)
    if plan.score_cap:
        scores = drawing.apply("tanh", scores)
    return scores


def _draw_layer(drawing: Drawing, value: str, layer: Layer, plan: Decoder, prefix: str) -> str:
    """Mixer and feed-forward with their norms and sums, one after the other or side by side."""
    normed = _norm(drawing, value, layer.mixer_norm, plan, prefix)
    mixed = value
    if layer.mixer is not None:
        part = _mix(drawing, normed, layer.mixer, prefix, plan.hidden)
        part = _norm(drawing, part, layer.mixer_post_norm, plan, prefix)
        mixed = drawing.apply("add", value, part)
    if layer.feed is None:
        return mixed
    source = value if layer.parallel else mixed
    if layer.mixer is None or (layer.parallel and not layer.feed_norm):
        source = normed
    else:
        source = _norm(drawing, source, layer.feed_norm, plan, prefix)
    part = _feed(drawing, source, layer.feed, prefix, plan.hidden)
    part = _norm(drawing, part, layer.feed_post_norm, plan, prefix)
    return drawing.apply("add", mixed, part)


def _norm(drawing: Drawing, value: str, name: str, plan: Decoder, prefix: str) -> str:
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
        case _:
            assert_never(plan)


def _feed(drawing: Drawing, value: str, plan: Feed, prefix: str, hidden: int) -> str:
    match plan:
        case FeedForward():
            return draw_feed_forward(drawing, value, plan, prefix, hidden)
        case Experts():
            return draw_experts(drawing, value, plan, prefix, hidden)
        case _:
            assert_never(plan)
