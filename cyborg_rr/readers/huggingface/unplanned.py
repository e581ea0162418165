"""What a configuration says of the cache of a model whose architecture is not known here."""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.caches import CachedLayers, CacheKind
from cyborg_rr.domain.words import find_bits
from cyborg_rr.readers.huggingface.parts import count_layers, list_windows, plan_attention
from cyborg_rr.readers.huggingface.settings import Settings

_OTHER_MIXERS: Final = (
    "state_size", "ssm_state_size", "mamba_d_state", "mamba_expand", "conv_kernel",
    "linear_num_key_heads", "kv_lora_rank", "hybrid_override_pattern", "layers_block_type",
    "num_kv_shared_layers", "global_head_dim", "index_topk", "block_types", "attn_layer_period",
)  # fmt: skip
"""Settings of layers that keep something else than keys and values."""

_ATTENTIONS: Final = frozenset({"full_attention", "sliding_attention", "chunked_attention"})


def find_cache(settings: Settings, element_type: str | None) -> tuple[CachedLayers, ...]:
    """The cache of a decoder of plain attention layers; empty where the settings do not say it."""
    inner = settings.enter("text_config") or settings
    if element_type is None or not _is_plain_decoder(settings, inner):
        return ()
    try:
        windows = list_windows(inner, lambda _: inner.flag("use_sliding_window", default=True))
        attention = plan_attention(inner)
    except UnreadableModel:
        return ()
    size = 2 * attention.kv_heads * attention.width * find_bits(element_type) // 8
    groups: dict[int | None, int] = {}
    for window in windows:
        groups[window] = groups.get(window, 0) + 1
    kinds: dict[bool, CacheKind] = {True: "full", False: "sliding"}
    return tuple(
        CachedLayers(kinds[window is None], layers, element_type, layers * size, window)
        for window, layers in groups.items()
    )


def _is_plain_decoder(settings: Settings, inner: Settings) -> bool:
    causal = any("CausalLM" in name or "ConditionalGeneration" in name
                 for name in settings.texts("architectures"))  # fmt: skip
    if not causal or settings.flag("is_encoder_decoder") or inner.find(*_OTHER_MIXERS) is not None:
        return False
    if not set(inner.texts("layer_types")) <= _ATTENTIONS:
        return False
    try:
        return count_layers(inner) > 0
    except UnreadableModel:
        return False
