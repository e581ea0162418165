"""Encoders of text that are BERT but for names, norms and what is added to the scores.

Names: ``modeling_*.py`` of transformers for each of them. The next one is a row of ``_KIN``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
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
from cyborg_rr.readers.huggingface.recipes.encoders import (
    DEFAULT_TYPE,
    Recipe,
    plan_bert_layer,
    plan_heads,
)
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, find_class, name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings

TABLES: Final = (
    ("word", "vocab_size"), ("position", "max_position_embeddings"),
    ("token_type", "type_vocab_size"),
)  # fmt: skip
_PREDICTIONS: Final = ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",
                       "cls.predictions.bias")  # fmt: skip
LM_HEAD: Final = ("lm_head.dense", "lm_head.layer_norm", "lm_head.bias")


def _add_nothing(_: Settings, __: str) -> Extra:
    return ()


@dataclass(frozen=True, slots=True)
class Kin:
    """How a model differs from BERT.

    ``tables`` are named with the setting of their rows. ``wide`` heads of classes have a weight
    ``classifier.dense`` of their own, others stand on the pooler. ``pooled`` tasks run the pooler
    beside what they score, ``refused`` ones have heads that are not drawn here. ``masked`` names
    the weight, norm and bias of the scores of tokens.
    """

    word: str
    layer: Callable[[Settings], Layer]
    tables: tuple[tuple[str, str], ...] = TABLES
    norm: str = "embeddings.LayerNorm"
    layers: str = "encoder.layer.{layer}."
    final_norm: str = ""
    pooler: str = "pooler.dense"
    pooled: tuple[str, ...] = ()
    model_is_pooled: bool = True
    wide: bool = False
    masked: tuple[str, str, str] = _PREDICTIONS
    beside: Callable[[Settings, str], Extra] = _add_nothing
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def plan_kin(settings: Settings, kin: Kin) -> Encoder | None:
    """The plan of one of the kin with the head of its class; None where that is not known."""
    task, hidden = find_class(settings), find_hidden(settings)
    prefix = "" if task == "Model" else f"{kin.word}."
    head = _plan_head(settings, kin, task, prefix)
    if (
        not settings.count("vocab_size")
        or head is None
        or task in kin.refused
        or not settings.is_tied(True)
    ):
        return None
    if task in kin.pooled and (task != "Model" or kin.model_is_pooled):
        beside = Head(first=True, chain=(Projection(prefix + kin.pooler, hidden, "tanh"),))
        head = replace(head, beside=beside)
    tables = (Table(f"{prefix}embeddings.{name}_embeddings", settings.count(rows, default=0))
              for name, rows in kin.tables)  # fmt: skip
    stack = Stack(
        Frame(hidden, prefix + kin.layers),
        TextEntry(tuple(table for table in tables if table.rows), kin.norm and prefix + kin.norm),
        (kin.layer(settings),) * count_layers(settings),
        kin.final_norm and prefix + kin.final_norm,
        head,
        kin.beside(settings, prefix),
    )
    return Encoder(settings.element_type or DEFAULT_TYPE, stack, notes=kin.notes)


def _plan_head(settings: Settings, kin: Kin, task: str, prefix: str) -> Head | None:
    hidden, labels = find_hidden(settings), count_labels(settings)
    pooler = Projection(prefix + kin.pooler, hidden, "tanh")
    match task:
        case "Model":
            return Head(first=True, chain=(pooler,)) if kin.model_is_pooled else Head()
        case "ForTokenClassification":
            return Head(chain=(Projection("classifier", labels),))
        case "ForQuestionAnswering":
            return Head(chain=(Projection("qa_outputs", labels),))
        case "ForSequenceClassification" if kin.wide:
            inner = Projection("classifier.dense", hidden, "tanh")
            return Head(first=True, chain=(inner, Projection("classifier.out_proj", labels)))
        case "ForSequenceClassification":
            return Head(first=True, chain=(pooler, Projection("classifier", labels)))
        case "ForMultipleChoice":
            return Head(first=True, chain=(pooler, Projection("classifier", 1)))
        case "ForMaskedLM" | "ForCausalLM":
            dense, norm, bias = kin.masked
            table = f"{prefix}embeddings.word_embeddings"
            chain = (Projection(dense, hidden, "gelu", norm),) if dense else ()
            return Head(chain=chain, table=table,
                        table_rows=settings.count("vocab_size"), bias=bias)  # fmt: skip
        case _:
            return None


def _mpnet_layer(settings: Settings) -> Layer:
    inside = "attention.attn."
    names = (f"{inside}q", f"{inside}k", f"{inside}v", f"{inside}o")
    return replace(plan_bert_layer(settings), mixer=plan_heads(settings, names),
                   mixer_norm="attention.LayerNorm")  # fmt: skip


def _list_distances(settings: Settings, prefix: str) -> Extra:
    """The table of distances that all layers of MPNet share."""
    rows = settings.count("relative_attention_num_buckets", default=32)
    heads = settings.count("num_attention_heads")
    return ((f"{prefix}encoder.relative_attention_bias.weight", (rows, heads)),)


def _esm_layer(settings: Settings) -> Layer:
    layer = plan_bert_layer(settings)
    return replace(layer, mixer_norm="attention.LayerNorm", feed_norm="LayerNorm", after_sum=False)


def _list_contacts(settings: Settings, prefix: str) -> Extra:
    """What predicts contacts from all scores, which runs only where it is asked for."""
    inner = count_layers(settings) * settings.count("num_attention_heads")
    name = f"{prefix}contact_head.regression."
    return ((f"{name}weight", (1, inner)), (f"{name}bias", (1,)))


def _esm(settings: Settings) -> Encoder | None:
    """ESM: rows of positions only where positions are not turned into the vectors."""
    if settings.flag("is_folding_model"):
        return None
    kin = replace(_ESM, norm="embeddings.layer_norm" if settings.flag("emb_layer_norm_before")
                  else "")  # fmt: skip
    if settings.text("position_embedding_type") == "rotary":
        kin = replace(kin, tables=TABLES[:1])
    return plan_kin(settings, kin)


_ESM: Final = Kin("esm", _esm_layer, TABLES[:2], final_norm="encoder.emb_layer_norm_after",
                   wide=True, masked=LM_HEAD, beside=_list_contacts)  # fmt: skip


def _nomic_layer(settings: Settings) -> Layer:
    unused = ("attn.Wqkv", "attn.Wqkv", "attn.Wqkv", "attn.out_proj")
    attention = plan_heads(settings, unused, query=False, key=False, value=False, output=False)
    feed = FeedForward(settings.count("intermediate_size"), Linear("mlp.fc11"), Linear("mlp.fc2"),
                       gate=Linear("mlp.fc12"))  # fmt: skip
    attention = replace(attention, fused=Linear("attn.Wqkv"), rotary=True)
    return Layer(attention, feed, "norm1", "norm2", after_sum=True)


_EARLY: Final = (("hidden_size", "n_embd"), ("intermediate_size", "n_inner"),
                 ("num_attention_heads", "n_head"))  # fmt: skip
"""Names of settings, and those in what was published before transformers had the model."""

_BIASES: Final = ("qkv_proj_bias", "mlp_fc1_bias", "mlp_fc2_bias", "prenorm", "use_rms_norm")


def _nomic(settings: Settings) -> Encoder | None:
    """NomicBERT by either of its two forms of configuration."""
    if any(settings.flag(name) for name in _BIASES):
        return None
    early = {name: settings.find(old) for name, old in _EARLY if settings.find(old) is not None}
    return plan_kin(settings.fill(early), _NOMIC)


_NOMIC: Final = Kin("nomic_bert", _nomic_layer, (TABLES[0], TABLES[2]), norm="emb_ln",
                     layers="encoder.layers.{layer}.", model_is_pooled=False,
                     masked=(_PREDICTIONS[0], "cls.predictions.transform.layer_norm",
                             _PREDICTIONS[2]))  # fmt: skip


def _megatron_layer(settings: Settings) -> Layer:
    """Megatron's BERT has its norms in front of the parts."""
    layer = plan_bert_layer(settings)
    return replace(layer, mixer_norm="attention.ln", feed_norm="ln", after_sum=False)


