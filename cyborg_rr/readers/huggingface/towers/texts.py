"""Decoders that stand only in models of text and images.

Names: ``modeling_mllama.py``, ``modeling_glm4v.py`` and ``modeling_git.py`` of transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import Attention, Decoder, Layer
from cyborg_rr.readers.huggingface.recipes.decoders import RECIPES as DECODERS
from cyborg_rr.readers.huggingface.recipes.decoders import Recipe, plan_llama
from cyborg_rr.readers.huggingface.recipes.encoders import plan_heads, plan_ungated
from cyborg_rr.readers.huggingface.recipes.expert_decoders import RECIPES as EXPERTS
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_hidden,
    plan_attention,
)
from cyborg_rr.readers.huggingface.settings import Settings

_OF_IMAGES: Final = 8
"""Rows of the table of tokens of Llama 3.2 Vision that no score is for."""


def _mllama(settings: Settings) -> Decoder:
    """Llama, some of whose layers attend to the image instead."""
    plan = plan_llama(settings)
    crossed = set(settings.numbers("cross_attention_layers"))
    cross = plan_attention(settings, prefix="cross_attn.", output="cross_attn.o_proj",
                           key_norm="head", rotary=False)  # fmt: skip
    cross = replace(cross, causal=False)
    extra = (("cross_attn_attn_gate", (1,)), ("cross_attn_mlp_gate", (1,)))
    layers = (
        replace(layer, mixer=None, cross=cross, cross_norm="input_layernorm", extra=extra)
        if number in crossed
        else layer
        for number, layer in enumerate(plan.layers)
    )
    rows = plan.vocabulary
    return replace(plan, layers=tuple(layers), vocabulary=rows + _OF_IMAGES, classes=rows)


def _glm4v(settings: Settings) -> Decoder | None:
    """GLM-4 with biases of query, key and value."""
    return DECODERS["glm4"](settings.fill({"attention_bias": True}))


def _glm_ocr(settings: Settings) -> Decoder | None:
    """GLM-4 without biases."""
    return DECODERS["glm4"](settings.fill({"attention_bias": False}))


def _glm4v_moe(settings: Settings) -> Decoder | None:
    return EXPERTS["glm4_moe"](settings.fill({"attention_bias": True}))


def _git(settings: Settings) -> Decoder:
    """BERT that looks back only; what it makes is scored as it is."""
    prefix = "git.embeddings."
    names = ("attention.self.query", "attention.self.key", "attention.self.value",
             "attention.output.dense")  # fmt: skip
    inner = settings.count("intermediate_size", default=3072)
    attention: Attention = plan_heads(settings, names, causal=True)
    layer = Layer(
        attention,
        plan_ungated(settings, inner, "intermediate.dense", "output.dense"),
        "attention.output.LayerNorm",
        "output.LayerNorm",
        after_sum=True,
    )
    return Decoder(
        hidden=find_hidden(settings),
        vocabulary=settings.count("vocab_size"),
        layers=(layer,) * count_layers(settings),
        element_type=settings.element_type or "f32",
        embedding=f"{prefix}word_embeddings",
        layer_prefix="git.encoder.layer.{layer}.",
        final_norm="",
        head="output",
        head_bias=True,
        norm="layer",
        embedding_norm=f"{prefix}LayerNorm",
        positions=settings.count("max_position_embeddings", default=1024),
        position_table=f"{prefix}position_embeddings",
    )


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "git_text": _git,
        "glm4v_text": _glm4v,
        "glm_ocr_text": _glm_ocr,
        "glm4v_moe_text": _glm4v_moe,
        "mllama_text_model": _mllama,
    }
)
"""How a configuration is read, by its model type."""
