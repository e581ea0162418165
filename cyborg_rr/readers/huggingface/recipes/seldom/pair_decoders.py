"""The decoders of pairs on their own: classes ``...ForCausalLM`` of BART, Whisper and their kin.

They keep the weights that would attend to an encoder, and run without (``modeling_bart.py`` and
``modeling_trocr.py`` of transformers).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import Attention, Decoder, Extra, Layer
from cyborg_rr.readers.huggingface.recipes.decoders import Recipe
from cyborg_rr.readers.huggingface.recipes.encoders import (
    DEFAULT_TYPE,
    plan_heads,
    plan_ungated,
)
from cyborg_rr.readers.huggingface.recipes.heads import name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings

_PREFIX: Final = "model.decoder."
_LAST: Final = "layer_norm"
_PARTS: Final = ("q_proj", "k_proj", "v_proj", "out_proj")


@dataclass(frozen=True, slots=True)
class _Kin:
    """How a decoder differs from BART's: rows that no token uses (None: no table of positions).

    ``head`` names the scores where they are not made with the table of tokens.
    """

    unused: int | None = 2
    before: bool = False
    final: str = ""
    embedding_norm: bool = True
    positions: str = "max_position_embeddings"
    key_bias: bool = True
    bias: bool = True
    head: str = ""


_KIN: Final[Mapping[str, _Kin]] = MappingProxyType(
    {
        "bart": _Kin(),
        "plbart": _Kin(),
        "mvp": _Kin(),
        "mbart": _Kin(before=True, final=_LAST),
        "pegasus": _Kin(unused=0, before=True, final=_LAST, embedding_norm=False),
        "bigbird_pegasus": _Kin(unused=0, before=True, final="layernorm_embedding",
                                embedding_norm=False, head="lm_head"),
        "marian": _Kin(unused=0, embedding_norm=False),
        "blenderbot": _Kin(unused=0, before=True, final=_LAST, embedding_norm=False),
        "blenderbot-small": _Kin(unused=0),
        "whisper": _Kin(unused=0, before=True, final=_LAST, embedding_norm=False,
                        positions="max_target_positions", key_bias=False),
        "trocr": _Kin(),
    }
)  # fmt: skip


def _plan(settings: Settings) -> Decoder | None:
    """The decoder of a class that ends in ``ForCausalLM``; None for any other class."""
    word = settings.text("model_type")
    kin = _KIN[word]
    if not name_class(settings).endswith("ForCausalLM") or not settings.is_tied(True):
        return None
    if word == "trocr":
        learnt = settings.flag("use_learned_position_embeddings", default=True)
        normed = settings.flag("layernorm_embedding", default=True)
        kin = replace(kin, unused=2 if learnt else None, embedding_norm=normed)
    if word == "bigbird_pegasus":
        kin = replace(kin, bias=settings.flag("use_bias"))
    hidden = find_hidden(settings)
    layer = _plan_layer(settings, kin, hidden)
    rows = 0 if kin.unused is None else settings.count(kin.positions) + kin.unused
    return Decoder(
        hidden,
        settings.count("decoder_vocab_size", "vocab_size"),
        (layer,) * count_layers(settings, "decoder_layers"),
        settings.element_type or DEFAULT_TYPE,
        embedding=f"{_PREFIX}embed_tokens",
        layer_prefix=f"{_PREFIX}layers.{{layer}}.",
        final_norm=kin.final and _PREFIX + kin.final,
        head=kin.head,
        norm="layer",
        embedding_norm=f"{_PREFIX}layernorm_embedding" if kin.embedding_norm else "",
        positions=rows,
        position_table=f"{_PREFIX}embed_positions" if rows else "",
    )


def _plan_layer(settings: Settings, kin: _Kin, hidden: int) -> Layer:
    heads = Settings(
        {**settings.stated, "num_attention_heads": settings.count("decoder_attention_heads")},
        settings,
    )
    own = _attend(heads, "self_attn", kin)
    width = settings.count("decoder_ffn_dim")
    return Layer(
        own,
        plan_ungated(settings, width, "fc1", "fc2"),
        "self_attn_layer_norm",
        "final_layer_norm",
        after_sum=not kin.before,
        extra=tuple(_list_unused(settings, kin, hidden)),
    )


def _attend(settings: Settings, prefix: str, kin: _Kin) -> Attention:
    query, key, value, output = (f"{prefix}.{part}" for part in _PARTS)
    biases = dict.fromkeys(("query", "value", "output"), kin.bias)
    key_bias = kin.bias and kin.key_bias
    return plan_heads(settings, (query, key, value, output), causal=True, key=key_bias, **biases)


def _list_unused(settings: Settings, kin: _Kin, hidden: int) -> Extra:
    """The weights that would attend to an encoder."""
    width = settings.count("cross_attention_hidden_size", default=hidden)
    found: list[tuple[str, tuple[int, ...]]] = []
    for part in _PARTS:
        inner = width if part in _PARTS[1:3] else hidden
        found.append((f"encoder_attn.{part}.weight", (hidden, inner)))
        if kin.bias and (kin.key_bias or part != "k_proj"):
            found.append((f"encoder_attn.{part}.bias", (hidden,)))
    return (*found, *((f"encoder_attn_layer_norm.{end}", (hidden,)) for end in ("weight", "bias")))


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(dict.fromkeys(_KIN, _plan))
"""How a configuration is read, by its model type; none where the class is not a decoder alone."""