def _big_bird_layer(settings: Settings) -> Layer:
    layer = plan_bert_layer(settings)
    bias = settings.flag("use_bias", default=True)
    inside = "attention.self."
    names = (f"{inside}query", f"{inside}key", f"{inside}value", "attention.output.dense")
    mixer = plan_heads(settings, names, query=bias, key=bias, value=bias)
    return replace(layer, mixer=mixer)


def _prenorm_layer(settings: Settings) -> Layer:
    """RoBERTa with its norms in front of the parts."""
    layer = plan_bert_layer(settings)
    return replace(layer, mixer_norm="attention.LayerNorm", feed_norm="intermediate.LayerNorm",
                   after_sum=False)  # fmt: skip


def _xl_layer(settings: Settings) -> Layer:
    """XLM-RoBERTa XL, likewise under other names."""
    return replace(_prenorm_layer(settings), mixer_norm="attention.self_attn_layer_norm",
                   feed_norm="LayerNorm")  # fmt: skip


def _list_turns(settings: Settings, prefix: str) -> Extra:
    """The table by which RoFormer turns queries and keys."""
    width = find_hidden(settings) // max(settings.count("num_attention_heads"), 1)
    rows = settings.count("max_position_embeddings")
    return ((f"{prefix}encoder.embed_positions.weight", (rows, width)),)


