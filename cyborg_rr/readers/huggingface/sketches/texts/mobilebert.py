"""MobileBERT: narrow layers between wide vectors. Names: ``modeling_mobilebert.py``."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.sketching import Sketch
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.texts.scoring import (
    TASKS,
    pool_first,
    score_classes,
    take_table,
    transform,
)

_NEIGHBOURS = 3
_MAX_FEEDS = 64


def plan_mobilebert(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    task = name_class(settings).removeprefix("MobileBert")
    usual = ("trigram_input", "use_bottleneck", "key_query_shared_bottleneck",
             "classifier_activation")  # fmt: skip
    plain = all(settings.flag(name, default=True) for name in usual)
    if task not in TASKS or not plain or settings.flag("use_bottleneck_attention"):
        return None
    if settings.text("normalization_type") not in ("", "no_norm") or not settings.is_tied(True):
        return None
    hidden, narrow = find_hidden(settings), settings.count("embedding_size", default=128)
    if narrow > hidden or settings.count("num_feedforward_networks", default=4) > _MAX_FEEDS:
        return None
    prefix = "" if task == "Model" else "mobilebert."

    def draw(drawing: Drawing) -> str:
        value = _enter(drawing, settings, f"{prefix}embeddings.", hidden, narrow)
        for layer in range(count_layers(settings)):
            value = _draw_layer(drawing, value, settings, f"{prefix}encoder.layer.{layer}.")
        pooled = ""
        if task in ("Model", "ForSequenceClassification"):
            pooled = pool_first(drawing, value, f"{prefix}pooler.dense", hidden)
        if task == "Model":
            return "output"
        if task == "ForMaskedLM":
            _score(drawing, value, settings, f"{prefix}embeddings.word_embeddings", narrow)
        else:
            score_classes(drawing, value, pooled, settings, task, hidden)
        return "logits"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _enter(drawing: Drawing, settings: Settings, prefix: str, hidden: int, narrow: int) -> str:
    """Narrow vectors of tokens, each with its neighbours, made wide."""
    ids = drawing.input("ids", TensorType("i64", ("batch", "sequence")))
    rows = settings.count("vocab_size")
    value = take_table(drawing, ids, f"{prefix}word_embeddings", rows, narrow)
    value = drawing.apply("concatenate", *(value,) * _NEIGHBOURS, axis=-1)
    name = Linear(f"{prefix}embedding_transformation", True)
    value = drawing.linear(value, name, _NEIGHBOURS * narrow, hidden)
    for name_of_table, stated in (("position", "max_position_embeddings"),
                                  ("token_type", "type_vocab_size")):  # fmt: skip
        table = f"{prefix}{name_of_table}_embeddings"
        value = take_table(drawing, ids, table, settings.count(stated), hidden, value)
    return _scale(drawing, value, f"{prefix}LayerNorm", hidden)


def _scale(drawing: Drawing, value: str, name: str, width: int) -> str:
    """What stands for a norm: scaled and shifted as was learnt, by no statistics."""
    value = drawing.apply("multiply", value, drawing.weight(f"{name}.weight", width))
    return drawing.apply("add", value, drawing.weight(f"{name}.bias", width))


def _project(
    drawing: Drawing, value: str, prefix: str, inner: int, outer: int, around: str = ""
) -> str:
    """A weight, the sum with what goes around it, and the scale behind."""
    value = drawing.linear(value, Linear(f"{prefix}dense", True), inner, outer)
    value = drawing.apply("add", value, around) if around else value
    return _scale(drawing, value, f"{prefix}LayerNorm", outer)


def _draw_layer(drawing: Drawing, value: str, settings: Settings, prefix: str) -> str:
    hidden, heads = find_hidden(settings), settings.count("num_attention_heads")
    width = settings.count("intra_bottleneck_size", default=128)
    inner = settings.count("intermediate_size")
    small = _project(drawing, value, f"{prefix}bottleneck.input.", hidden, width)
    shared = _project(drawing, value, f"{prefix}bottleneck.attention.", hidden, width)
    inside = f"{prefix}attention.self."
    sides = [
        drawing.linear(source, Linear(f"{inside}{name}", True), size, width)
        for source, name, size in ((shared, "query", width), (shared, "key", width),
                                   (value, "value", hidden))
    ]  # fmt: skip
    part = drawing.apply("attention", *sides, q_num_heads=heads, kv_num_heads=heads)
    small = _project(drawing, part, f"{prefix}attention.output.", width, width, small)
    for number in range(settings.count("num_feedforward_networks", default=4) - 1):
        small = _feed(drawing, small, f"{prefix}ffn.{number}.", width, inner)
    small = _feed(drawing, small, prefix, width, inner)
    return _project(drawing, small, f"{prefix}output.bottleneck.", width, hidden, value)


def _feed(drawing: Drawing, value: str, prefix: str, width: int, inner: int) -> str:
    fed = drawing.linear(value, Linear(f"{prefix}intermediate.dense", True), width, inner)
    fed = drawing.apply("relu", fed)
    return _project(drawing, fed, f"{prefix}output.", inner, width, value)


def _score(drawing: Drawing, value: str, settings: Settings, table: str, narrow: int) -> None:
    """Scores of tokens by the narrow table, and by a weight for the rest of the width."""
    hidden, rows = find_hidden(settings), settings.count("vocab_size")
    value = transform(drawing, value, hidden)
    near, rest = drawing.split(value, narrow, hidden - narrow)
    scores = drawing.linear(near, Linear(table), narrow, rows)
    more = drawing.linear(rest, Linear("cls.predictions.dense"), hidden - narrow, rows, True)
    scores = drawing.apply("add", scores, more)
    drawing.apply("add", scores, drawing.weight("cls.predictions.bias", rows))
