"""What the layers of a decoder keep between tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from cyborg_rr.domain.graph.caches import CachedLayers, CacheKind
from cyborg_rr.domain.words import find_bits
from cyborg_rr.readers.architectures.plans import (
    Attention,
    Decoder,
    Encoder,
    GatedDelta,
    Latent,
    Mixer,
    SelectiveScan,
    StateSpaceDuality,
)

_Kept = tuple[CacheKind, int | None, int, int]
"""Kind, window, bytes for each token, and bytes of the state."""


def list_caches(plan: Decoder) -> tuple[CachedLayers, ...]:
    """The caches of a decoder in its own element type, by the kind of layers."""
    size = find_bits(plan.element_type) // 8
    kept: list[_Kept] = []
    for layer in plan.layers:
        if layer.mixer is not None:
            kept.append(find_kept(layer.mixer, plan))
        if layer.cross is not None:
            kept.append(("cross", None, 2 * layer.cross.kv_heads * layer.cross.width * size, 0))
    return gather_layers(kept, plan.element_type)


def list_pair_caches(plan: Encoder) -> tuple[CachedLayers, ...]:
    """The caches of a decoder that attends to an encoder; an encoder alone keeps nothing."""
    size = find_bits(plan.element_type) // 8
    kept: list[_Kept] = []
    for layer in plan.decoder.layers if plan.decoder is not None else ():
        parts: tuple[tuple[CacheKind, Mixer | None], ...] = (
            ("full", layer.mixer),
            ("cross", layer.cross),
        )
        kept += [
            (kind, None, 2 * mixer.kv_heads * mixer.width * size, 0)
            for kind, mixer in parts
            if isinstance(mixer, Attention)
        ]
    return gather_layers(kept, plan.element_type)


def gather_layers(kept: Iterable[_Kept], element_type: str) -> tuple[CachedLayers, ...]:
    """Layers of one kind and window together, in the order in which they first stand."""
    together: dict[tuple[CacheKind, int | None], list[_Kept]] = {}
    for one in kept:
        together.setdefault(one[:2], []).append(one)
    return tuple(
        CachedLayers(
            kind=kind,
            layers=len(layers),
            element_type=element_type,
            bytes_per_token=sum(layer[2] for layer in layers),
            window=window,
            state_bytes=sum(layer[3] for layer in layers),
        )
        for (kind, window), layers in together.items()
    )


def find_kept(mixer: Mixer, plan: Decoder) -> _Kept:
    """What one layer keeps; the state of a scan is in the type that scans are computed in."""
    size = find_bits(plan.element_type) // 8
    wide = find_bits(plan.state_type) // 8
    match mixer:
        case Attention():
            kind: CacheKind = "full" if mixer.window is None else "sliding"
            return kind, mixer.window, 2 * mixer.kv_heads * mixer.width * size, 0
        case Latent():
            chosen_by = mixer.indexer.width if mixer.indexer is not None else 0
            return "latent", None, (mixer.rank + mixer.rotary_width + chosen_by) * size, 0
        case SelectiveScan():
            state = mixer.inner * (mixer.kernel * size + mixer.state * wide)
        case StateSpaceDuality():
            channels = mixer.heads * mixer.width + 2 * mixer.groups * mixer.state
            state = channels * mixer.kernel * size + mixer.heads * mixer.width * mixer.state * wide
        case GatedDelta():
            channels = 2 * mixer.key_heads * mixer.key_width + mixer.value_heads * mixer.value_width
            scan = mixer.value_heads * mixer.key_width * mixer.value_width
            state = channels * mixer.kernel * size + scan * wide
        case _:
            assert_never(mixer)
    return "recurrent", None, 0, state
