"""Decoders before Llama: GPT-2 and its kin, BLOOM, Falcon, OPT."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.plans import Attention, Decoder, Layer
from cyborg_rr.readers.huggingface.recipes.decoders import Recipe, plan_model
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, plan_attention, plan_plain
from cyborg_rr.readers.huggingface.settings import Settings


def _rename(plan: Decoder) -> Decoder:
    """The names of GPT-2 and its kin."""
    return replace(
        plan,
        embedding="transformer.wte",
        layer_prefix="transformer.h.{layer}.",
        final_norm="transformer.ln_f",
    )


def _repeat(settings: Settings, layer: Layer, tied: bool = True) -> Decoder:
    plan = plan_model(settings, (layer,) * count_layers(settings), tied=tied)
    return replace(plan, norm="layer")


def _gpt2(settings: Settings) -> Decoder:
    attention = plan_attention(
        settings, bias=True, fused="attn.c_attn", output="attn.c_proj", rotary=False
    )
    feed = plan_plain(settings, "mlp.c_fc", "mlp.c_proj", bias=True, transposed=True)
    if settings.flag("add_cross_attention"):
        raise UnreadableModel("a GPT-2 with cross attention is not supported")
    layer = Layer(replace(attention, transposed=True), feed, "ln_1", "ln_2")
    return _with_positions(settings, _repeat(settings, layer))


def _with_positions(settings: Settings, plan: Decoder) -> Decoder:
    positions = settings.count("n_positions", "max_position_embeddings", default=1024)
    return replace(_rename(plan), positions=positions, position_table="transformer.wpe")


def _gpt_bigcode(settings: Settings) -> Decoder:
    attention = plan_attention(
        settings, bias=True, fused="attn.c_attn", output="attn.c_proj", rotary=False
    )
    heads = 1 if settings.flag("multi_query", default=True) else attention.heads
    attention = replace(attention, kv_heads=heads)
    feed = plan_plain(settings, "mlp.c_fc", "mlp.c_proj", bias=True)
    return _with_positions(settings, _repeat(settings, Layer(attention, feed, "ln_1", "ln_2")))


def _gpt_neo(settings: Settings) -> Decoder:
    """Its local layers are masked, but keep all tokens."""
    prefix = "attn.attention."
    attention = plan_attention(
        settings, prefix=prefix, output=f"{prefix}out_proj", output_bias=True, rotary=False
    )
    feed = plan_plain(settings, "mlp.c_fc", "mlp.c_proj", bias=True)
    return _with_positions(settings, _repeat(settings, Layer(attention, feed, "ln_1", "ln_2")))


def _gptj(settings: Settings) -> Decoder:
    attention = plan_attention(settings, prefix="attn.", output="attn.out_proj")
    feed = plan_plain(settings, "mlp.fc_in", "mlp.fc_out", bias=True)
    plan = _repeat(settings, Layer(attention, feed, "ln_1", "", parallel=True), tied=False)
    return replace(_rename(plan), head_bias=True)


def _gpt_neox(settings: Settings) -> Decoder:
    bias = settings.flag("attention_bias", default=True)
    attention = plan_attention(
        settings, bias=bias, fused="attention.query_key_value", output="attention.dense"
    )
    feed = plan_plain(settings, "mlp.dense_h_to_4h", "mlp.dense_4h_to_h", bias=True)
    parallel = settings.flag("use_parallel_residual", default=True)
    plan = _repeat(settings, Layer(attention, feed, parallel=parallel), tied=False)
    return replace(
        plan,
        embedding="gpt_neox.embed_in",
        layer_prefix="gpt_neox.layers.{layer}.",
        final_norm="gpt_neox.final_layer_norm",
        head="embed_out" if plan.head else "",
    )


def _bloom(settings: Settings) -> Decoder:
    attention = plan_attention(
        settings, bias=True, fused="self_attention.query_key_value",
        output="self_attention.dense", rotary=False,
    )  # fmt: skip
    feed = plan_plain(settings, "mlp.dense_h_to_4h", "mlp.dense_4h_to_h", bias=True)
    plan = _rename(_repeat(settings, Layer(attention, feed)))
    return replace(
        plan,
        embedding="transformer.word_embeddings",
        embedding_norm="transformer.word_embeddings_layernorm",
    )


def _falcon(settings: Settings) -> Decoder:
    """Three layouts: 7B (one key for all heads), 40B (groups, two norms), RW (as GPT-2)."""
    bias, new = settings.flag("bias"), settings.flag("new_decoder_architecture")
    parallel = settings.flag("parallel_attn", default=True)
    attention = plan_attention(
        settings, bias=bias, fused="self_attention.query_key_value",
        output="self_attention.dense", rotary=not settings.flag("alibi"),
    )  # fmt: skip
    feed = plan_plain(settings, "mlp.dense_h_to_4h", "mlp.dense_4h_to_h", bias=bias)
    plan = _rename(_repeat(settings, _falcon_layer(settings, attention, new, parallel)))
    layer = replace(plan.layers[0], feed=feed) if plan.layers else None
    return replace(
        plan,
        embedding="transformer.word_embeddings",
        layers=() if layer is None else (layer,) * len(plan.layers),
    )


def _falcon_layer(settings: Settings, attention: Attention, new: bool, parallel: bool) -> Layer:
    """The layer without its feed-forward part."""
    if new:
        norms = settings.count("num_ln_in_parallel_attn", default=2)
        mixer_norm, feed_norm = ("ln_attn", "ln_mlp") if norms == 2 else ("input_layernorm", "")
        return Layer(attention, None, mixer_norm, feed_norm, parallel=True)
    kv_heads = 1 if settings.flag("multi_query", default=True) else attention.heads
    attention = replace(attention, kv_heads=kv_heads)
    feed_norm = "" if parallel else "post_attention_layernorm"
    return Layer(attention, None, "input_layernorm", feed_norm, parallel=parallel)


def _opt(settings: Settings) -> Decoder | None:
    """The table of positions has two rows that no token uses."""
    before = settings.flag("do_layer_norm_before", default=True)
    width = settings.count("word_embed_proj_dim", default=settings.count("hidden_size"))
    without = settings.flag("_remove_final_layer_norm")
    if not before or without or width != settings.count("hidden_size"):
        return None
    bare = not settings.flag("layer_norm_elementwise_affine", default=True)
    bias = settings.flag("enable_bias", default=True)
    attention = plan_attention(settings, bias=bias, output="self_attn.out_proj", rotary=False)
    feed = plan_plain(settings, "fc1", "fc2", bias=bias)
    plan = _repeat(settings, Layer(attention, feed, "self_attn_layer_norm", "final_layer_norm"))
    return replace(
        plan,
        norm="bare" if bare else "layer",
        embedding="model.decoder.embed_tokens",
        layer_prefix="model.decoder.layers.{layer}.",
        final_norm="model.decoder.final_layer_norm",
        positions=settings.count("max_position_embeddings", default=2048) + 2,
        position_table="model.decoder.embed_positions",
    )


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "gpt2": _gpt2, "gpt_bigcode": _gpt_bigcode, "gpt_neo": _gpt_neo, "gptj": _gptj,
        "gpt_neox": _gpt_neox, "bloom": _bloom, "falcon": _falcon, "opt": _opt,
    }
)  # fmt: skip
"""How a configuration is read, by its model type."""
