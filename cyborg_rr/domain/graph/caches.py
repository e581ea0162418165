"""What a model keeps between the tokens of one sequence, by the kind of its layers.

No IR states it: it follows from the architecture. A layer of attention keeps keys and values of
each token, or of the last ones (sliding window), or one latent vector of them; a recurrent layer
keeps a state of fixed size; cross attention keeps keys and values of the encoder's input.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, assert_never

from cyborg_rr.domain.documents import sparse

CacheKind = Literal["full", "sliding", "latent", "recurrent", "cross"]
"""What a layer keeps."""


@dataclass(frozen=True, slots=True)
class CachedLayers:
    """The cache of all layers of one kind, for one sequence; bytes are those of them together.

    ``bytes_per_token`` of a cross cache are those per position of the encoder. A sliding layer
    keeps the ``window`` - 1 tokens before the one that is computed: runtimes may keep the whole
    window. ``state_bytes`` do not grow.
    """

    kind: CacheKind
    layers: int
    element_type: str
    bytes_per_token: int = 0
    window: int | None = None
    state_bytes: int = 0
    positions: int | None = field(default=None, metadata=sparse(since=1))
    """Of the encoder, where the model fixes them whatever is put in; left out where not."""


def find_cache_bytes(
    cache: Iterable[CachedLayers], tokens: int, source_positions: int = 0
) -> int | None:
    """Bytes that one sequence of so many tokens keeps, None where nothing is said of a cache.

    ``source_positions`` are those that an encoder hands to cross attention.
    """
    sizes = [_find_bytes(layers, tokens, source_positions) for layers in cache]
    return sum(sizes) if sizes else None


def _find_bytes(cached: CachedLayers, tokens: int, source_positions: int) -> int:
    """Bytes of the layers of one kind."""
    match cached.kind:
        case "full" | "latent" | "recurrent":
            held = tokens
        case "sliding":
            held = tokens if cached.window is None else min(tokens, max(cached.window - 1, 0))
        case "cross":
            held = source_positions if cached.positions is None else cached.positions
        case _:
            assert_never(cached.kind)
    return held * cached.bytes_per_token + cached.state_bytes
