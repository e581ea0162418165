"""Encoders of text with parts of their own: GTE, Jina 3, EuroBERT, Longformer, I-BERT.

Names: ``modeling_*.py`` of transformers for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import (
    Encoder,
    Extra,
    FeedForward,
    Frame,
    Head,
    Layer,
    Linear,
    Projection,
    Stack,
    Table,
    TextEntry,
)
from cyborg_rr.readers.huggingface.recipes.bert_kin import LM_HEAD, TABLES, Kin, bind
from cyborg_rr.readers.huggingface.recipes.encoders import (
    DEFAULT_TYPE,
    Recipe,
    plan_bert_layer,
    plan_heads,
    plan_ungated,
)
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, find_class
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_activation,
    find_hidden,
    plan_attention,
    plan_gated,
)
from cyborg_rr.readers.huggingface.settings import Settings

_NAMED: Final = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")
_NORMS: Final = ("post_attention_layernorm", "post_mlp_layernorm")
_OTHERS: Final = ("ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering",
                  "ForMultipleChoice")  # fmt: skip


def _turned_layer(settings: Settings) -> Layer:
    """A layer of Jina's third embeddings: BERT under other names, with turned positions."""
    mixer = replace(plan_heads(settings, _NAMED), rotary=True)
    feed = plan_ungated(settings, settings.count("intermediate_size"), "mlp.fc1", "mlp.fc2")
    return Layer(mixer, feed, *_NORMS, after_sum=True)


def _gated_layer(settings: Settings) -> Layer:
    """A layer of GTE: the same with a gate, and a bias behind it alone."""
    feed = FeedForward(
        settings.count("intermediate_size"),
        Linear("mlp.up_proj"),
        Linear("mlp.down_proj", True),
        gate=Linear("mlp.gate_proj"),
        activation=find_activation(settings, "gelu"),
    )
    return replace(_turned_layer(settings), feed=feed)


def _list_seeing(hidden: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """What attends from the tokens that see all, which run only where some are marked."""
    for part in ("query", "key", "value"):
        yield f"attention.self.{part}_global.weight", (hidden, hidden)
        yield f"attention.self.{part}_global.bias", (hidden,)


def _near_layer(settings: Settings) -> Layer:
    """A layer of Longformer."""
    seeing: Extra = tuple(_list_seeing(find_hidden(settings)))
    return replace(plan_bert_layer(settings), extra=seeing)


_NEAR: Final = ("attention counts as the full square of scores; tokens look at a window alone",)

_KIN: Final[Mapping[str, Kin]] = MappingProxyType(
    {
        "gte": Kin("gte", _gated_layer, (TABLES[0], TABLES[2]), layers="layers.{layer}.",
                   model_is_pooled=False, refused=_OTHERS,
                   masked=(*LM_HEAD[:2], "lm_head.decoder.bias")),
        "jina_embeddings_v3": Kin("roberta", _turned_layer, (TABLES[0], TABLES[2]),
                                  layers="layers.{layer}.", refused=(*_OTHERS, "Model"),
                                  masked=LM_HEAD),
        "longformer": Kin("longformer", _near_layer, wide=True, masked=LM_HEAD, notes=_NEAR),
    }
)  # fmt: skip


def _eurobert(settings: Settings) -> Encoder | None:
    """Llama that looks both ways, with the head of its class."""
    task, hidden = find_class(settings), find_hidden(settings)
    prefix = "" if task == "Model" else "model."
    table, rows = f"{prefix}embed_tokens", settings.count("vocab_size")
    heads = {
        "Model": Head(),
        "ForMaskedLM": Head(table=table if settings.is_tied(False) else "lm_head",
                            table_rows=rows),
        "ForTokenClassification": Head(chain=(Projection("classifier", count_labels(settings)),)),
    }  # fmt: skip
    if task not in heads:
        return None
    bias, width = settings.flag("attention_bias"), settings.count("intermediate_size")
    attention = replace(plan_attention(settings, bias=bias), causal=False)
    layer = Layer(attention, plan_gated(settings, width, bias=settings.flag("mlp_bias")))
    stack = Stack(
        Frame(hidden, f"{prefix}layers.{{layer}}.", "rms"),
        TextEntry((Table(table, rows),)),
        (layer,) * count_layers(settings),
        final_norm=f"{prefix}norm",
        head=heads[task],
    )
    return Encoder(settings.element_type or DEFAULT_TYPE, stack)


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {**{word: bind(kin) for word, kin in _KIN.items()}, "eurobert": _eurobert}
)
"""How a configuration is read, by its model type; none where the class has no plan."""
