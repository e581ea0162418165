"""DeBERTa of the second and third version: attention to contents and to distances.

Names and the products with distances: ``modeling_deberta_v2.py`` of transformers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.sketching import Sketch
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, find_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings

_KNOWN: Final = frozenset(
    {"Model", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering"}
)


def plan_deberta(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    task, hidden = find_class(settings), find_hidden(settings)
    kinds = settings.find("pos_att_type")
    kinds = kinds.split("|") if isinstance(kinds, str) else settings.texts("pos_att_type")
    plain = (
        task in _KNOWN
        and settings.flag("relative_attention")
        and settings.flag("share_att_key")
        and settings.find_count("conv_kernel_size") in (None, 0)
        and settings.count("embedding_size", default=hidden) == hidden
        and set(kinds) == {"p2c", "c2p"}
    )
    if not plain:
        return None

    def draw(drawing: Drawing) -> str:
        prefix = "" if task == "Model" else "deberta."
        ids = drawing.input("ids", TensorType("i64", ("batch", "sequence")))
        value = _enter(drawing, ids, settings, prefix)
        buckets = settings.find("position_buckets")
        longest = settings.find("max_relative_positions")
        if not isinstance(longest, int) or longest < 1:
            longest = settings.count("max_position_embeddings", default=512)
        span = buckets if isinstance(buckets, int) and buckets > 0 else longest
        table = drawing.weight(f"{prefix}encoder.rel_embeddings.weight", 2 * span, hidden)
        if "layer_norm" in settings.text("norm_rel_ebd"):
            table = drawing.norm(table, f"{prefix}encoder.LayerNorm", hidden, "layer")
        places = drawing.apply("slice", ids, starts=(0,), ends=(1,), axes=(0,))
        places = drawing.apply("reshape", places, shape=(-1,))
        for layer in range(count_layers(settings)):
            place = f"{prefix}encoder.layer.{layer}."
            value = _draw_layer(drawing, value, table, places, settings, place)
        return _score(drawing, value, task, settings)

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _enter(drawing: Drawing, ids: str, settings: Settings, prefix: str) -> str:
    hidden = find_hidden(settings)
    rows = [("word", settings.count("vocab_size"))]
    if settings.flag("position_biased_input", default=True):
        rows.append(("position", settings.count("max_position_embeddings", default=512)))
    if settings.count("type_vocab_size", default=0):
        rows.append(("token_type", settings.count("type_vocab_size")))
    value = ""
    for name, count in rows:
        table = drawing.weight(f"{prefix}embeddings.{name}_embeddings.weight", count, hidden)
        looked = drawing.apply("gather", table, ids)
        value = drawing.apply("add", value, looked) if value else looked
    return drawing.norm(value, f"{prefix}embeddings.LayerNorm", hidden, "layer")


def _draw_layer(
    drawing: Drawing, value: str, table: str, places: str, settings: Settings, prefix: str
) -> str:
    hidden, heads = find_hidden(settings), settings.count("num_attention_heads")
    width = hidden // max(heads, 1)

    def project(side: str, name: str) -> str:
        whole = drawing.linear(side, Linear(f"{prefix}attention.self.{name}_proj", True),
                               hidden, hidden)  # fmt: skip
        return whole if name == "value" else _part(drawing, whole, heads, width)

    query, key, stored = (project(value, name) for name in ("query", "key", "value"))
    rows = drawing.apply("unsqueeze", table, axes=(0,))
    scores = [
        drawing.apply("gather", drawing.apply("matmul", side, project(rows, name), trans_b=True),
                      places, axis=3)
        for side, name in ((query, "key"), (key, "query"))
    ]  # fmt: skip
    turned = drawing.apply("transpose", scores[1], permutation=(0, 1, 3, 2))
    mask = drawing.apply("add", scores[0], turned)
    stored = _part(drawing, stored, heads, width)
    mixed = drawing.apply("attention", query, key, stored, mask)
    mixed = drawing.apply("transpose", mixed, permutation=(0, 2, 1, 3))
    mixed = drawing.apply("reshape", mixed, shape=(0, 0, hidden))
    part = drawing.linear(mixed, Linear(f"{prefix}attention.output.dense", True), hidden, hidden)
    value = drawing.norm(drawing.apply("add", value, part),
                         f"{prefix}attention.output.LayerNorm", hidden, "layer")  # fmt: skip
    inner = settings.count("intermediate_size")
    part = drawing.linear(value, Linear(f"{prefix}intermediate.dense", True), hidden, inner)
    part = drawing.apply("gelu", part)
    part = drawing.linear(part, Linear(f"{prefix}output.dense", True), inner, hidden)
    value = drawing.apply("add", value, part)
    return drawing.norm(value, f"{prefix}output.LayerNorm", hidden, "layer")


def _part(drawing: Drawing, value: str, heads: int, width: int) -> str:
    """Heads in front of places."""
    value = drawing.apply("reshape", value, shape=(0, 0, heads, width))
    return drawing.apply("transpose", value, permutation=(0, 2, 1, 3))


def _score(drawing: Drawing, value: str, task: str, settings: Settings) -> str:
    hidden = find_hidden(settings)
    if task == "Model":
        return "output"
    if task == "ForSequenceClassification":
        width = settings.count("pooler_hidden_size", default=hidden)
        value = drawing.apply("slice", value, starts=(0,), ends=(1,), axes=(1,))
        value = drawing.apply(
            "gelu", drawing.linear(value, Linear("pooler.dense", True), width, width)
        )
        drawing.linear(value, Linear("classifier", True), width, count_labels(settings))
    elif task == "ForTokenClassification":
        drawing.linear(value, Linear("classifier", True), hidden, count_labels(settings))
    else:
        drawing.linear(value, Linear("qa_outputs", True), hidden, count_labels(settings))
    return "logits"
