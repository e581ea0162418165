"""LayoutLMv3: words with their boxes, and patches of the page.

Names: ``modeling_layoutlmv3.py`` of transformers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import Frame, Linear
from cyborg_rr.readers.architectures.sketching import Sketch, convolve, flatten_image, take
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE, plan_bert_layer
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.texts.scoring import TASKS, take_table

_FEW: Final = 10
"""Classes of tokens from which on a head has a weight of its own in front."""

_SIDES: Final = (("x", "coordinate_size"), ("y", "coordinate_size"), ("x", "coordinate_size"),
                 ("y", "coordinate_size"), ("h", "shape_size"), ("w", "shape_size"))  # fmt: skip
_BINS: Final = (("rel_pos_bias", "rel_pos_bins", "has_relative_attention_bias"),
                ("rel_pos_x_bias", "rel_2d_pos_bins", "has_spatial_attention_bias"),
                ("rel_pos_y_bias", "rel_2d_pos_bins", "has_spatial_attention_bias"))  # fmt: skip


def plan_layoutlm3(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    task = name_class(settings).removeprefix("LayoutLMv3")
    side, patch = (settings.count(name, default=default)
                   for name, default in (("input_size", 224), ("patch_size", 16)))  # fmt: skip
    plain = all(settings.flag(name, default=True) for name in ("text_embed", "visual_embed"))
    if task not in TASKS or task == "ForMaskedLM" or not plain or not 0 < patch <= side < 2**14:
        return None
    prefix = "" if task == "Model" else "layoutlmv3."

    def draw(drawing: Drawing) -> str:
        hidden = find_hidden(settings)
        text = _enter_text(drawing, settings, f"{prefix}embeddings.")
        page, count = _enter_page(drawing, settings, prefix, side, patch)
        value = drawing.apply("concatenate", text, page, axis=1)
        value = drawing.norm(value, f"{prefix}LayerNorm", hidden, "layer")
        heads = settings.count("num_attention_heads")
        for name, bins, asked in _BINS:
            if settings.flag(asked, default=True):
                rows = settings.count(bins, default=32 if bins == "rel_pos_bins" else 64)
                drawing.weight(f"{prefix}encoder.{name}.weight", heads, rows)
        frame = Frame(hidden, prefix + "encoder.layer.{layer}.")
        layers = (plan_bert_layer(settings),) * count_layers(settings)
        value = draw_layers(drawing, value, layers, frame)
        if task == "Model":
            return "output"
        if task == "ForSequenceClassification":
            value = drawing.apply("slice", value, starts=(0,), ends=(1,), axes=(1,))
        elif task == "ForTokenClassification":
            value = drawing.apply("slice", value, starts=(0,), ends=(-count,), axes=(1,))
        _score(drawing, value, settings, task)
        return "logits"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _enter_text(drawing: Drawing, settings: Settings, prefix: str) -> str:
    """Tokens, and where the box of each begins and ends, side by side."""
    hidden = find_hidden(settings)
    ids = drawing.input("ids", TensorType("i64", ("batch", "sequence")))
    value = ""
    for name, rows in (("word", "vocab_size"), ("token_type", "type_vocab_size"),
                       ("position", "max_position_embeddings")):  # fmt: skip
        table = f"{prefix}{name}_embeddings"
        value = take_table(drawing, ids, table, settings.count(rows), hidden, value)
    most = settings.count("max_2d_position_embeddings", default=1024)
    sides = [
        take_table(drawing, ids, f"{prefix}{name}_position_embeddings", most,
                   settings.count(width, default=128))
        for name, width in _SIDES
    ]  # fmt: skip
    value = drawing.apply("add", value, drawing.apply("concatenate", *sides, axis=-1))
    return drawing.norm(value, f"{prefix}LayerNorm", hidden, "layer")


def _enter_page(
    drawing: Drawing, settings: Settings, prefix: str, side: int, patch: int
) -> tuple[str, int]:
    """The patches of the page, and how many there are with the row in front."""
    hidden, channels = find_hidden(settings), settings.count("num_channels", default=3)
    value = take(drawing, "pixels", "batch", channels, side, side)
    value = convolve(drawing, value, f"{prefix}patch_embed.proj", channels, hidden, (patch, patch),
                     stride=patch, padding=0)  # fmt: skip
    value = flatten_image(drawing, value, hidden)
    drawing.weight(f"{prefix}cls_token", 1, 1, hidden)
    value = drawing.apply("pad", value, padding_low=(0, 1, 0), padding_high=(0, 0, 0))
    count = (side // patch) ** 2 + 1
    table = drawing.weight(f"{prefix}pos_embed", 1, count, hidden)
    value = drawing.apply("add", value, table)
    return drawing.norm(value, f"{prefix}norm", hidden, "layer"), count


def _score(drawing: Drawing, value: str, settings: Settings, task: str) -> None:
    hidden, labels = find_hidden(settings), count_labels(settings)
    if task == "ForTokenClassification" and labels < _FEW:
        drawing.linear(value, Linear("classifier", True), hidden, labels)
        return
    name = "qa_outputs" if task == "ForQuestionAnswering" else "classifier"
    value = drawing.linear(value, Linear(f"{name}.dense", True), hidden, hidden)
    value = drawing.apply("tanh", value)
    drawing.linear(value, Linear(f"{name}.out_proj", True), hidden, labels)
