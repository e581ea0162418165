"""Encoders: BERT and its kin, ViT.

What stands behind the layers depends on the class that a checkpoint was saved from: the first of
``architectures``. Classes without a plan here have no graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import (
    Attention,
    Encoder,
    FeedForward,
    Frame,
    Head,
    ImageEntry,
    Layer,
    Linear,
    Projection,
    Stack,
    Table,
    TextEntry,
)
from cyborg_rr.readers.huggingface.recipes.heads import (
    count_labels,
    find_class,
    find_head,
    name_class,
)
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_activation, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings

Recipe = Callable[[Settings], Encoder | None]

DEFAULT_TYPE: Final = "f32"
"""The type that encoders are published in."""


def plan_heads(
    settings: Settings, names: tuple[str, str, str, str], *, causal: bool = False, **biases: bool
) -> Attention:
    """Attention of as many keys as queries, by the names of its weights."""
    heads = settings.count("num_attention_heads", "n_heads", "encoder_attention_heads")
    query, key, value, output = names
    return Attention(
        heads=heads,
        kv_heads=heads,
        width=find_hidden(settings) // max(heads, 1),
        query=Linear(query, biases.get("query", True)),
        key=Linear(key, biases.get("key", True)),
        value=Linear(value, biases.get("value", True)),
        output=Linear(output, biases.get("output", True)),
        rotary=False,
        causal=causal,
    )


def plan_ungated(
    settings: Settings, width: int, up: str, down: str, bias: bool = True
) -> FeedForward:
    """A feed-forward part of two weights."""
    activation = find_activation(settings, "gelu")
    return FeedForward(width, Linear(up, bias), Linear(down, bias), activation=activation)


def plan_bert_layer(settings: Settings) -> Layer:
    """A layer of BERT's."""
    prefix = "attention.self."
    names = (f"{prefix}query", f"{prefix}key", f"{prefix}value", "attention.output.dense")
    return Layer(
        plan_heads(settings, names),
        plan_ungated(
            settings, settings.count("intermediate_size"), "intermediate.dense", "output.dense"
        ),
        "attention.output.LayerNorm",
        "output.LayerNorm",
        after_sum=True,
    )


def _bert(settings: Settings) -> Encoder | None:
    """BERT, RoBERTa, XLM-RoBERTa and ELECTRA with the head of their class."""
    hidden = find_hidden(settings)
    family = settings.text("model_type")
    narrow = settings.count("embedding_size", default=hidden)
    word = {"xlm-roberta": "roberta", "camembert": "roberta", "xlm-roberta-xl": "roberta",
            "data2vec-text": "data2vec_text"}.get(family, family)  # fmt: skip
    prefix = "" if find_class(settings) == "Model" else f"{word}."
    vocabulary = settings.count("vocab_size")
    tables: tuple[Table, ...] = (
        Table(f"{prefix}embeddings.word_embeddings", vocabulary),
        Table(f"{prefix}embeddings.position_embeddings", settings.count("max_position_embeddings")),
        Table(f"{prefix}embeddings.token_type_embeddings", settings.count("type_vocab_size")),
    )
    tables = tuple(table for table in tables if table.rows)
    if not vocabulary:
        return None
    width = narrow if word == "electra" else hidden
    head = find_head(settings, word, hidden, width)
    if head is None:
        return None
    projection = "" if width == hidden else f"{prefix}embeddings_project"
    stack = Stack(
        Frame(hidden, f"{prefix}encoder.layer.{{layer}}."),
        TextEntry(tables, f"{prefix}embeddings.LayerNorm", width, projection),
        (plan_bert_layer(settings),) * count_layers(settings),
        head=head,
    )
    return Encoder(settings.element_type or DEFAULT_TYPE, stack)


def _ernie(settings: Settings) -> Encoder | None:
    """ERNIE is BERT, with the kind of the task on the tokens where it is asked for."""
    return None if settings.flag("use_task_id") else _bert(settings)


def _distilbert(settings: Settings) -> Encoder | None:
    hidden = find_hidden(settings)
    head = find_head(settings, "distilbert", hidden, hidden)
    if head is None:
        return None
    prefix = "" if find_class(settings) == "Model" else "distilbert."
    vocabulary = settings.count("vocab_size")
    tables = (
        Table(f"{prefix}embeddings.word_embeddings", vocabulary),
        Table(f"{prefix}embeddings.position_embeddings", settings.count("max_position_embeddings")),
    )
    names = tuple(f"attention.{part}_lin" for part in ("q", "k", "v", "out"))
    layer = Layer(
        plan_heads(settings, (names[0], names[1], names[2], names[3])),
        plan_ungated(settings, settings.count("hidden_dim"), "ffn.lin1", "ffn.lin2"),
        "sa_layer_norm",
        "output_layer_norm",
        after_sum=True,
    )
    stack = Stack(
        Frame(hidden, f"{prefix}transformer.layer.{{layer}}."),
        TextEntry(tables, f"{prefix}embeddings.LayerNorm"),
        (layer,) * count_layers(settings),
        head=head,
    )
    return Encoder(settings.element_type or DEFAULT_TYPE, stack)


