"""Decoders of few kin: CTRL, Persimmon, GPT-NeoX Japanese, ModernBERT's, CPM-Ant, Doge.

Facts are those of the classes of transformers 5 (``modeling_*.py`` of each model).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.plans import Attention, Decoder, FeedForward, Layer, Linear
from cyborg_rr.readers.huggingface.recipes.decoders import Recipe, plan_model
from cyborg_rr.readers.huggingface.recipes.heads import find_class
from cyborg_rr.readers.huggingface.recipes.parts import (
    count_layers,
    find_hidden,
    list_windows,
    plan_attention,
    plan_gated,
    plan_plain,
)
from cyborg_rr.readers.huggingface.settings import Settings


def _ctrl(settings: Settings) -> Decoder:
    prefix = "multi_head_attention."
    attention = plan_attention(settings, bias=True, output=f"{prefix}dense", rotary=False)
    query, key, value = (Linear(f"{prefix}W{part}", True) for part in "qkv")
    feed = FeedForward(
        settings.count("dff"), Linear("ffn.0", True), Linear("ffn.2", True), activation="relu"
    )
    layer = Layer(
        replace(attention, query=query, key=key, value=value), feed, "layernorm1", "layernorm2"
    )
    plan = plan_model(settings, (layer,) * count_layers(settings), tied=True)
    return replace(
        plan,
        norm="layer",
        embedding="transformer.w",
        layer_prefix="transformer.h.{layer}.",
        final_norm="transformer.layernorm",
        head_bias=True,
    )


def _persimmon(settings: Settings) -> Decoder:
    """Queries and keys have norms with a bias, each head the same."""
    attention = plan_attention(
        settings, bias=True, fused="self_attn.query_key_value", output="self_attn.dense",
        key_norm="head_layer" if settings.flag("qk_layernorm", default=True) else "none",
    )  # fmt: skip
    names = ("self_attn.q_layernorm", "self_attn.k_layernorm")
    feed = plan_plain(settings, "mlp.dense_h_to_4h", "mlp.dense_4h_to_h", bias=True)
    layer = Layer(replace(attention, key_norm_names=names), feed)
    plan = plan_model(settings, (layer,) * count_layers(settings))
    return replace(plan, norm="layer", final_norm="model.final_layernorm")


def _gpt_neox_japanese(settings: Settings) -> Decoder:
    """Only the last layer has a bias behind its attention."""
    attention = plan_attention(
        settings, fused="attention.query_key_value", output="attention.dense"
    )
    hidden = find_hidden(settings)
    width = settings.count("intermediate_multiple_size", default=4) * hidden
    feed = FeedForward(
        width, Linear("mlp.dense_h_to_4h"), Linear("mlp.dense_4h_to_h"), activation="gelu"
    )
    count = count_layers(settings)
    layer = Layer(attention, feed)
    last = replace(layer, extra=(("attention.dense_bias", (hidden,)),))
    plan = plan_model(settings, (*(layer,) * (count - 1), last)[:count], tied=True)
    return replace(
        plan,
        norm="layer",
        embedding="gpt_neox_japanese.embed_in",
        layer_prefix="gpt_neox_japanese.layers.{layer}.",
        final_norm="gpt_neox_japanese.final_layer_norm",
        head=plan.head and "embed_out",
    )


def _modernbert_decoder(settings: Settings) -> Decoder | None:
    """Its first layer has no norm in front of the attention, its scores a part of their own."""
    if find_class(settings) not in ("ForCausalLM", "Model"):
        return None
    bias = settings.flag("attention_bias")
    period = settings.count("global_attn_every_n_layers", default=3)
    windows = list_windows(settings, lambda layer: bool(layer % period))
    inner = settings.flag("mlp_bias")
    feed = FeedForward(
        settings.count("intermediate_size"), Linear("mlp.Wi"), Linear("mlp.Wo", inner),
        fused=Linear("mlp.Wi", inner), activation="gelu",
    )  # fmt: skip
    layers = (
        Layer(
            plan_attention(settings, window=window, bias=bias, prefix="attn.", output="attn.Wo"),
            feed, "attn_norm" if number else "", "mlp_norm",
        )
        for number, window in enumerate(windows)
    )  # fmt: skip
    plan = plan_model(settings, layers, tied=True)
    return replace(
        plan,
        norm="layer" if settings.flag("norm_bias") else "layer_without_bias",
        embedding="model.embeddings.tok_embeddings",
        embedding_norm="model.embeddings.norm",
        final_norm="model.final_norm",
        head=plan.head and "decoder",
        head_bias=settings.flag("decoder_bias", default=True),
        bias_name="decoder.bias",
        transform=Linear("lm_head.dense", settings.flag("classifier_bias")),
        transform_norm="lm_head.norm",
    )


def _cpmant(settings: Settings) -> Decoder:
    """Distances of positions and of segments have a table that all layers share."""
    prefix = "self_att.self_attention."
    heads, width = settings.count("num_attention_heads"), settings.count("dim_head")
    query, key, value = (Linear(f"{prefix}project_{part}") for part in "qkv")
    output = Linear(f"{prefix}attention_out")
    attention = Attention(heads, heads, width, query, key, value, output, rotary=False)
    inner = "ffn.ffn."
    feed = FeedForward(
        settings.count("dim_ff"), Linear(f"{inner}w_in.w_1"), Linear(f"{inner}w_out"),
        gate=Linear(f"{inner}w_in.w_0"), activation="gelu",
    )  # fmt: skip
    layer = Layer(
        attention, feed, "self_att.layernorm_before_attention", "ffn.layernorm_before_ffn"
    )
    kinds = settings.count("segment_types")
    buckets = settings.count("position_bias_num_buckets") + kinds**2
    hidden, vocabulary = find_hidden(settings), settings.count("vocab_size")
    rows = vocabulary + settings.count("prompt_types") * settings.count("prompt_length")
    return Decoder(
        hidden,
        vocabulary,
        (layer,) * count_layers(settings),
        settings.element_type or "f32",
        embedding="cpmant.input_embedding",
        embedding_rows=rows,
        prompt=settings.count("prompt_length"),
        layer_prefix="cpmant.encoder.layers.{layer}.",
        final_norm="cpmant.encoder.output_layernorm",
        extra=(
            ("cpmant.segment_embedding.weight", (kinds, hidden)),
            ("cpmant.position_bias.relative_attention_bias", (buckets, heads)),
        ),
    )


def _doge(settings: Settings) -> Decoder | None:
    """Parts are added to a multiple of their input, and values choose what is attended to."""
    if settings.flag("is_moe"):
        return None
    hidden, bias = find_hidden(settings), settings.flag("attention_bias")
    attention = plan_attention(settings, bias=bias, key_norm="head")
    groups, width = attention.kv_heads, attention.kv_heads * attention.width
    step: list[tuple[str, tuple[int, ...]]] = [
        ("self_attn.A", (groups,)),
        ("self_attn.dt_proj.weight", (groups, width)),
    ]
    if bias:
        step.append(("self_attn.dt_proj.bias", (groups,)))
    sums = ((f"{name}_residual", (hidden,)) for name in ("input", "post_attention"))
    feed = plan_gated(settings, settings.count("intermediate_size"), bias=settings.flag("mlp_bias"))
    layer = Layer(attention, feed, extra=(*step, *sums))
    return plan_model(settings, (layer,) * count_layers(settings))


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "ctrl": _ctrl, "persimmon": _persimmon, "gpt_neox_japanese": _gpt_neox_japanese,
        "modernbert-decoder": _modernbert_decoder, "cpmant": _cpmant, "doge": _doge,
    }
)  # fmt: skip
"""How a configuration is read, by its model type."""
