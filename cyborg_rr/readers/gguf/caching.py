"""What a sequence keeps between its tokens, by the figures in the metadata.

As llama.cpp holds it (src/llama-hparams.cpp, llama-kv-cache.cpp, llama-memory-recurrent.cpp): keys
and values in f16 where no other type is asked for, states in f32. Which layers attend and which
keep a state is read off their tensors.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from cyborg_rr.domain.graph.caches import CachedLayers, CacheKind
from cyborg_rr.domain.words import ELEMENT_TYPES
from cyborg_rr.readers.gguf.figures import MAX_LAYERS, Figures
from cyborg_rr.readers.gguf.windows import find_window, is_pattern_known, is_sliding

_KEYS_TYPE, _STATE_TYPE = "f16", "f32"
_KEYS_BYTES, _STATE_BYTES = (ELEMENT_TYPES[t].bits // 8 for t in (_KEYS_TYPE, _STATE_TYPE))
MAX_BYTES = 1 << 62

_NO_CACHE = frozenset({
    "bert", "dream", "eurobert", "gemma-embedding", "jina-bert-v2", "jina-bert-v3", "llada",
    "llada-moe", "llama-embed", "modern-bert", "neo-bert", "nomic-bert", "nomic-bert-moe", "rnd1",
    "t5encoder", "wavtokenizer-dec",
})  # fmt: skip
"""Encoders and diffusion models, for which ``llama_model::create_memory`` makes no cache."""

_OWN_KEYS = {"gemma3n": 20}
"""So many layers have keys of their own, the others take those of earlier ones
(``n_layer_kv_from_start``, src/models/gemma3n.cpp; others state how many share)."""

_STATEFUL = ("ssm_", "shortconv", "time_mix")
_Kept = tuple[CacheKind, int | None, int, int]
"""Kind, window, bytes for each token, bytes of the state."""


class NotStated(Exception):
    """A figure without which the cache cannot be reckoned; the message is its key."""


def list_caches(figures: Figures) -> tuple[CachedLayers, ...]:
    """The cache by the kind of layers; empty for a model that keeps none.

    Raises ``NotStated``.
    """
    if figures.architecture in _NO_CACHE or _needs_no_order(figures):
        return ()
    layers = range(_count_layers(figures))
    listed = [one for layer in layers for one in _list_kept(figures, layer)]
    if not listed:  # tensors of other names than those of llama.cpp
        unnamed = replace(figures, parts={})
        listed = [one for layer in layers for one in _list_kept(unnamed, layer)]
    kept: dict[tuple[CacheKind, int | None], list[_Kept]] = {}
    for one in listed:
        kept.setdefault(one[:2], []).append(one)
    found = tuple(_gather(kind, window, alike) for (kind, window), alike in kept.items())
    if any(max(alike.bytes_per_token, alike.state_bytes) > MAX_BYTES for alike in found):
        raise NotStated("a size that can be")
    return found


def explain_window(figures: Figures) -> list[str]:
    """A warning where a window stands in the file and nobody says which layers have it."""
    if is_pattern_known(figures):
        return []
    return [
        f"which layers attend to {find_window(figures)} tokens only is not stated: all are taken "
        "to attend to everything, so that the cache is at most what is said"
    ]


def _gather(kind: CacheKind, window: int | None, layers: list[_Kept]) -> CachedLayers:
    return CachedLayers(
        kind=kind,
        layers=len(layers),
        element_type=_STATE_TYPE if kind == "recurrent" else _KEYS_TYPE,
        bytes_per_token=sum(layer[2] for layer in layers),
        window=window,
        state_bytes=sum(layer[3] for layer in layers),
    )


def _needs_no_order(figures: Figures) -> bool:
    """Whether each token attends to all others, so that nothing of earlier ones can be kept."""
    return figures.metadata.values.get(f"{figures.architecture}.attention.causal") is False


def _count_layers(figures: Figures) -> int:
    """Layers that run for each token: those that only draft the next ones stand behind them."""
    layers = figures.find("decoder_block_count") or _get(figures, "block_count")
    if layers > MAX_LAYERS:
        raise NotStated("block_count")
    return max(0, layers - (figures.find("nextn_predict_layers") or 0))


def _list_kept(figures: Figures, layer: int) -> list[_Kept]:
    """What one layer keeps: of attention, of a state, of both or of neither."""
    parts = figures.parts.get(layer)
    if parts is None:  # a file that has not this layer's tensors: by the figures alone
        heads = figures.find("attention.head_count_kv", layer)
        attends = bool(figures.find("attention.head_count", layer)) if heads is None else heads > 0
        recurs = not attends
    else:
        recurs = any(part.startswith(_STATEFUL) for part in parts)
        fused = "attn_qkv" in parts and not recurs  # a layer with a state may have one as well
        attends = fused or any(part.startswith("attn_k") for part in parts)
    found: list[_Kept] = []
    if recurs:
        found.append(("recurrent", None, 0, _find_state(figures) * _STATE_BYTES))
    if attends and layer < _count_own_keys(figures):
        found += _list_keys(figures, layer, parts or frozenset())
    return found


def _count_own_keys(figures: Figures) -> int:
    shared = figures.find("attention.shared_kv_layers")
    if shared:
        return _get(figures, "block_count") - shared
    return _OWN_KEYS.get(figures.architecture, MAX_LAYERS)


def _list_keys(figures: Figures, layer: int, parts: Set[str]) -> list[_Kept]:
    """Keys and values of a layer; latent attention keeps one vector that serves as both."""
    sliding = is_sliding(figures, layer)
    heads = figures.find("attention.head_count_kv", layer)
    if heads is None:
        heads = _get(figures, "attention.head_count", layer)
    if not heads:
        return []
    key = _find_width(figures, "key", layer, sliding)
    if figures.find("attention.key_length_mla") and figures.find("attention.value_length_mla"):
        chosen = figures.find("attention.indexer.key_length") or 0 if "indexer" in parts else 0
        return [("latent", None, (heads * key + chosen) * _KEYS_BYTES, 0)]
    both = key + _find_width(figures, "value", layer, sliding)
    window = find_window(figures) if sliding else None
    return [("sliding" if sliding else "full", window, heads * both * _KEYS_BYTES, 0)]


def _find_width(figures: Figures, of: str, layer: int, sliding: bool) -> int:
    """The width of a head; that of sliding layers may differ."""
    own = figures.find(f"attention.{of}_length_swa") if sliding else None
    stated = own or figures.find(f"attention.{of}_length")
    if stated is not None:
        return stated
    heads = _get(figures, "attention.head_count", layer)
    return _get(figures, "embedding_length") // max(heads, 1)


def _find_state(figures: Figures) -> int:
    """Numbers that a layer keeps of all tokens so far: ``n_embd_r`` and ``n_embd_s`` together."""
    head = figures.find("wkv.head_size")
    if head:
        width = _get(figures, "embedding_length")
        shifts = figures.find("token_shift_count")
        return width * (2 if shifts is None else shifts) + width * head
    columns = figures.find("shortconv.l_cache")
    if columns:
        return _get(figures, "embedding_length") * (columns - 1)
    # The column that moves out of a convolution's window with each token is not kept.
    columns = max(0, (figures.find("ssm.conv_kernel") or 0) - 1)
    head = figures.find("kda.head_dim")
    if head:
        heads = _get(figures, "attention.head_count")
        return 3 * columns * heads * head + head * head * heads
    inner, state = _get(figures, "ssm.inner_size"), _get(figures, "ssm.state_size")
    groups = figures.find("ssm.group_count") or 0
    return columns * (inner + 2 * groups * state) + state * inner


def _get(figures: Figures, key: str, layer: int = 0) -> int:
    value = figures.find(key, layer)
    if value is None:
        raise NotStated(key)
    return value
