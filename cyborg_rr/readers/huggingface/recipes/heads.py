"""What stands behind the layers: it follows from the class that a checkpoint was saved from.

Names and widths are those of the classes of transformers 5 (``modeling_*.py`` of each model).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import Decoder, Head, Projection
from cyborg_rr.readers.huggingface.settings import Settings

_TASKS: Final = (
    "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering",
    "ForMultipleChoice", "ForPreTraining", "ForMaskedLM", "ForCausalLM",
    "ForConditionalGeneration", "ForNextSentencePrediction", "ForImageClassification",
    "LMHeadModel", "DoubleHeadsModel", "Model",
)  # fmt: skip
_TASK: Final = re.compile("For[A-Z]")
_LABELS: Final = 2
"""Of a configuration that names none (``PreTrainedConfig.num_labels``)."""

_TOKEN_HEADS: Final = frozenset(
    {"gpt2", "gpt_neo", "gpt_bigcode", "gpt_neox", "bloom", "falcon", "mpt"}
)
"""Whose scores of each token are called ``classifier``; elsewhere ``score``."""

_AS: Final[Mapping[str, str]] = MappingProxyType({"ernie": "bert", "data2vec_text": "roberta"})
"""Whose heads are those of another model."""

_POOLED: Final[Mapping[str, tuple[Projection, ...]]] = MappingProxyType(
    {
        "bert": (Projection("{}pooler.dense", 0, "tanh"),),
        "roberta": (Projection("{}pooler.dense", 0, "tanh"),),
        "albert": (Projection("{}pooler", 0, "tanh"),),
        "distilbert": (Projection("pre_classifier", 0, "relu"),),
    }
)
"""What is made of the first vector before classes are scored by it."""


def name_class(settings: Settings) -> str:
    """The class that a checkpoint was saved from."""
    return (settings.texts("architectures") or ("",))[0]


def find_class(settings: Settings) -> str:
    """What the class is for, by the end of its name; empty where it is none of those here."""
    name = name_class(settings)
    found = next((task for task in _TASKS if name.endswith(task)), "")
    return "" if found == "Model" and _TASK.search(name) else found


def count_labels(settings: Settings) -> int:
    """How many classes are scored."""
    named = settings.enter("id2label")
    if named is not None:
        return len(named.stated)
    return settings.count("num_labels", "_num_labels", default=_LABELS)


def put_head(
    settings: Settings, plan: Decoder | None, outer: Settings | None = None
) -> Decoder | None:
    """A decoder with the head of its class; None where that is not known here."""
    stated = settings if outer is None else outer
    if plan is None:
        return None
    match find_class(stated):
        case "ForCausalLM" | "ForConditionalGeneration" | "LMHeadModel":
            return plan
        case "Model":
            return replace(plan, classes=0, transform=None)
        case "ForSequenceClassification":
            return _score(plan, "score", False, count_labels(stated))
        case "ForTokenClassification":
            early = settings.text("model_type") in _TOKEN_HEADS
            return _score(plan, "classifier" if early else "score", True, count_labels(stated))
        case "ForQuestionAnswering":
            return _score(plan, "qa_outputs", True, 2)
        case _:
            return plan if not name_class(stated) else None


def _score(plan: Decoder, name: str, bias: bool, classes: int) -> Decoder:
    return replace(plan, head=name, head_bias=bias, classes=classes, score_cap=0.0, transform=None)


def find_head(settings: Settings, word: str, hidden: int, narrow: int) -> Head | None:
    """The head of an encoder's class, of vectors so wide and tokens of ``narrow`` ones.

    None where the class is not known here.
    """
    labels = count_labels(settings)
    if word in _AS:
        head = find_head(settings, _AS[word], hidden, narrow)
        return None if head is None else _rename(head, _AS[word], word)
    match find_class(settings):
        case "Model":
            return Head() if word in ("electra", "distilbert") else _pool(word, "", hidden)
        case "ForTokenClassification":
            return Head(chain=(Projection("classifier", labels),))
        case "ForQuestionAnswering":
            return Head(chain=(Projection("qa_outputs", labels),))
        case "ForSequenceClassification":
            return _classify(word, hidden, labels)
        case "ForMultipleChoice":
            return _choose(word, hidden)
        case "ForMaskedLM":
            return _masked(settings, word, narrow)
        case "LMHeadModel" | "ForCausalLM" if word in ("bert", "roberta", "electra"):
            return _masked(settings, word, narrow)
        case "ForPreTraining":
            return _pretrain(settings, word, hidden, narrow)
        case "ForNextSentencePrediction" if word == "bert":
            return _pool(word, "bert.", hidden, Projection("cls.seq_relationship", 2))
        case _:
            return None


def _rename(head: Head, old: str, new: str) -> Head:
    """The head with another word in front of what has the model's own."""

    def move(name: str) -> str:
        return f"{new}.{name.removeprefix(f'{old}.')}" if name.startswith(f"{old}.") else name

    chain = tuple(replace(part, name=move(part.name)) for part in head.chain)
    beside = None if head.beside is None else _rename(head.beside, old, new)
    return replace(head, chain=chain, table=move(head.table), beside=beside)


