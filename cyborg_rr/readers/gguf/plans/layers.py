"""The plan of a decoder, read off its tensors, which GGUF names alike in all architectures.

Names are those of gguf-py's ``MODEL_TENSORS``. What a layer has is seen by its tensors, how many
heads and experts there are by the metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cyborg_rr.domain.graph.graph import Shape
from cyborg_rr.readers.architectures.plans import (
    Activation,
    Attention,
    Both,
    Decoder,
    Encoder,
    Experts,
    Feed,
    FeedForward,
    Frame,
    KeyNorm,
    Latent,
    Layer,
    Linear,
    Mixer,
    Normalisation,
    Stack,
    Table,
    TextEntry,
)
from cyborg_rr.readers.architectures.recurrences import StateSpaceDuality
from cyborg_rr.readers.gguf.figures import Figures
from cyborg_rr.readers.gguf.plans.recurring import find_channel_mix, find_recurrent
from cyborg_rr.readers.gguf.plans.shapes import (
    ACTIVATION_TYPE,
    MAX_DRAWN_LAYERS,
    NotDrawn,
    Tensors,
    count_heads,
)
from cyborg_rr.readers.gguf.windows import find_window, is_sliding

_GELU = frozenset({
    "bloom", "codeshell", "falcon", "gemma", "gemma2", "gemma3", "gpt2", "gptneox", "mpt", "phi2",
    "starcoder", "starcoder2",
})  # fmt: skip
"""Architectures of the common ones whose feed-forward part has GELU; the others have SiLU."""

_RELU2 = frozenset({"nemotron", "nemotron_h", "nemotron_h_moe"})

_NORM_OF_TABLE = frozenset({"lfm2", "lfm2moe"})
"""Whose last norm is called as that of the table of tokens (LLM_TENSOR_OUTPUT_NORM_LFM2)."""

_EMBEDDINGS = frozenset({"eurobert", "gemma-embedding", "llama-embed", "modern-bert", "neo-bert"})
"""Encoders with the layers of decoders: they score nothing, and each token sees all others."""


def plan_decoder(figures: Figures, shapes: Mapping[str, Shape]) -> Decoder:
    """The plan of the whole model; raises ``NotDrawn``."""
    whole = Tensors(shapes)
    vocabulary, hidden = whole.sizes("token_embd")
    count = (figures.find("block_count") or 0) - (figures.find("nextn_predict_layers") or 0)
    if not 0 < count <= MAX_DRAWN_LAYERS:
        raise NotDrawn("the number of layers is not stated")
    layers = tuple(
        _plan_layer(figures, Tensors(shapes, f"blk.{layer}."), layer) for layer in range(count)
    )
    positions = whole.sizes("position_embd")[0] if whole.name("position_embd") else 0
    final, first = whole.name("output_norm"), whole.name("token_embd_norm")
    if not final and figures.architecture in _NORM_OF_TABLE:
        final, first = first, ""
    return Decoder(
        hidden=hidden,
        vocabulary=vocabulary,
        layers=layers,
        element_type=ACTIVATION_TYPE,
        embedding="token_embd",
        layer_prefix="blk.{layer}.",
        final_norm=final,
        head=whole.name("output"),
        head_bias=whole.has("output.bias"),
        classes=0 if figures.architecture in _EMBEDDINGS else None,
        norm=_find_norm(figures, whole, final),
        embedding_norm=first,
        positions=positions,
        position_table="position_embd" if positions else "",
        score_cap=float(bool(figures.has("final_logit_softcapping"))),
    )


def is_encoder(shapes: Mapping[str, Shape]) -> bool:
    """Whether norms stand behind the sums, as in BERT and what came of it."""
    return "blk.0.attn_output_norm.weight" in shapes and "token_embd_norm.weight" in shapes


def plan_encoder(figures: Figures, shapes: Mapping[str, Shape]) -> Encoder:
    """The plan of an encoder of text; raises ``NotDrawn``."""
    whole = Tensors(shapes)
    _, hidden = whole.sizes("token_embd")
    count = figures.find("block_count") or 0
    if not 0 < count <= MAX_DRAWN_LAYERS:
        raise NotDrawn("the number of layers is not stated")
    tables = (part for part in ("token_embd", "token_types", "position_embd") if whole.name(part))
    entry = TextEntry(tuple(Table(n, whole.sizes(n)[0]) for n in tables), "token_embd_norm")
    layers = tuple(
        _plan_encoding(figures, Tensors(shapes, f"blk.{layer}."), layer) for layer in range(count)
    )
    norm: Normalisation = "layer" if whole.has("token_embd_norm.bias") else "layer_without_bias"
    return Encoder(ACTIVATION_TYPE, Stack(Frame(hidden, "blk.{layer}.", norm), entry, layers))


def _plan_encoding(figures: Figures, own: Tensors, layer: int) -> Layer:
    heads = count_heads(figures, layer)
    feed = _plan_dense(figures, own)
    return Layer(
        mixer=replace(_plan_attention(figures, own, layer, heads), causal=False),
        feed=feed if feed.gate else replace(feed, activation="gelu"),
        mixer_norm=own.name("attn_output_norm"),
        feed_norm=own.name("layer_output_norm"),
        after_sum=True,
    )


def _find_norm(figures: Figures, whole: Tensors, final: str) -> Normalisation:
    if not final:
        return "bare"
    if whole.has(f"{final}.bias"):
        return "layer"
    return "rms" if figures.has("attention.layer_norm_rms_epsilon") else "layer_without_bias"


def _plan_layer(figures: Figures, own: Tensors, layer: int) -> Layer:
    """One layer; a norm behind a part stands before the next where that has none of its own."""
    before, between = own.name("attn_norm"), own.name("ffn_norm")
    mixed = find_channel_mix(own)
    if mixed is not None:
        between = own.name("attn_norm_2")
    behind = own.name("post_attention_norm")
    if before and not between:
        between, behind = behind, ""
    return Layer(
        mixer=_plan_mixer(figures, own, layer),
        feed=_plan_feed(figures, own) if mixed is None else mixed,
        mixer_norm=before,
        feed_norm=between,
        mixer_post_norm=behind,
        feed_post_norm=own.name("post_ffw_norm"),
        parallel=bool(before) and not between,
    )


def _plan_mixer(figures: Figures, own: Tensors, layer: int) -> Mixer | None:
    """Attention, a recurrent part, both, or nothing in a layer that only feeds."""
    recurrent = find_recurrent(figures, own, layer)
    if recurrent is not None:
        if isinstance(recurrent, StateSpaceDuality) and own.name("attn_output"):
            heads = count_heads(figures, layer)
            return Both(_plan_attention(figures, own, layer, heads), recurrent)
        return recurrent
    if not own.name("attn_output") and own.name("ffn_down") and not own.name("ffn_norm"):
        return None
    heads = count_heads(figures, layer)
    if own.name("attn_kv_a_mqa"):
        return _plan_latent(own, heads)
    return _plan_attention(figures, own, layer, heads)


def _plan_latent(own: Tensors, heads: int) -> Latent:
    (rank,) = own.sizes("attn_kv_a_norm", 1)
    turned = own.sizes("attn_kv_a_mqa")[0] - rank
    small = own.sizes("attn_q_a")[0] if own.name("attn_q_a") else None
    query = own.sizes("attn_q" if small is None else "attn_q_b")[0] // heads
    return Latent(
        heads=heads,
        query_rank=small,
        rank=rank,
        plain_width=query - turned,
        rotary_width=turned,
        value_width=own.sizes("attn_output")[1] // heads,
        prefix="",
    )


def _plan_attention(figures: Figures, own: Tensors, layer: int, heads: int) -> Attention:
    narrow = figures.find("attention.head_count_kv", layer)
    narrow = heads if narrow is None else narrow
    width = own.sizes("attn_output")[1] // heads
    if not width or not narrow or heads % narrow:
        raise NotDrawn(f"{heads} heads of layer {layer} do not fit its tensors")
    return Attention(
        heads=heads,
        kv_heads=narrow,
        width=width,
        query=own.linear("attn_q"),
        key=own.linear("attn_k"),
        value=own.linear("attn_v"),
        output=own.linear("attn_output"),
        fused=own.find_linear("attn_qkv"),
        key_norm=_find_key_norm(own, width),
        key_norm_names=("attn_q_norm", "attn_k_norm"),
        rotary=bool(figures.has("rope.dimension_count") or figures.has("rope.freq_base")),
        window=find_window(figures) if is_sliding(figures, layer) else None,
        softcap=float(figures.has("attn_logit_softcapping")),
        gated=bool(own.name("attn_q")) and own.sizes("attn_q")[0] == 2 * heads * width,
        causal=figures.architecture not in _EMBEDDINGS,
        sinks="attn_sinks.weight" if own.name("attn_sinks") else "",
    )


def _find_key_norm(own: Tensors, width: int) -> KeyNorm:
    if not own.name("attn_q_norm"):
        return "none"
    shape = own.shapes[f"{own.prefix}attn_q_norm.weight"]
    if len(shape) == 2:
        return "heads"
    return "head" if shape == (width,) else "all"


def _find_activation(figures: Figures) -> Activation:
    if figures.architecture in _RELU2:
        return "relu2"
    return "gelu" if figures.architecture in _GELU else "silu"


def _plan_feed(figures: Figures, own: Tensors) -> Feed | None:
    if own.name("ffn_gate_inp"):
        return _plan_experts(figures, own)
    return _plan_dense(figures, own) if own.name("ffn_down") else None


def _plan_dense(figures: Figures, own: Tensors, suffix: str = "") -> FeedForward:
    """A dense part; one whose first weight is twice as high has gate and up in it."""
    up, gate, down = f"ffn_up{suffix}", f"ffn_gate{suffix}", f"ffn_down{suffix}"
    width = own.sizes(down)[1]
    is_fused = not own.name(gate) and own.sizes(up)[0] == 2 * width
    return FeedForward(
        width=width,
        up=own.linear(up),
        down=own.linear(down),
        gate=own.find_linear(gate),
        fused=own.linear(up) if is_fused else None,
        activation=_find_activation(figures),
    )


def _plan_experts(figures: Figures, own: Tensors) -> Experts:
    """All experts in one tensor, or, as in files of early 2024, each in tensors of its own."""
    chosen, count = figures.find("expert_used_count"), figures.find("expert_count")
    if not chosen or not count or chosen > count:
        raise NotDrawn("how many experts a token is for is not stated")
    if own.name("ffn_down.0"):
        return _plan_single_experts(figures, own, count, chosen)
    count, _, width = own.sizes("ffn_down_exps", 3)
    if chosen > count:
        raise NotDrawn(f"there are fewer than {chosen} experts")
    fused = "ffn_gate_up_exps"
    return Experts(
        count=count,
        chosen=chosen,
        width=width,
        router=own.linear("ffn_gate_inp"),
        up=_stack(own, "ffn_up_exps"),
        down=_stack(own, "ffn_down_exps"),
        gate=_stack(own, "ffn_gate_exps") if own.name("ffn_gate_exps") else None,
        fused=_stack(own, fused) if own.name(fused) else None,
        activation=_find_activation(figures),
        stacked=True,
        correction="exp_probs_b.bias" if own.has("exp_probs_b.bias") else "",
        shared=_plan_dense(figures, own, "_shexp") if own.name("ffn_up_shexp") else None,
        shared_gate=own.name("ffn_gate_inp_shexp"),
    )


def _plan_single_experts(figures: Figures, own: Tensors, count: int, chosen: int) -> Experts:
    if not all(own.name(f"ffn_down.{expert}") for expert in range(count)):
        raise NotDrawn(f"there are fewer than {count} experts")
    return Experts(
        count=count,
        chosen=chosen,
        width=own.sizes("ffn_down.0")[1],
        router=own.linear("ffn_gate_inp"),
        up=Linear("ffn_up.{expert}"),
        down=Linear("ffn_down.{expert}"),
        gate=Linear("ffn_gate.{expert}"),
        activation=_find_activation(figures),
    )


def _stack(own: Tensors, part: str) -> Linear:
    return Linear(f"{part}.weight", own.has(f"{part}.bias"))
