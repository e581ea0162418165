"""What stands behind the layers of encoders that keep BERT's heads under BERT's names."""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.huggingface.recipes.heads import count_labels
from cyborg_rr.readers.huggingface.settings import Settings

TASKS: Final = ("Model", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification",
                "ForQuestionAnswering")  # fmt: skip


def take_table(
    drawing: Drawing, ids: str, name: str, rows: int, width: int, value: str = ""
) -> str:
    """Rows of a table by the tokens, on what is there."""
    looked = drawing.apply("gather", drawing.weight(f"{name}.weight", rows, width), ids)
    return drawing.apply("add", value, looked) if value else looked


def pool_first(drawing: Drawing, value: str, name: str, hidden: int) -> str:
    """The first vector once more."""
    first = drawing.apply("slice", value, starts=(0,), ends=(1,), axes=(1,))
    return drawing.apply("tanh", drawing.linear(first, Linear(name, True), hidden, hidden))


def transform(drawing: Drawing, value: str, hidden: int) -> str:
    """The weight and norm in front of the scores of tokens."""
    prefix = "cls.predictions.transform."
    value = drawing.linear(value, Linear(f"{prefix}dense", True), hidden, hidden)
    return drawing.norm(drawing.apply("gelu", value), f"{prefix}LayerNorm", hidden, "layer")


def score_tokens(drawing: Drawing, value: str, settings: Settings, table: str, hidden: int) -> None:
    """Scores of tokens by the table of tokens."""
    rows = settings.count("vocab_size")
    value = transform(drawing, value, hidden)
    value = drawing.linear(value, Linear(table), hidden, rows)
    drawing.apply("add", value, drawing.weight("cls.predictions.bias", rows))


def score_classes(
    drawing: Drawing, value: str, pooled: str, settings: Settings, task: str, hidden: int
) -> None:
    """Scores of classes by the pooled vector, or by each."""
    name = "qa_outputs" if task == "ForQuestionAnswering" else "classifier"
    source = pooled if task == "ForSequenceClassification" else value
    drawing.linear(source, Linear(name, True), hidden, count_labels(settings))
