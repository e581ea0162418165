"""SqueezeBERT: BERT whose weights work by groups. Names: ``modeling_squeezebert.py``."""

from __future__ import annotations

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.sketching import Sketch, convolve
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.texts.scoring import (
    TASKS,
    pool_first,
    score_classes,
    score_tokens,
    take_table,
)

_ORDER = (0, 2, 1)


def plan_squeezebert(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    task = name_class(settings).removeprefix("SqueezeBert")
    hidden = find_hidden(settings)
    narrow = settings.count("embedding_size", default=hidden)
    if task not in TASKS or narrow != hidden or not settings.is_tied(True):
        return None
    prefix = "" if task == "Model" else "transformer."

    def draw(drawing: Drawing) -> str:
        ids = drawing.input("ids", TensorType("i64", ("batch", "sequence")))
        inside, value = f"{prefix}embeddings.", ""
        for name, rows in (("word", "vocab_size"), ("position", "max_position_embeddings"),
                           ("token_type", "type_vocab_size")):  # fmt: skip
            table = f"{inside}{name}_embeddings"
            value = take_table(drawing, ids, table, settings.count(rows), hidden, value)
        value = drawing.norm(value, f"{inside}LayerNorm", hidden, "layer")
        for layer in range(count_layers(settings)):
            value = _draw_layer(drawing, value, settings, f"{prefix}encoder.layers.{layer}.")
        pooled = pool_first(drawing, value, f"{prefix}pooler.dense", hidden)
        if task == "Model":
            return "output"
        if task == "ForMaskedLM":
            table = f"{prefix}embeddings.word_embeddings"
            score_tokens(drawing, value, settings, table, hidden)
        else:
            score_classes(drawing, value, pooled, settings, task, hidden)
        return "logits"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _mix(drawing: Drawing, value: str, name: str, sizes: tuple[int, int], groups: int) -> str:
    """A weight over the channels, by groups of them."""
    value = drawing.apply("transpose", value, permutation=_ORDER)
    value = convolve(drawing, value, name, *sizes, (1,), groups=max(groups, 1))
    return drawing.apply("transpose", value, permutation=_ORDER)


def _draw_layer(drawing: Drawing, value: str, settings: Settings, prefix: str) -> str:
    hidden, heads = find_hidden(settings), settings.count("num_attention_heads")
    inner = settings.count("intermediate_size")

    def count(name: str, default: int = 4) -> int:
        return settings.count(f"{name}_groups", default=default)

    sides = [
        _mix(drawing, value, f"{prefix}attention.{name}", (hidden, hidden), count(name[0]))
        for name in ("query", "key", "value")
    ]
    part = drawing.apply("attention", *sides, q_num_heads=heads, kv_num_heads=heads)
    part = _mix(drawing, part, f"{prefix}post_attention.conv1d", (hidden, hidden),
                count("post_attention", 1))  # fmt: skip
    value = drawing.apply("add", value, part)
    value = drawing.norm(value, f"{prefix}post_attention.layernorm", hidden, "layer")
    part = _mix(drawing, value, f"{prefix}intermediate.conv1d", (hidden, inner),
                count("intermediate"))  # fmt: skip
    part = _mix(drawing, drawing.apply("gelu", part), f"{prefix}output.conv1d", (inner, hidden),
                count("output"))  # fmt: skip
    value = drawing.apply("add", value, part)
    return drawing.norm(value, f"{prefix}output.layernorm", hidden, "layer")
