"""The plan of Gemma 3n (src/models/gemma3n.cpp): streams, and rows for each layer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import Shape
from cyborg_rr.readers.architectures.hybrids.streams import StreamLayer, Streams
from cyborg_rr.readers.architectures.plans import Attention, FeedForward
from cyborg_rr.readers.gguf.figures import Figures
from cyborg_rr.readers.gguf.plans.shapes import (
    MAX_DRAWN_LAYERS,
    NotDrawn,
    Tensors,
    count_heads,
)
from cyborg_rr.readers.gguf.windows import find_window, is_sliding

_NAMES: Final[Mapping[str, str]] = MappingProxyType({
    "embedding": "token_embd", "layer": "blk.{layer}.", "norm": "output_norm",
    "rows": "per_layer_token_embd", "rows_from": "per_layer_model_proj",
    "rows_norm": "per_layer_proj_norm", "enter": "altup_proj", "leave": "altup_unembd_proj",
    "before": "attn_norm", "behind": "post_attention_norm", "feed_before": "ffn_norm",
    "feed_behind": "post_ffw_norm", "scale": "altup_correct_scale.weight",
    "correct": "altup_correct_coef", "predict": "altup_predict_coef", "router": "altup_router",
    "router_norm": "altup_router_norm", "left": "laurel_l", "right": "laurel_r",
    "beside": "laurel_post_norm", "row_gate": "inp_gate", "row_from": "proj",
    "row_norm": "post_norm",
})  # fmt: skip
"""What parts are called by those who draw them, and what in GGUF."""

_OWN_KEYS: Final = 20
"""Layers with keys of their own (``n_layer_kv_from_start``)."""


def is_streams(shapes: Mapping[str, Shape]) -> bool:
    """Whether there are streams beside that of the layers."""
    return "altup_proj.weight" in shapes


def plan_streams(figures: Figures, shapes: Mapping[str, Shape]) -> Streams:
    """The plan of the whole model; raises ``NotDrawn``."""
    whole = Tensors(shapes)
    vocabulary, hidden = whole.sizes("token_embd")
    count = figures.find("block_count") or 0
    if not 0 < count <= MAX_DRAWN_LAYERS:
        raise NotDrawn("the number of layers is not stated")
    own = [Tensors(shapes, f"blk.{layer}.") for layer in range(count)]
    rows, _ = whole.sizes("per_layer_token_embd")
    return Streams(
        hidden=hidden,
        vocabulary=vocabulary,
        layers=tuple(_plan_layer(figures, one, layer) for layer, one in enumerate(own)),
        streams=whole.sizes("altup_proj", 3)[0] + 1,
        rank=own[0].sizes("laurel_l")[0],
        row_width=own[0].sizes("inp_gate")[0],
        row_count=rows,
        head=whole.name("output"),
        stacked=True,
        names=_NAMES,
    )


def _plan_layer(figures: Figures, own: Tensors, layer: int) -> StreamLayer:
    heads = count_heads(figures, layer)
    narrow = figures.find("attention.head_count_kv", layer) or heads
    width = own.sizes("attn_output")[1] // heads
    if heads % narrow:
        raise NotDrawn(f"{heads} heads of layer {layer} do not fit its tensors")
    sliding = is_sliding(figures, layer)
    attention = Attention(
        heads,
        narrow,
        width,
        own.linear("attn_q"),
        own.linear("attn_k"),
        own.linear("attn_v"),
        own.linear("attn_output"),
        key_norm="head",
        key_norm_names=("attn_q_norm", "attn_k_norm"),
        window=find_window(figures) if sliding else None,
    )
    feed = FeedForward(
        own.sizes("ffn_down")[1],
        own.linear("ffn_up"),
        own.linear("ffn_down"),
        gate=own.linear("ffn_gate"),
        activation="gelu",
    )
    if layer < _OWN_KEYS:
        return StreamLayer(attention, feed)
    alike = [n for n in range(_OWN_KEYS) if is_sliding(figures, n) == sliding]
    if not alike:
        raise NotDrawn("no layer has keys that others could share")
    return StreamLayer(attention, feed, alike[-1])
