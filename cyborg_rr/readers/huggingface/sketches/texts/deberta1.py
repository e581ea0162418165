"""DeBERTa of the first generation. Names: ``modeling_deberta.py`` of transformers."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.sketching import Sketch
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.texts.scoring import (
    TASKS,
    score_classes,
    score_tokens,
    take_table,
)


def plan_deberta1(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    task = name_class(settings).removeprefix("Deberta")
    kinds = settings.text("pos_att_type").split("|")
    plain = (
        settings.flag("relative_attention")
        and set(settings.texts("pos_att_type") or kinds) == {"c2p", "p2c"}
        and not settings.flag("talking_head")
        and settings.flag("legacy", default=True)
        and settings.is_tied(True)
    )
    if task not in TASKS or not plain:
        return None
    prefix = "" if task == "Model" else "deberta."

    def draw(drawing: Drawing) -> str:
        hidden = find_hidden(settings)
        ids = drawing.input("ids", TensorType("i64", ("batch", "sequence")))
        value = _enter(drawing, ids, settings, f"{prefix}embeddings.")
        longest = settings.find("max_relative_positions")
        if not isinstance(longest, int) or longest < 1:
            longest = settings.count("max_position_embeddings", default=512)
        table = drawing.weight(f"{prefix}encoder.rel_embeddings.weight", 2 * longest, hidden)
        places = drawing.apply("slice", ids, starts=(0,), ends=(1,), axes=(0,))
        places = drawing.apply("reshape", places, shape=(-1,))
        both = drawing.apply("concatenate", places, places, axis=0)
        near = drawing.apply("unsqueeze", drawing.apply("gather", table, both), axes=(0,))
        for layer in range(count_layers(settings)):
            place = f"{prefix}encoder.layer.{layer}."
            value = _draw_layer(drawing, value, near, places, settings, place)
        return _score(drawing, value, settings, task)

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _enter(drawing: Drawing, ids: str, settings: Settings, prefix: str) -> str:
    hidden = find_hidden(settings)
    value = take_table(drawing, ids, f"{prefix}word_embeddings", settings.count("vocab_size"),
                       hidden)  # fmt: skip
    if settings.flag("position_biased_input", default=True):
        rows = settings.count("max_position_embeddings", default=512)
        value = take_table(drawing, ids, f"{prefix}position_embeddings", rows, hidden, value)
    kinds = settings.count("type_vocab_size", default=0)
    if kinds:
        value = take_table(drawing, ids, f"{prefix}token_type_embeddings", kinds, hidden, value)
    return drawing.norm(value, f"{prefix}LayerNorm", hidden, "layer")


def _draw_layer(
    drawing: Drawing, value: str, near: str, places: str, settings: Settings, prefix: str
) -> str:
    """Scores of contents, and of contents and those distances that a text of its length has."""
    hidden, heads = find_hidden(settings), settings.count("num_attention_heads")
    inside = f"{prefix}attention.self."

    def part(side: str) -> str:
        side = drawing.apply("reshape", side, shape=(0, 0, heads, hidden // max(heads, 1)))
        return drawing.apply("transpose", side, permutation=(0, 2, 1, 3))

    whole = drawing.linear(value, Linear(f"{inside}in_proj"), hidden, 3 * hidden)
    query, key, stored = drawing.split(whole, hidden, hidden, hidden)
    query = part(drawing.apply("add", query, drawing.weight(f"{inside}q_bias", hidden)))
    stored = part(drawing.apply("add", stored, drawing.weight(f"{inside}v_bias", hidden)))
    key = part(key)
    asked = part(drawing.linear(near, Linear(f"{inside}pos_proj"), hidden, hidden))
    asks = part(drawing.linear(near, Linear(f"{inside}pos_q_proj", True), hidden, hidden))
    scores = [
        drawing.apply("gather", drawing.apply("matmul", one, other, trans_b=True), places, axis=3)
        for one, other in ((query, asked), (key, asks))
    ]
    turned = drawing.apply("transpose", scores[1], permutation=(0, 1, 3, 2))
    mask = drawing.apply("add", scores[0], turned)
    mixed = drawing.apply("attention", query, key, stored, mask)
    mixed = drawing.apply("transpose", mixed, permutation=(0, 2, 1, 3))
    mixed = drawing.apply("reshape", mixed, shape=(0, 0, hidden))
    mixed = drawing.linear(mixed, Linear(f"{prefix}attention.output.dense", True), hidden, hidden)
    value = drawing.norm(drawing.apply("add", value, mixed),
                         f"{prefix}attention.output.LayerNorm", hidden, "layer")  # fmt: skip
    inner = settings.count("intermediate_size")
    fed = drawing.linear(value, Linear(f"{prefix}intermediate.dense", True), hidden, inner)
    fed = drawing.apply("gelu", fed)
    fed = drawing.linear(fed, Linear(f"{prefix}output.dense", True), inner, hidden)
    value = drawing.apply("add", value, fed)
    return drawing.norm(value, f"{prefix}output.LayerNorm", hidden, "layer")


def _score(drawing: Drawing, value: str, settings: Settings, task: str) -> str:
    hidden = find_hidden(settings)
    if task == "Model":
        return "output"
    if task == "ForMaskedLM":
        table = "deberta.embeddings.word_embeddings"
        score_tokens(drawing, value, settings, table, hidden)
        return "logits"
    if task != "ForSequenceClassification":
        score_classes(drawing, value, "", settings, task, hidden)
        return "logits"
    width = settings.count("pooler_hidden_size", default=hidden)
    first = drawing.apply("slice", value, starts=(0,), ends=(1,), axes=(1,))
    first = drawing.linear(first, Linear("pooler.dense", True), width, width)
    first = drawing.apply("gelu", first)
    drawing.linear(first, Linear("classifier", True), width, count_labels(settings))
    return "logits"
