"""What the layers of a decoder keep between tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from cyborg_rr.domain.graph.caches import CachedLayers, CacheKind
from cyborg_rr.domain.words import find_bits
from cyborg_rr.readers.architectures.plans import (
    Attention,
    Both,
    Decoder,
    Encoder,
    ImageEntry,
    Latent,
    Mixer,
    SoundEntry,
    Stack,
    TextEntry,
)
from cyborg_rr.readers.architectures.recurrences import (
    DeltaTimeMix,
    GatedDelta,
    GatedTimeMix,
    GatedUnits,
    HeadedScan,
    KeyedDelta,
    Lightning,
    MatrixMemory,
    Recurrence,
    SelectiveScan,
    ShortConvolution,
    StateSpaceDuality,
    TimeMix,
)

_Kept = tuple[CacheKind, int | None, int, int]
"""Kind, window, bytes for each token, and bytes of the state."""


def list_caches(plan: Decoder) -> tuple[CachedLayers, ...]:
    """The caches of a decoder in its own element type, by the kind of layers."""
    size = find_bits(plan.element_type) // 8
    kept: list[_Kept] = []
    for layer in plan.layers:
        mixers: list[Mixer | None] = [layer.mixer]
        if isinstance(layer.mixer, Both):
            mixers = [layer.mixer.scan, layer.mixer.attention]
        if layer.detour is not None:
            mixers.append(layer.detour.attention)
        kept += [find_kept(mixer, plan) for mixer in mixers if mixer is not None]
        if layer.cross is not None:
            kept.append(("cross", None, 2 * layer.cross.kv_heads * layer.cross.width * size, 0))
    return _place(gather_layers(kept, plan.element_type), plan.source_positions)


def _place(found: Iterable[CachedLayers], positions: int | None) -> tuple[CachedLayers, ...]:
    """The same with how many positions layers attend to that look elsewhere."""
    return tuple(
        replace(layers, positions=positions) if layers.kind == "cross" else layers
        for layers in found
    )


def list_pair_caches(plan: Encoder) -> tuple[CachedLayers, ...]:
    """The caches of a decoder that attends to an encoder; an encoder alone keeps nothing."""
    size = find_bits(plan.element_type) // 8
    kept: list[_Kept] = []
    for layer in plan.decoder.layers if plan.decoder is not None else ():
        if isinstance(layer.mixer, Attention):
            kept.append(keep_keys(layer.mixer, plan.element_type))
        if layer.cross is not None:
            kept.append(("cross", None, 2 * layer.cross.kv_heads * layer.cross.width * size, 0))
    return _place(gather_layers(kept, plan.element_type), _count_positions(plan.encoder))


def _count_positions(encoder: Stack) -> int | None:
    """The vectors that an encoder hands on, None where they are as many as its tokens."""
    match encoder.entry:
        case TextEntry():
            return None
        case ImageEntry() as image:
            patches = (image.height // image.patch) * (image.width // image.patch)
            return patches + len(image.classes)
        case SoundEntry() as sound:
            return sound.length // 2
        case _:
            assert_never(encoder.entry)


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
            return keep_keys(mixer, plan.element_type)
        case Latent():
            chosen_by = mixer.indexer.width if mixer.indexer is not None else 0
            return "latent", None, (mixer.rank + mixer.rotary_width + chosen_by) * size, 0
        case Both():
            raise TypeError("each part keeps something of its own")
        case _:
            convolved, scanned = _count_state(mixer, plan.hidden)
            return "recurrent", None, 0, convolved * size + scanned * wide


def keep_keys(attention: Attention, element_type: str) -> _Kept:
    """Keys and values of one layer."""
    kind: CacheKind = "full" if attention.window is None else "sliding"
    width = attention.width + (attention.value_width or attention.width)
    size = attention.kv_heads * width * find_bits(element_type) // 8
    return kind, attention.window, size, 0


def _count_state(
    mixer: SelectiveScan | StateSpaceDuality | GatedDelta | Recurrence, hidden: int
) -> tuple[int, int]:
    """Numbers that a recurrent layer keeps: in the type of the model, and in that of scans."""
    match mixer:
        case SelectiveScan() | HeadedScan():
            return mixer.inner * mixer.kernel, mixer.inner * mixer.state
        case StateSpaceDuality():
            inner = mixer.heads * mixer.width
            return (inner + 2 * mixer.groups * mixer.state) * mixer.kernel, inner * mixer.state
        case GatedDelta():
            wide = mixer.value_heads * mixer.value_width
            channels = 2 * mixer.key_heads * mixer.key_width + wide
            return channels * mixer.kernel, wide * mixer.key_width
        case KeyedDelta():
            wide = mixer.heads * mixer.width
            return 3 * wide * mixer.kernel, wide * mixer.width
        case ShortConvolution():
            return hidden * mixer.kernel, 0
        case GatedUnits():
            return mixer.width * (mixer.kernel - 1), mixer.width
        case Lightning():
            return mixer.heads * mixer.width**2, 0
        case MatrixMemory():
            keys = mixer.heads * mixer.key_width
            return 0, keys * mixer.value_width + keys + mixer.heads
        case TimeMix():
            # The token before, for both parts; two sums and their largest exponent.
            return 2 * hidden, 3 * mixer.width
        case GatedTimeMix() | DeltaTimeMix():
            return 2 * hidden, mixer.width * mixer.head
        case _:
            assert_never(mixer)
