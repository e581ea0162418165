"""Attention of decoder layers, as eager code computes it: the full square of scores."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import AttributeValue
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import (
    Attention,
    Indexer,
    Latent,
    Linear,
    Normalisation,
)


def within(prefix: str, weight: Linear) -> Linear:
    """A weight under the prefix of its layer."""
    return Linear(prefix + weight.name, weight.bias)


def draw_attention(
    drawing: Drawing, value: str, plan: Attention, prefix: str, hidden: int, source: str = ""
) -> str:
    """Attention of one layer, to itself or to what an encoder hands over."""
    query, key, stored_value, gate = _project(drawing, value, plan, prefix, hidden, source)
    query, key = _normalise(drawing, query, key, plan, prefix)
    if plan.rotary:
        query, key = (drawing.apply("rotary_embedding", side) for side in (query, key))
    attributes: dict[str, AttributeValue] = {
        "q_num_heads": plan.heads, "kv_num_heads": plan.kv_heads, "is_causal": plan.causal,
    }  # fmt: skip
    if plan.softcap:
        attributes["softcap"] = plan.softcap
    if plan.sinks:
        drawing.weight(prefix + plan.sinks, plan.heads)
    if plan.relative[0]:
        drawing.weight(f"{prefix}{plan.relative[0]}.weight", plan.relative[1], plan.heads)
    mixed = drawing.apply("attention", query, key, stored_value, **attributes)
    if gate:
        mixed = drawing.apply("multiply", mixed, drawing.apply("sigmoid", gate))
    width = plan.heads * (plan.value_width or plan.width)
    if plan.gate is not None:
        mixed = _gate(drawing, value, mixed, plan, within(prefix, plan.gate), hidden)
    if plan.output_norm:
        mixed = drawing.norm(mixed, prefix + plan.output_norm, width, "rms")
    return drawing.linear(mixed, within(prefix, plan.output), width, hidden, plan.transposed)


def _gate(
    drawing: Drawing, value: str, mixed: str, plan: Attention, gate: Linear, hidden: int
) -> str:
    """The result times a gate of its own, for each number or for each head."""
    inner = plan.value_width or plan.width
    rows = plan.heads * (1 if plan.gates_heads else inner)
    own = drawing.apply("sigmoid", drawing.linear(value, gate, hidden, rows))
    if not plan.gates_heads:
        return drawing.apply("multiply", mixed, own)
    split = drawing.apply("reshape", mixed, shape=(0, 0, plan.heads, inner))
    gated = drawing.apply("multiply", split, drawing.apply("unsqueeze", own, axes=(-1,)))
    return drawing.apply("reshape", gated, shape=(0, 0, plan.heads * inner))


def _project(
    drawing: Drawing, value: str, plan: Attention, prefix: str, hidden: int, source: str
) -> tuple[str, str, str, str]:
    """Query, key, value and the gate of the result (empty without one)."""
    wide, narrow = plan.heads * plan.width, plan.kv_heads * plan.width
    if plan.fused is not None:
        whole = drawing.linear(
            value, within(prefix, plan.fused), hidden, wide + 2 * narrow, plan.transposed
        )
        query, key, stored_value = drawing.split(whole, wide, narrow, narrow)
        return query, key, stored_value, ""
    times = 2 if plan.gated else 1
    query = drawing.linear(value, within(prefix, plan.query), hidden, times * wide)
    gate = ""
    if plan.gated:
        query, gate = drawing.split(query, wide, wide)
    source = source or value
    key = drawing.linear(source, within(prefix, plan.key), hidden, narrow)
    if plan.shares_key:
        return query, key, key, gate
    narrow = plan.kv_heads * (plan.value_width or plan.width)
    return query, key, drawing.linear(source, within(prefix, plan.value), hidden, narrow), gate


def _normalise(
    drawing: Drawing, query: str, key: str, plan: Attention, prefix: str
) -> tuple[str, str]:
    """Query and key with their norms."""
    if plan.key_norm == "none":
        return query, key
    names = tuple(prefix + name for name in plan.key_norm_names)
    sides = zip((query, key), names, (plan.heads, plan.kv_heads), strict=True)
    query, key = (norm_heads(drawing, side, name, heads, plan) for side, name, heads in sides)
    return query, key


def norm_heads(drawing: Drawing, side: str, name: str, heads: int, plan: Attention) -> str:
    """Queries, keys or values with their norm, as the plan has it."""
    if plan.key_norm == "all":
        return drawing.norm(side, name, heads * plan.width, "rms")
    split = drawing.apply("reshape", side, shape=(0, 0, heads, plan.width))
    if plan.key_norm == "bare":
        normed = drawing.apply("rms_normalization", split)
    elif plan.key_norm == "heads":
        scale = drawing.weight(f"{name}.weight", heads, plan.width)
        normed = drawing.apply("layer_normalization", split)
        normed = drawing.apply("multiply", normed, scale)
    else:
        kind: Normalisation = "layer" if plan.key_norm == "head_layer" else "rms"
        normed = drawing.norm(split, name, plan.width, kind)
    return drawing.apply("reshape", normed, shape=(0, 0, heads * plan.width))


def draw_latent(drawing: Drawing, value: str, plan: Latent, prefix: str, hidden: int) -> str:
    """Multi-head latent attention of one layer, keys and values written out for each head."""
    prefix += plan.prefix
    query, small = _latent_query(drawing, value, plan, prefix, hidden)
    joint = drawing.linear(
        value,
        Linear(f"{prefix}kv_a_proj_with_mqa", plan.bias),
        hidden,
        plan.rank + plan.rotary_width,
    )
    latent, turned = drawing.split(joint, plan.rank, plan.rotary_width)
    latent = drawing.norm(latent, f"{prefix}kv_a_layernorm", plan.rank, "rms")
    both = plan.heads * (plan.plain_width + plan.value_width)
    whole = drawing.linear(latent, Linear(f"{prefix}kv_b_proj"), plan.rank, both)
    plain, stored_value = drawing.split(
        whole, plan.heads * plan.plain_width, plan.heads * plan.value_width
    )
    turned = drawing.apply("rotary_embedding", turned)
    repeated = drawing.apply("tile", turned, repeats=(1, 1, plan.heads))
    key = drawing.apply("concatenate", plain, repeated, axis=-1)
    inputs = [query, key, stored_value]
    if plan.indexer is not None:
        place = f"{prefix}indexer."
        inputs.append(_draw_indexer(drawing, value, small, plan, plan.indexer, place, hidden))
    mixed = drawing.apply(
        "attention", *inputs, q_num_heads=plan.heads, kv_num_heads=plan.heads, is_causal=True
    )
    output = Linear(f"{prefix}o_proj", plan.bias)
    return drawing.linear(mixed, output, plan.heads * plan.value_width, hidden)


def _latent_query(
    drawing: Drawing, value: str, plan: Latent, prefix: str, hidden: int
) -> tuple[str, str]:
    """The query, and the small vector that it is made of (empty without one)."""
    width = plan.heads * (plan.plain_width + plan.rotary_width)
    small = ""
    if plan.query_rank is None:
        query = drawing.linear(value, Linear(f"{prefix}q_proj"), hidden, width)
    else:
        first = Linear(f"{prefix}q_a_proj", plan.bias)
        small = drawing.linear(value, first, hidden, plan.query_rank)
        small = drawing.norm(small, f"{prefix}q_a_layernorm", plan.query_rank, "rms")
        query = drawing.linear(small, Linear(f"{prefix}q_b_proj"), plan.query_rank, width)
    return drawing.apply("rotary_embedding", query), small


def _draw_indexer(
    drawing: Drawing, value: str, small: str, plan: Latent, indexer: Indexer, prefix: str,
    hidden: int,
) -> str:  # fmt: skip
    """Which tokens count for each: scores of small heads against one key, summed by weight."""
    heads, width = indexer.heads, indexer.width
    query = drawing.linear(small, Linear(f"{prefix}wq_b"), plan.query_rank or 0, heads * width)
    query = drawing.apply("reshape", query, shape=(0, 0, heads, width))
    query = drawing.apply("transpose", query, permutation=(0, 2, 1, 3))
    key = drawing.linear(value, Linear(f"{prefix}wk"), hidden, width)
    key = drawing.norm(key, f"{prefix}k_norm", width, "layer")
    key = drawing.apply("unsqueeze", key, axes=(1,))
    scores = drawing.apply("relu", drawing.apply("matmul", query, key, trans_b=True))
    scores = drawing.apply("transpose", scores, permutation=(0, 2, 1, 3))
    weights = drawing.linear(value, Linear(f"{prefix}weights_proj"), hidden, heads)
    weights = drawing.apply("unsqueeze", weights, axes=(2,))
    summed = drawing.apply("matmul", weights, scores)
    return drawing.apply("transpose", summed, permutation=(0, 2, 1, 3))
