"""The part that several layers of Zamba share, each with adapters of its own."""

from __future__ import annotations

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.feeding import activate
from cyborg_rr.readers.architectures.plans import Detour, Linear


def draw_detour(
    drawing: Drawing, value: str, first: str, plan: Detour, prefix: str, hidden: int
) -> str:
    """A layer's input with what the shared part makes of it; ``first`` are the first vectors."""
    joined = drawing.apply("concatenate", value, first, axis=-1)
    joined = drawing.norm(joined, f"{plan.prefix}input_layernorm", 2 * hidden, "rms")
    part = _attend(drawing, joined, plan, hidden)
    part = drawing.norm(part, f"{plan.prefix}pre_ff_layernorm", hidden, "rms")
    part = _feed(drawing, part, plan, hidden)
    part = drawing.linear(part, Linear(f"{prefix}linear"), hidden, hidden)
    return drawing.apply("add", value, part)


def _attend(drawing: Drawing, value: str, plan: Detour, hidden: int) -> str:
    heads, prefix = plan.attention, f"{plan.prefix}self_attn."
    widths = (heads.heads, heads.kv_heads, heads.kv_heads)
    sides = [
        _project(drawing, value, f"{prefix}{side}_proj", f"{prefix}linear_{side}_adapter_list",
                 plan.attention_rank, plan.number, 2 * hidden, count * heads.width)
        for side, count in zip("qkv", widths, strict=True)
    ]  # fmt: skip
    if heads.rotary:
        sides[:2] = [drawing.apply("rotary_embedding", side) for side in sides[:2]]
    mixed = drawing.apply(
        "attention", *sides, q_num_heads=heads.heads, kv_num_heads=heads.kv_heads, is_causal=True
    )
    return drawing.linear(mixed, Linear(f"{prefix}o_proj"), heads.heads * heads.width, hidden)


def _project(
    drawing: Drawing, value: str, name: str, adapters: str, rank: int, number: int, inner: int,
    outer: int, bias: bool = False,
) -> str:  # fmt: skip
    """A product by what is shared, and one by a layer's own adapter where it has a rank."""
    shared = drawing.linear(value, Linear(name, bias), inner, outer)
    if not rank:
        return shared
    own = drawing.linear(value, Linear(f"{adapters}.{number}.0"), inner, rank)
    own = drawing.linear(own, Linear(f"{adapters}.{number}.1"), rank, outer)
    return drawing.apply("add", shared, own)


def _feed(drawing: Drawing, value: str, plan: Detour, hidden: int) -> str:
    feed, prefix = plan.feed, f"{plan.prefix}feed_forward."
    width = feed.width
    if feed.fused is not None:
        adapters = f"{prefix}gate_up_proj_adapter_list"
        whole = _project(drawing, value, prefix + feed.fused.name, adapters, plan.feed_rank,
                         plan.number, hidden, 2 * width, feed.fused.bias)  # fmt: skip
        gate, up = drawing.split(whole, width, width)
    else:
        gate, up = (
            drawing.linear(value, Linear(f"{prefix}{side}_proj"), hidden, width)
            for side in ("gate", "up")
        )
    inner = drawing.apply("multiply", activate(drawing, gate, feed.activation), up)
    return drawing.linear(inner, Linear(prefix + feed.down.name, feed.down.bias), width, hidden)
