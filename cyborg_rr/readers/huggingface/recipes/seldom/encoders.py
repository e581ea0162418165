"""Encoders of text with parts of their own: GTE, Jina 3, EuroBERT, Longformer, I-BERT.

Names: ``modeling_*.py`` of transformers for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import (
    Attention,
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

_OTHERS: Final = ("ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering",
                  "ForMultipleChoice")  # fmt: skip


def _plan_fused(settings: Settings, fused: str, output: str) -> Attention:
    """Attention with turned positions and one weight for all three sides."""
    mixer = plan_heads(settings, (fused, fused, fused, output))
    return replace(mixer, rotary=True, fused=Linear(fused, True))


def _turned_layer(settings: Settings) -> Layer:
    """A layer of Jina's third embeddings."""
    mixer = _plan_fused(settings, "mixer.Wqkv", "mixer.out_proj")
    feed = plan_ungated(settings, settings.count("intermediate_size"), "mlp.fc1", "mlp.fc2")
    return Layer(mixer, feed, "norm1", "norm2", after_sum=True)


def _gated_layer(settings: Settings) -> Layer:
    """A layer of GTE: its gate has no bias, what stands behind it has one."""
    mixer = _plan_fused(settings, "attention.qkv_proj", "attention.o_proj")
    fused = Linear("mlp.up_gate_proj")
    feed = FeedForward(
        settings.count("intermediate_size"),
        fused,
        Linear("mlp.down_proj", True),
        fused=fused,
        activation=find_activation(settings, "gelu"),
    )
    return Layer(mixer, feed, "attn_ln", "mlp_ln", after_sum=True)


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
        "gte": Kin("gte", _gated_layer, (TABLES[0], TABLES[2]), model_is_pooled=False,
                   refused=_OTHERS,
                   masked=("lm_head.dense", "lm_head.norm", "lm_head.decoder.bias")),
        "jina_embeddings_v3": Kin("roberta", _turned_layer, (TABLES[0], TABLES[2]),
                                  norm="emb_ln", layers="encoder.layers.{layer}.",
                                  refused=(*_OTHERS, "Model"), masked=LM_HEAD),
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


def _rembert(settings: Settings) -> Encoder | None:
    """BERT with narrow vectors of tokens and wider ones before the scores, which are not tied."""
    if find_class(settings) not in ("ForMaskedLM", "ForCausalLM") or settings.is_tied(False):
        return None
    rows, scored = settings.count("vocab_size"), "cls.predictions."
    made = Projection(f"{scored}dense", settings.count("output_embedding_size"), "gelu",
                      f"{scored}LayerNorm")  # fmt: skip
    head = Head(chain=(made,), table=f"{scored}decoder", table_rows=rows,
                bias=f"{scored}decoder.bias")  # fmt: skip
    prefix = "rembert.embeddings."
    tables = (Table(f"{prefix}{name}_embeddings", settings.count(size)) for name, size in TABLES)
    entry = TextEntry(
        tuple(tables),
        f"{prefix}LayerNorm",
        settings.count("input_embedding_size"),
        "rembert.encoder.embedding_hidden_mapping_in",
    )
    frame = Frame(find_hidden(settings), "rembert.encoder.layer.{layer}.")
    layers = (plan_bert_layer(settings),) * count_layers(settings)
    stack = Stack(frame, entry, layers, head=head)
    return Encoder(settings.element_type or DEFAULT_TYPE, stack)


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {**{word: bind(kin) for word, kin in _KIN.items()}, "eurobert": _eurobert, "rembert": _rembert}
)
"""How a configuration is read, by its model type; none where the class has no plan."""
