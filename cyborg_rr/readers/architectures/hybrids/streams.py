"""Gemma 3n: several streams of vectors of which a layer computes one, and rows for each layer.

The small ones of Gemma 4 have the rows, and one stream.

Names: ``modeling_gemma3n.py`` of transformers; ``names`` has those of other files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.architectures.attention import norm_heads, within
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.feeding import draw_feed_forward
from cyborg_rr.readers.architectures.plans import Attention, FeedForward, Linear

NAMES: Final[Mapping[str, str]] = MappingProxyType({
    "embedding": "model.embed_tokens", "layer": "model.layers.{layer}.", "norm": "model.norm",
    "rows": "model.embed_tokens_per_layer", "rows_from": "model.per_layer_model_projection",
    "rows_norm": "model.per_layer_projection_norm", "enter": "model.altup_projections",
    "leave": "model.altup_unembed_projections", "before": "input_layernorm",
    "behind": "post_attention_layernorm", "feed_before": "pre_feedforward_layernorm",
    "feed_behind": "post_feedforward_layernorm", "scale": "altup.correct_output_scale",
    "correct": "altup.correction_coefs", "predict": "altup.prediction_coefs",
    "router": "altup.modality_router", "router_norm": "altup.router_norm",
    "left": "laurel.linear_left", "right": "laurel.linear_right",
    "beside": "laurel.post_laurel_norm", "row_gate": "per_layer_input_gate",
    "row_from": "per_layer_projection", "row_norm": "post_per_layer_input_norm",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class StreamLayer:
    """Attention and feed-forward of one layer; ``keys_of`` is the layer whose keys it takes.

    ``buffer`` is the name of a number that it is scaled by.
    """

    attention: Attention
    feed: FeedForward
    keys_of: int | None = None
    buffer: str = ""


@dataclass(frozen=True, slots=True)
class Streams:
    """The whole model; ``stacked`` weights of the streams stand in one tensor."""

    hidden: int
    vocabulary: int
    layers: tuple[StreamLayer, ...]
    streams: int
    rank: int
    row_width: int
    row_count: int
    head: str = ""
    capped: bool = True
    stacked: bool = False
    names: Mapping[str, str] = field(default_factory=lambda: NAMES)


def draw_streams(drawing: Drawing, plan: Streams) -> str:
    """The graph; gives the name of its output."""
    names, hidden = plan.names, plan.hidden
    ids = drawing.input("ids", TensorType("i64", ("batch", "sequence")))
    first = drawing.apply(
        "gather", drawing.weight(f"{names['embedding']}.weight", plan.vocabulary, hidden), ids
    )
    rows = _draw_rows(drawing, ids, first, plan)
    streams = [first, *(_change(drawing, first, "enter", n, plan) for n in range(plan.streams - 1))]
    kept: dict[int, tuple[str, str]] = {}
    for number, layer in enumerate(plan.layers):
        streams = _draw_layer(drawing, streams, rows[number], layer, number, plan, kept)
    left = [_change(drawing, one, "leave", n, plan) for n, one in enumerate(streams[1:])]
    whole = streams[0]
    for one in left:
        whole = drawing.apply("add", whole, one)
    whole = drawing.norm(whole, names["norm"], hidden, "rms")
    head = Linear(plan.head or names["embedding"])
    scores = drawing.linear(whole, head, hidden, plan.vocabulary)
    if plan.capped:
        drawing.apply("tanh", scores)
    return "logits"


def _change(drawing: Drawing, value: str, side: str, number: int, plan: Streams) -> str:
    """A stream made of the first, or made ready to be joined with it."""
    name, hidden = plan.names[side], plan.hidden
    if not plan.stacked:
        return drawing.linear(value, Linear(f"{name}.{number}"), hidden, hidden)
    weight = drawing.weight(f"{name}.weight", plan.streams - 1, hidden, hidden)
    own = drawing.apply("slice", weight, starts=(number,), ends=(number + 1,), axes=(0,))
    own = drawing.apply("reshape", own, shape=(hidden, hidden))
    return drawing.apply("matmul", value, own, trans_b=True)


def _draw_rows(drawing: Drawing, ids: str, first: str, plan: Streams) -> tuple[str, ...]:
    """What each layer gets of its own table and of the first vectors."""
    names, count, width = plan.names, len(plan.layers), plan.row_width
    table = drawing.weight(f"{names['rows']}.weight", plan.row_count, count * width)
    looked_up = drawing.apply("gather", table, ids)
    made = drawing.linear(first, Linear(names["rows_from"]), plan.hidden, count * width)
    made = drawing.apply("reshape", made, shape=(0, 0, count, width))
    made = drawing.norm(made, names["rows_norm"], width, "rms")
    made = drawing.apply("reshape", made, shape=(0, 0, count * width))
    return drawing.split(drawing.apply("add", made, looked_up), *[width] * count)


def _draw_layer(
    drawing: Drawing,
    streams: list[str],
    rows: str,
    layer: StreamLayer,
    number: int,
    plan: Streams,
    kept: dict[int, tuple[str, str]],
) -> list[str]:
    """All streams foreseen, the first computed, and all put right by what came of it."""
    names, hidden = plan.names, plan.hidden
    prefix = names["layer"].format(layer=number)
    foreseen = _predict(drawing, streams, prefix, plan)
    active = foreseen[0]
    normed = drawing.norm(active, prefix + names["before"], hidden, "rms")
    part = _attend(drawing, normed, layer, number, prefix, hidden, kept)
    part = drawing.norm(part, prefix + names["behind"], hidden, "rms")
    mixed = drawing.apply("add", active, part)
    if plan.rank:
        mixed = drawing.apply("add", mixed, _draw_beside(drawing, normed, prefix, plan))
    part = drawing.norm(mixed, prefix + names["feed_before"], hidden, "rms")
    part = draw_feed_forward(drawing, part, layer.feed, prefix, hidden)
    part = drawing.norm(part, prefix + names["feed_behind"], hidden, "rms")
    computed = drawing.apply("add", mixed, part)
    righted = _correct(drawing, foreseen, computed, prefix, plan)
    row = righted[0]
    if plan.streams > 1:
        row = drawing.apply("multiply", row, drawing.weight(prefix + names["scale"], hidden))
    row = drawing.linear(row, Linear(prefix + names["row_gate"]), hidden, plan.row_width)
    row = drawing.apply("multiply", drawing.apply("gelu", row), rows)
    row = drawing.linear(row, Linear(prefix + names["row_from"]), plan.row_width, hidden)
    row = drawing.norm(row, prefix + names["row_norm"], hidden, "rms")
    if layer.buffer:
        drawing.buffer(prefix + layer.buffer, 1)
    if plan.streams == 1:
        return [drawing.apply("add", righted[0], row)]
    return [righted[0], *(drawing.apply("add", one, row) for one in righted[1:])]


def _draw_beside(drawing: Drawing, normed: str, prefix: str, plan: Streams) -> str:
    """A part of low rank beside attention."""
    names, hidden = plan.names, plan.hidden
    beside = drawing.linear(normed, Linear(prefix + names["left"]), hidden, plan.rank)
    beside = drawing.linear(beside, Linear(prefix + names["right"]), plan.rank, hidden)
    beside = drawing.norm(beside, prefix + names["beside"], hidden, "rms")
    return drawing.apply("add", normed, beside)


def _route(drawing: Drawing, value: str, prefix: str, plan: Streams) -> str:
    normed = drawing.norm(value, prefix + plan.names["router_norm"], plan.hidden, "rms")
    router = Linear(prefix + plan.names["router"])
    return drawing.apply("tanh", drawing.linear(normed, router, plan.hidden, plan.streams))


def _predict(drawing: Drawing, streams: list[str], prefix: str, plan: Streams) -> list[str]:
    """Each stream with a sum of all, weighed by the first one."""
    count = plan.streams
    if count == 1:
        return streams
    routed = _route(drawing, streams[0], prefix, plan)
    weights = drawing.linear(routed, Linear(prefix + plan.names["predict"]), count, count**2)
    weights = drawing.apply("reshape", weights, shape=(0, 0, count, count))
    apart = [drawing.apply("unsqueeze", one, axes=(2,)) for one in streams]
    together = drawing.apply("concatenate", *apart, axis=2)
    summed = drawing.apply("add", drawing.apply("matmul", weights, together), together)
    parts = drawing.apply_many("split", (summed,), count, axis=2, split=(1,) * count)
    return [drawing.apply("squeeze", part, axes=(2,)) for part in parts]


def _correct(
    drawing: Drawing, foreseen: list[str], computed: str, prefix: str, plan: Streams
) -> list[str]:
    count = plan.streams
    if count == 1:
        return [computed]
    routed = _route(drawing, computed, prefix, plan)
    weights = drawing.linear(routed, Linear(prefix + plan.names["correct"]), count, count)
    news = drawing.apply("subtract", computed, foreseen[0])
    each = drawing.split(weights, *[1] * count)
    return [
        drawing.apply("add", one, drawing.apply("multiply", news, weight))
        for one, weight in zip(foreseen, each, strict=True)
    ]


def _attend(
    drawing: Drawing,
    value: str,
    layer: StreamLayer,
    number: int,
    prefix: str,
    hidden: int,
    kept: dict[int, tuple[str, str]],
) -> str:
    """Attention to a layer's own keys and values, or to those of an earlier one."""
    plan = layer.attention
    wide, narrow = plan.heads * plan.width, plan.kv_heads * plan.width
    query = drawing.linear(value, within(prefix, plan.query), hidden, wide)
    query = norm_heads(drawing, query, prefix + plan.key_norm_names[0], plan.heads, plan)
    query = drawing.apply("rotary_embedding", query)
    if layer.keys_of is None:
        key = drawing.linear(value, within(prefix, plan.key), hidden, narrow)
        key = norm_heads(drawing, key, prefix + plan.key_norm_names[1], plan.kv_heads, plan)
        stored = key
        if not plan.shares_key:
            stored = drawing.linear(value, within(prefix, plan.value), hidden, narrow)
        bare = replace(plan, key_norm="bare")
        stored = norm_heads(drawing, stored, "", plan.kv_heads, bare)
        kept[number] = (drawing.apply("rotary_embedding", key), stored)
    keys, values = kept[number if layer.keys_of is None else layer.keys_of]
    mixed = drawing.apply(
        "attention",
        query,
        keys,
        values,
        q_num_heads=plan.heads,
        kv_num_heads=plan.kv_heads,
        is_causal=True,
    )
    return drawing.linear(mixed, within(prefix, plan.output), wide, hidden)