def _roformer(settings: Settings) -> Encoder | None:
    """RoFormer; its tokens may be narrower than its layers, which has no plan here."""
    hidden = find_hidden(settings)
    if settings.count("embedding_size", default=hidden) != hidden:
        return None
    return plan_kin(settings, _ROFORMER)


_ROFORMER: Final = Kin("roformer", plan_bert_layer, (TABLES[0], TABLES[2]), wide=True,
                        model_is_pooled=False, beside=_list_turns)  # fmt: skip


def _bert_generation(settings: Settings) -> Encoder | None:
    """BERT as the encoder or the decoder of a pair: scores by the table of tokens and a bias."""
    tasks = {"BertGenerationDecoder": "ForCausalLM", "BertGenerationEncoder": "Model"}
    task = tasks.get(name_class(settings))
    if task is None or settings.flag("add_cross_attention"):
        return None
    named = {**settings.stated, "architectures": [f"BertGeneration{task}"]}
    return plan_kin(Settings(named, settings), _GENERATION)


_GENERATION: Final = Kin("bert", plan_bert_layer, TABLES[:2], model_is_pooled=False,
                          masked=("", "", "lm_head.bias"))  # fmt: skip

_ALL: Final = ("ForMaskedLM", "ForTokenClassification", "ForQuestionAnswering")
_PAIRED: Final = ("ForMaskedLM", "ForCausalLM", "ForTokenClassification")
_BLOCKS: Final = ("attention counts as the full square of scores; texts that are longer than some "
                  "blocks take less where attention_type is block_sparse",)  # fmt: skip
_SPACE: Final = tuple((f"{side}_position", "max_2d_position_embeddings") for side in "xyhw")

_KIN: Final[Mapping[str, Kin]] = MappingProxyType(
    {
        "layoutlm": Kin("layoutlm", plan_bert_layer, (*TABLES, *_SPACE), pooled=_ALL),
        "megatron-bert": Kin("bert", _megatron_layer, norm="", final_norm="encoder.ln"),
        "mpnet": Kin("mpnet", _mpnet_layer, TABLES[:2], wide=True, masked=LM_HEAD,
                      beside=_list_distances),
        "big_bird": Kin("bert", _big_bird_layer, pooler="pooler", wide=True, notes=_BLOCKS,
                         pooled=(*_PAIRED, "ForSequenceClassification"), refused=_ALL[2:]),
        "roberta-prelayernorm": Kin("roberta_prelayernorm", _prenorm_layer, wide=True,
                                     final_norm="LayerNorm", masked=LM_HEAD),
        "xlm-roberta-xl": Kin("roberta", _xl_layer, norm="", final_norm="encoder.LayerNorm",
                               wide=True, masked=LM_HEAD),
        "splinter": Kin("splinter", plan_bert_layer, model_is_pooled=False,
                         refused=_ALL[2:]),
    }
)  # fmt: skip


def _recipes() -> Iterator[tuple[str, Recipe]]:
    for word, kin in _KIN.items():
        yield word, bind(kin)


def bind(kin: Kin) -> Recipe:
    """The recipe of one of the kin."""
    return lambda settings: plan_kin(settings, kin) if name_class(settings) else None


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        **dict(_recipes()),
        "esm": _esm,
        "nomic_bert": _nomic,
        "roformer": _roformer,
        "bert-generation": _bert_generation,
    }
)
"""How a configuration is read, by its model type; none where the class has no plan."""
