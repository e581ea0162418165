"""Pairs of an encoder and a decoder that attends to it: BART, T5, Whisper.

What stands behind the layers depends on the class that a checkpoint was saved from: the first of
``architectures``. Classes without a plan here have no graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import (
    Attention,
    Encoder,
    FeedForward,
    Frame,
    Head,
    Layer,
    Linear,
    Projection,
    SoundEntry,
    Stack,
    Table,
    TextEntry,
)
from cyborg_rr.readers.huggingface.recipes.encoders import (
    DEFAULT_TYPE,
    Recipe,
    plan_heads,
    plan_ungated,
)
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, find_class, name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings

_NAMES: Final = ("q_proj", "k_proj", "v_proj", "out_proj")


def _pair_layer(
    settings: Settings,
    width: int,
    *,
    cross: bool,
    key_bias: bool,
    bias: bool = True,
    parts: tuple[str, str, str, str] = _NAMES,
) -> Layer:
    """A layer of BART's or Whisper's."""

    def attend(prefix: str, causal: bool) -> Attention:
        query, key, value, output = (f"{prefix}.{part}" for part in parts)
        names, others = (query, key, value, output), dict.fromkeys(("query", "value"), bias)
        return plan_heads(settings, names, causal=causal, key=key_bias, output=bias, **others)

    return Layer(
        attend("self_attn", cross),
        plan_ungated(settings, width, "fc1", "fc2"),
        "self_attn_layer_norm",
        "final_layer_norm",
        cross=attend("encoder_attn", False) if cross else None,
        cross_norm="encoder_attn_layer_norm" if cross else "",
    )


@dataclass(frozen=True, slots=True)
class _Kin:
    """How a model differs from BART: rows that no token uses, and where it has norms and a bias.

    Positions that are computed and not stored have no rows: None. ``named`` are the parts of the
    encoder's attention, ``unseen`` those of its parts that see all tokens alike and are not run
    unless asked for.
    """

    unused: int | None = 2
    before: bool = False
    embedding_norm: bool = True
    bias: bool = True
    word: str = "model"
    final: str = "layer_norm"
    positions: str = "max_position_embeddings"
    named: tuple[str, str, str, str] = _NAMES
    unseen: tuple[str, ...] = ()
    attention_bias: str = ""
    notes: tuple[str, ...] = ()


_LED: Final = "longformer_self_attn."
_LOCAL: Final = ("the attention of the encoder counts as the full square of scores; of long texts "
                 "it takes blocks",)  # fmt: skip

_KIN: Final[Mapping[str, _Kin]] = MappingProxyType(
    {
        "bart": _Kin(),
        "plbart": _Kin(),
        "mvp": _Kin(),
        "bigbird_pegasus": _Kin(
            unused=0,
            before=True,
            embedding_norm=False,
            final="layernorm_embedding",
            attention_bias="use_bias",
            named=("self.query", "self.key", "self.value", "output"),
            notes=_LOCAL,
        ),
        "led": _Kin(
            unused=0,
            word="led",
            positions="max_{side}_position_embeddings",
            named=(f"{_LED}query", f"{_LED}key", f"{_LED}value", "output"),
            unseen=tuple(f"{_LED}{part}_global" for part in ("query", "key", "value")),
            notes=_LOCAL,
        ),
        "mbart": _Kin(before=True),
        "pegasus": _Kin(unused=0, before=True, embedding_norm=False),
        "m2m_100": _Kin(unused=None, before=True, embedding_norm=False, bias=False),
        "marian": _Kin(unused=0, embedding_norm=False),
        "blenderbot": _Kin(unused=0, before=True, embedding_norm=False),
        "blenderbot-small": _Kin(unused=0),
    }
)


def _bart(settings: Settings) -> Encoder | None:
    """BART has its norms behind the sums, mBART in front of the parts and once more at the end.

    Without scores of any kind its names have no ``model.`` in front.
    """
    kin = _KIN[settings.text("model_type")]
    head = _bart_head(settings, kin)
    if head is None or not settings.is_tied(True):
        return None
    if settings.flag("use_prompt"):
        return None
    prefix = f"{kin.word}." if head != Head() else ""
    bias = settings.flag(kin.attention_bias) if kin.attention_bias else True
    if not settings.flag("share_encoder_decoder_embeddings", default=True):
        return None
    before, vocabulary, hidden = kin.before, settings.count("vocab_size"), find_hidden(settings)
    if settings.count("decoder_vocab_size", default=vocabulary) != vocabulary:
        return None
    stacks: list[Stack] = []
    for name in ("encoder", "decoder"):
        width = settings.count(f"{name}_ffn_dim")
        parts = kin.named if name == "encoder" else _NAMES
        crosses = name == "decoder"
        layer = _pair_layer(settings, width, cross=crosses, key_bias=bias, bias=bias, parts=parts)
        if kin.unseen and not crosses:
            layer = replace(layer, extra=tuple(_list_unseen(kin, hidden)))
        count = count_layers(settings, f"{name}_layers")
        stacks.append(
            Stack(
                Frame(hidden, f"{prefix}{name}.layers.{{layer}}."),
                TextEntry(
                    tuple(_list_tables(settings, kin, prefix, name)),
                    f"{prefix}{name}.layernorm_embedding" if kin.embedding_norm else "",
                ),
                (replace(layer, after_sum=not before),) * count,
                final_norm=f"{prefix}{name}.{kin.final}" if before else "",
            )
        )
    decoder = replace(stacks[1], head=head)
    return Encoder(settings.element_type or DEFAULT_TYPE, stacks[0], decoder, kin.notes)


def _list_unseen(kin: _Kin, hidden: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    for part in kin.unseen:
        yield f"self_attn.{part}.weight", (hidden, hidden)
        yield f"self_attn.{part}.bias", (hidden,)


def _bart_head(settings: Settings, kin: _Kin) -> Head | None:
    """Scores of tokens, of classes by the last token of the text, or nothing."""
    hidden, labels = find_hidden(settings), count_labels(settings)
    kind = name_class(settings)
    task = "ForConditionalGeneration" if kind == "MarianMTModel" else find_class(settings)
    match task:
        case "ForConditionalGeneration":
            bias = "final_logits_bias" if kin.bias else ""
            rows = settings.count("vocab_size")
            return Head(table=f"{kin.word}.shared", table_rows=rows, row_bias=bias)
        case "ForSequenceClassification":
            inner = Projection("classification_head.dense", hidden, "tanh")
            outer = Projection("classification_head.out_proj", labels)
            return Head(first=True, chain=(inner, outer))
        case "ForQuestionAnswering":
            return Head(chain=(Projection("qa_outputs", labels),))
        case "Model":
            return Head()
        case _:
            return None


def _list_tables(settings: Settings, kin: _Kin, prefix: str, side: str) -> Iterator[Table]:
    yield Table(f"{prefix}shared", settings.count("vocab_size"))
    if kin.unused is not None:
        rows = settings.count(kin.positions.format(side=side)) + kin.unused
        yield Table(f"{prefix}{side}.embed_positions", rows)


def _whisper(settings: Settings) -> Encoder | None:
    if name_class(settings) != "WhisperForConditionalGeneration":
        return None
    hidden, vocabulary = find_hidden(settings), settings.count("vocab_size")
    frames = settings.count("max_source_positions", default=1500)
    names = "model.encoder.", "model.decoder."
    layers = [
        (_pair_layer(settings, settings.count(f"{side}_ffn_dim"), cross=cross, key_bias=False),)
        * count_layers(settings, f"{side}_layers")
        for side, cross in (("encoder", False), ("decoder", True))
    ]
    sound = SoundEntry(
        bands=settings.count("num_mel_bins", default=80),
        length=2 * frames,
        first=f"{names[0]}conv1",
        second=f"{names[0]}conv2",
        positions=f"{names[0]}embed_positions",
    )
    tokens = TextEntry(
        (
            Table(f"{names[1]}embed_tokens", vocabulary),
            Table(f"{names[1]}embed_positions", settings.count("max_target_positions")),
        )
    )
    encoder = Stack(
        Frame(hidden, f"{names[0]}layers.{{layer}}."), sound, layers[0], f"{names[0]}layer_norm"
    )
    head = Head(table=f"{names[1]}embed_tokens", table_rows=vocabulary)
    decoder = Stack(
        Frame(hidden, f"{names[1]}layers.{{layer}}."),
        tokens,
        layers[1],
        f"{names[1]}layer_norm",
        head,
    )
    return Encoder(settings.element_type or DEFAULT_TYPE, encoder, decoder)


def _t5(settings: Settings) -> Encoder | None:
    kind, task = name_class(settings), find_class(settings)
    encoder = plan_t5_stack(settings, "encoder", count_layers(settings, "num_layers"))
    if kind.endswith("EncoderModel"):
        return Encoder(settings.element_type or DEFAULT_TYPE, encoder)
    if task not in ("ForConditionalGeneration", "Model"):
        return None
    count = count_layers(settings, "num_decoder_layers", "num_layers")
    table = "shared" if settings.is_tied(True) else "lm_head"
    head = Head(table=table, table_rows=settings.count("vocab_size"))
    decoder = plan_t5_stack(settings, "decoder", count)
    if task != "Model":
        decoder = replace(decoder, head=head)
    return Encoder(settings.element_type or DEFAULT_TYPE, encoder, decoder)


def plan_t5_stack(settings: Settings, name: str, count: int) -> Stack:
    """The encoder or the decoder of T5; the first layer has the table of distances."""
    crosses = name == "decoder"
    feed_at = 2 if crosses else 1
    buckets = settings.count("relative_attention_num_buckets", default=32)
    own = _t5_attention(settings, "layer.0.SelfAttention.", crosses)
    prefix = f"layer.{feed_at}.DenseReluDense."
    stated = settings.text("feed_forward_proj").startswith("gated")
    gated = settings.flag("is_gated_act", default=stated)
    feed = FeedForward(
        settings.count("d_ff"),
        Linear(f"{prefix}wi_1" if gated else f"{prefix}wi"),
        Linear(f"{prefix}wo"),
        gate=Linear(f"{prefix}wi_0") if gated else None,
        activation="gelu" if gated else "relu",
    )
    layer = Layer(
        own,
        feed,
        "layer.0.layer_norm",
        f"layer.{feed_at}.layer_norm",
        cross=_t5_attention(settings, "layer.1.EncDecAttention.", False) if crosses else None,
        cross_norm="layer.1.layer_norm" if crosses else "",
    )
    relative = ("layer.0.SelfAttention.relative_attention_bias", buckets)
    first = replace(layer, mixer=replace(own, relative=relative))
    each = settings.text("model_type") == "umt5"
    layers = (first, *(first if each else layer,) * (count - 1)) if count else ()
    return Stack(
        Frame(find_hidden(settings), f"{name}.block.{{layer}}.", "rms"),
        TextEntry((Table("shared", settings.count("vocab_size")),)),
        layers,
        final_norm=f"{name}.final_layer_norm",
    )


def _t5_attention(settings: Settings, prefix: str, causal: bool) -> Attention:
    heads = settings.count("num_heads")
    names = (Linear(f"{prefix}{part}") for part in "qkvo")
    query, key, value, output = names
    return Attention(heads, heads, settings.count("d_kv"), query, key, value, output,
                     rotary=False, causal=causal)  # fmt: skip


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {**dict.fromkeys(_KIN, _bart), "whisper": _whisper, "t5": _t5, "mt5": _t5, "umt5": _t5}
)
"""How a configuration is read, by its model type; none where the class has no plan."""