def _albert(settings: Settings) -> Encoder | None:
    """The same layer again and again, and tokens in narrower vectors than the layers'."""
    groups = (
        settings.count("num_hidden_groups", default=1),
        settings.count("inner_group_num", default=1),
    )
    hidden, narrow = find_hidden(settings), settings.count("embedding_size")
    head = find_head(settings, "albert", hidden, narrow)
    if head is None or groups != (1, 1):
        return None
    prefix = "" if find_class(settings) == "Model" else "albert."
    parts = (
        ("word", settings.count("vocab_size")),
        (
            "position",
            settings.count("max_position_embeddings"),
        ),
    )
    tables = tuple(Table(f"{prefix}embeddings.{part}_embeddings", rows) for part, rows in parts)
    types = Table(f"{prefix}embeddings.token_type_embeddings", settings.count("type_vocab_size"))
    names = ("attention.query", "attention.key", "attention.value", "attention.dense")
    layer = Layer(
        plan_heads(settings, names),
        plan_ungated(settings, settings.count("intermediate_size"), "ffn", "ffn_output"),
        "attention.LayerNorm",
        "full_layer_layer_norm",
        after_sum=True,
    )
    entry = TextEntry(
        (*tables, types),
        f"{prefix}embeddings.LayerNorm",
        narrow,
        f"{prefix}encoder.embedding_hidden_mapping_in",
    )
    stack = Stack(
        Frame(hidden, f"{prefix}encoder.albert_layer_groups.0.albert_layers.0."),
        entry,
        (layer,) * count_layers(settings),
        head=head,
    )
    return Encoder(settings.element_type or DEFAULT_TYPE, stack)


def _modernbert(settings: Settings) -> Encoder | None:
    """Gated parts without biases; the first layer has no norm in front."""
    has_biases = settings.flag("attention_bias") or settings.flag("mlp_bias")
    task = find_class(settings)
    prefix = "" if task == "Model" else "model."
    head = _modernbert_head(settings, task)
    if head is None or has_biases or settings.flag("norm_bias"):
        return None
    width, vocabulary = settings.count("intermediate_size"), settings.count("vocab_size")
    unused = ("attn.Wqkv", "attn.Wqkv", "attn.Wqkv", "attn.Wo")
    attention = plan_heads(settings, unused, query=False, key=False, value=False, output=False)
    layer = Layer(
        replace(attention, fused=Linear("attn.Wqkv"), rotary=True),
        FeedForward(
            width,
            Linear("mlp.Wi"),
            Linear("mlp.Wo"),
            fused=Linear("mlp.Wi"),
            activation=find_activation(settings, "gelu"),
        ),
        "attn_norm",
        "mlp_norm",
    )
    count = count_layers(settings)
    table = f"{prefix}embeddings.tok_embeddings"
    stack = Stack(
        Frame(find_hidden(settings), prefix + "layers.{layer}.", "layer_without_bias"),
        TextEntry((Table(table, vocabulary),), f"{prefix}embeddings.norm"),
        (replace(layer, mixer_norm=""), *(layer,) * (count - 1)) if count else (),
        f"{prefix}final_norm",
        head,
    )
    return Encoder(settings.element_type or DEFAULT_TYPE, stack)


def _modernbert_head(settings: Settings, task: str) -> Head | None:
    """Scores of tokens or of classes, behind a weight and a norm of their own."""
    inner = Projection("head.dense", find_hidden(settings), "gelu", "head.norm",
                       settings.flag("classifier_bias"))  # fmt: skip
    scores = Projection("classifier", count_labels(settings))
    match task:
        case "Model":
            return Head()
        case "ForMaskedLM":
            rows = settings.count("vocab_size")
            bias = "decoder.bias" if settings.flag("decoder_bias", default=True) else ""
            table = "model.embeddings.tok_embeddings"
            return Head("head.dense", inner.bias, "head.norm", table, rows, bias)
        case "ForSequenceClassification":
            return Head(first=True, chain=(inner, scores))
        case "ForTokenClassification" | "ForQuestionAnswering":
            return Head(chain=(inner, scores))
        case _:
            return None


def _vit(settings: Settings) -> Encoder | None:
    hidden = find_hidden(settings)
    outer, head = "", Head(first=True, chain=(Projection("pooler.dense", hidden, "tanh"),))
    if name_class(settings) == "ViTForImageClassification":
        outer, head = (
            "vit.",
            Head(first=True, chain=(Projection("classifier", count_labels(settings)),)),
        )
    elif name_class(settings) != "ViTModel":
        return None
    prefix, bias = "attention.attention.", settings.flag("qkv_bias", default=True)
    names = (f"{prefix}query", f"{prefix}key", f"{prefix}value", "attention.output.dense")
    layer = Layer(
        plan_heads(settings, names, query=bias, key=bias, value=bias),
        plan_ungated(
            settings, settings.count("intermediate_size"), "intermediate.dense", "output.dense"
        ),
        "layernorm_before",
        "layernorm_after",
    )
    size, patch = settings.count("image_size"), settings.count("patch_size")
    if not 0 < patch <= size or size > 2**16:
        return None
    entry = ImageEntry(
        channels=settings.count("num_channels", default=3),
        height=size,
        width=size,
        patch=patch,
        projection=Linear(f"{outer}embeddings.patch_embeddings.projection", True),
        classes=(f"{outer}embeddings.cls_token",),
        positions=f"{outer}embeddings.position_embeddings",
    )
    stack = Stack(
        Frame(hidden, outer + "encoder.layer.{layer}."),
        entry,
        (layer,) * count_layers(settings),
        final_norm=f"{outer}layernorm",
        head=head,
    )
    return Encoder(settings.element_type or DEFAULT_TYPE, stack)


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "bert": _bert, "roberta": _bert, "xlm-roberta": _bert, "camembert": _bert,
        "electra": _bert, "data2vec-text": _bert, "ernie": _ernie,
        "albert": _albert, "modernbert": _modernbert,
        "distilbert": _distilbert, "vit": _vit,
    }
)  # fmt: skip
"""How a configuration is read, by its model type; none where the class has no plan."""
