"""What a sequence keeps: in proportion to its tokens, up to a window, or not at all."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.graph.caches import CachedLayers, CacheKind, find_cache_bytes


@pytest.mark.parametrize(
    ("kind", "tokens", "held"), [("full", 100, 100), ("latent", 100, 100), ("cross", 100, 7)]
)
def test_a_layer_keeps_each_token(kind: CacheKind, tokens: int, held: int) -> None:
    assert find_cache_bytes([CachedLayers(kind, 1, "f16", 10)], tokens, 7) == 10 * held


@pytest.mark.parametrize(("tokens", "held"), [(1, 1), (15, 15), (16, 15), (100, 15)])
def test_a_sliding_layer_keeps_one_token_less_than_its_window(tokens: int, held: int) -> None:
    assert find_cache_bytes([CachedLayers("sliding", 1, "f16", 10, 16)], tokens) == 10 * held


def test_a_state_does_not_grow() -> None:
    cache = [CachedLayers("recurrent", 1, "f16", state_bytes=64)]
    assert find_cache_bytes(cache, 1) == find_cache_bytes(cache, 1000) == 64


def test_kinds_add_up() -> None:
    cache = [CachedLayers("full", 1, "f16", 10), CachedLayers("recurrent", 1, "f16", 0, None, 64)]
    assert find_cache_bytes(cache, 3) == 94


def test_nothing_said_is_not_nothing_kept() -> None:
    assert find_cache_bytes([], 100) is None
