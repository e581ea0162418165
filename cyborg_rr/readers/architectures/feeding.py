"""Feed-forward parts of layers: dense ones, and choices of experts."""

from __future__ import annotations

from typing import assert_never

from cyborg_rr.readers.architectures.attention import within
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Activation, Experts, FeedForward, Linear


def activate(drawing: Drawing, value: str, kind: Activation) -> str:
    """The function between two weights."""
    match kind:
        case "silu" | "gelu" | "relu":
            return drawing.apply(kind, value)
        case "relu2":
            positive = drawing.apply("relu", value)
            return drawing.apply("multiply", positive, positive)
        case _:
            assert_never(kind)


def draw_feed_forward(
    drawing: Drawing, value: str, plan: FeedForward, prefix: str, hidden: int
) -> str:
    """A dense feed-forward part."""
    turned = plan.transposed
    if plan.fused is not None:
        whole = drawing.linear(value, within(prefix, plan.fused), hidden, 2 * plan.width, turned)
        gate, up = drawing.split(whole, plan.width, plan.width)
        inner = drawing.apply("multiply", activate(drawing, gate, plan.activation), up)
    else:
        up = drawing.linear(value, within(prefix, plan.up), hidden, plan.width, turned)
        if plan.gate is None:
            inner = activate(drawing, up, plan.activation)
        else:
            gate = drawing.linear(value, within(prefix, plan.gate), hidden, plan.width, turned)
            inner = drawing.apply("multiply", activate(drawing, gate, plan.activation), up)
    if plan.norm:
        inner = drawing.norm(inner, prefix + plan.norm, plan.width, "rms")
    return drawing.linear(inner, within(prefix, plan.down), plan.width, hidden, turned)


def draw_experts(drawing: Drawing, value: str, plan: Experts, prefix: str, hidden: int) -> str:
    """The chosen experts of each token, weighed and summed up, and the shared part."""
    scores = drawing.linear(value, within(prefix, plan.router), hidden, plan.count)
    scores = drawing.apply("softmax", scores)
    if plan.correction:
        wide = "f32" if plan.correction_is_wide else None
        drawing.weight(prefix + plan.correction, plan.count, element_type=wide)
    for name, shape in plan.extra:
        drawing.weight(prefix + name, *shape)
    weights, chosen = drawing.apply_many("top_k", (scores,), 2, k=plan.chosen)
    before, behind, beside = (prefix + name if name else "" for name in plan.norms)
    rows = drawing.norm(value, before, hidden, "rms") if before else value
    rows = drawing.apply("unsqueeze", rows, axes=(-2,))
    mixed = _draw_rows(drawing, rows, chosen, plan, prefix, hidden)
    weights = drawing.apply("unsqueeze", weights, axes=(-1,))
    mixed = drawing.apply("multiply", mixed, weights)
    mixed = drawing.apply("reduce", mixed, function="sum", axes=(-2,), keep_dimensions=False)
    mixed = drawing.norm(mixed, behind, hidden, "rms") if behind else mixed
    if plan.shared is None:
        return mixed
    shared = _draw_shared(drawing, value, plan.shared, plan.shared_gate, prefix, hidden)
    shared = drawing.norm(shared, beside, hidden, "rms") if beside else shared
    return drawing.apply("add", mixed, shared)


def _draw_rows(
    drawing: Drawing, rows: str, chosen: str, plan: Experts, prefix: str, hidden: int
) -> str:
    """Each row through the expert that it is for."""

    def multiply(inputs: str, weight: Linear, inner: int, outer: int) -> str:
        return _multiply(drawing, inputs, chosen, plan, within(prefix, weight), inner, outer)

    if plan.fused is not None:
        whole = multiply(rows, plan.fused, hidden, 2 * plan.width)
        gate, up = drawing.split(whole, plan.width, plan.width)
        inner = drawing.apply("multiply", activate(drawing, gate, plan.activation), up)
    else:
        up = multiply(rows, plan.up, hidden, plan.width)
        if plan.gate is None:
            inner = activate(drawing, up, plan.activation)
        else:
            gate = multiply(rows, plan.gate, hidden, plan.width)
            inner = drawing.apply("multiply", activate(drawing, gate, plan.activation), up)
    return multiply(inner, plan.down, plan.width, hidden)


def _multiply(
    drawing: Drawing, rows: str, chosen: str, plan: Experts, weight: Linear, inner: int, outer: int
) -> str:
    """Rows times the weights of their experts."""
    shape = (inner, outer) if plan.transposed else (outer, inner)
    if plan.stacked:
        stored = [drawing.weight(weight.name, plan.count, *shape)]
    else:
        names = (weight.name.format(expert=number) for number in range(plan.count))
        stored = [drawing.weight(f"{name}.weight", *shape) for name in names]
    result = drawing.apply("indexed_matmul", rows, chosen, *stored, trans_b=not plan.transposed)
    if weight.bias:
        table = drawing.weight(f"{weight.name}_bias", plan.count, outer)
        bias = drawing.apply("gather", table, chosen)
        result = drawing.apply("add", result, bias)
    return result


def _draw_shared(
    drawing: Drawing, value: str, plan: FeedForward, gate: str, prefix: str, hidden: int
) -> str:
    """The part that runs for every token, behind its gate if it has one."""
    shared = draw_feed_forward(drawing, value, plan, prefix, hidden)
    if not gate:
        return shared
    weight = drawing.linear(value, Linear(prefix + gate), hidden, 1)
    return drawing.apply("multiply", shared, drawing.apply("sigmoid", weight))