def _pool(word: str, prefix: str, hidden: int, *behind: Projection) -> Head | None:
    """The first vector once more, then what stands behind it."""
    if word not in _POOLED:
        return None
    pooler = (replace(p, name=p.name.format(prefix), rows=hidden) for p in _POOLED[word])
    return Head(first=True, chain=(*pooler, *behind))


def _classify(word: str, hidden: int, labels: int) -> Head | None:
    if word == "roberta":
        inner = Projection("classifier.dense", hidden, "tanh")
        return Head(first=True, chain=(inner, Projection("classifier.out_proj", labels)))
    if word == "electra":
        inner = Projection("classifier.dense", hidden, "gelu")
        return Head(first=True, chain=(inner, Projection("classifier.out_proj", labels)))
    return _pool(word, f"{word}.", hidden, Projection("classifier", labels))


def _choose(word: str, hidden: int) -> Head | None:
    return _pool(word, f"{word}.", hidden, Projection("classifier", 1))


def _masked(settings: Settings, word: str, narrow: int) -> Head | None:
    """Scores of tokens, by the table of tokens unless they have a weight of their own.

    None for those of BERT and its kin, whose bias stands there twice then, or once as before.
    """
    rows, tied = settings.count("vocab_size"), settings.is_tied(True)
    table = f"{word}.embeddings.word_embeddings"

    def score(inner: str, norm: str, bias: str, own: str) -> Head:
        name = table if tied else own
        chain = (Projection(inner, narrow, "gelu", norm),)
        return Head(chain=chain, table=name, table_rows=rows, bias=bias)

    if not tied and word not in ("distilbert", "electra"):
        return None
    match word:
        case "bert":
            inner = "cls.predictions."
            return score(f"{inner}transform.dense", f"{inner}transform.LayerNorm",
                         f"{inner}bias", f"{inner}decoder")  # fmt: skip
        case "roberta":
            return score("lm_head.dense", "lm_head.layer_norm", "lm_head.bias", "lm_head.decoder")
        case "albert":
            return score("predictions.dense", "predictions.LayerNorm", "predictions.bias",
                         "predictions.decoder")  # fmt: skip
        case "distilbert":
            return score("vocab_transform", "vocab_layer_norm", "vocab_projector.bias",
                         "vocab_projector")  # fmt: skip
        case "electra":
            return score("generator_predictions.dense", "generator_predictions.LayerNorm",
                         "generator_lm_head.bias", "generator_lm_head")  # fmt: skip
        case _:
            return None


def _pretrain(settings: Settings, word: str, hidden: int, narrow: int) -> Head | None:
    if word == "electra":
        prefix = "discriminator_predictions.dense"
        chain = (Projection(prefix, hidden, "gelu"), Projection(f"{prefix}_prediction", 1))
        return Head(chain=chain)
    scores = _masked(settings, word, narrow)
    orders = {
        "bert": Projection("cls.seq_relationship", 2),
        "albert": Projection("sop_classifier.classifier", count_labels(settings)),
    }
    if scores is None or word not in orders:
        return None
    return replace(scores, beside=_pool(word, f"{word}.", hidden, orders[word]))
