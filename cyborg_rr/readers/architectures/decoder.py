"""The graph of a decoder: tokens in, scores of each next token out, for all positions."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import Block, TensorType
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import Decoder, Frame, Linear


def draw_decoder(plan: Decoder) -> Block:
    """The whole model, with the weights that it has."""
    drawing = Drawing(plan.element_type)
    ids = drawing.input("ids", TensorType("i64", ("batch", "sequence")))
    value = embed_tokens(drawing, ids, plan)
    frame = Frame(plan.hidden, plan.layer_prefix, plan.norm)
    value = draw_layers(drawing, value, plan.layers, frame)
    return drawing.finish(draw_scores(drawing, value, plan))


def draw_scores(drawing: Drawing, value: str, plan: Decoder) -> str:
    """What stands behind the layers, and the name of what it makes."""
    if plan.final_norm:
        value = drawing.norm(value, plan.final_norm, plan.hidden, plan.norm)
    if plan.classes == 0:
        return "hidden"
    _score(drawing, value, plan)
    return "logits"


def embed_tokens(drawing: Drawing, ids: str, plan: Decoder) -> str:
    """Tokens as vectors."""
    rows = plan.embedding_rows or plan.vocabulary
    table = drawing.weight(f"{plan.embedding}.weight", rows, plan.hidden)
    for name, shape in plan.extra:
        drawing.weight(name, *shape)
    value = drawing.apply("gather", table, ids)
    if plan.prompt:
        low, high = (0, plan.prompt, 0), (0, 0, 0)
        value = drawing.apply("pad", value, padding_low=low, padding_high=high)
    if plan.positions:
        places = drawing.weight(f"{plan.position_table}.weight", plan.positions, plan.hidden)
        value = drawing.apply("add", value, drawing.apply("gather", places, ids))
    if plan.embedding_norm:
        value = drawing.norm(value, plan.embedding_norm, plan.hidden, plan.norm)
    return value


def _score(drawing: Drawing, value: str, plan: Decoder) -> str:
    head = Linear(plan.head or plan.embedding, plan.head_bias and bool(plan.head))
    rows = plan.vocabulary if plan.classes is None else plan.classes
    if plan.transform is not None:
        value = drawing.linear(value, plan.transform, plan.hidden, plan.hidden)
        value = drawing.apply("gelu", value)
        value = drawing.norm(value, plan.transform_norm, plan.hidden, plan.norm)
    scores = drawing.linear(value, head, plan.hidden, rows)
    if plan.head_bias and not plan.head:
        scores = drawing.apply("add", scores, drawing.weight(plan.bias_name, rows))
    if plan.score_cap:
        scores = drawing.apply("tanh", scores)
    return scores
