"""Attention with its cache."""

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from tests.unit.graph.applying import apply


def test_attention_counts_scores_and_values_with_the_cache() -> None:
    found = apply(
        "attention", (2, 8, 1, 64), (2, 4, 1, 64), (2, 4, 1, 32), None,
        (2, 4, 15, 64), (2, 4, 15, 32), outputs=3,
    )  # fmt: skip
    assert found.shapes == ((2, 8, 1, 32), (2, 4, 16, 64), (2, 4, 16, 32))
    assert found.cost is not None
    assert found.cost.macs == 2 * 8 * 1 * 16 * (64 + 32)


def test_attention_of_rank_three_needs_the_number_of_heads() -> None:
    found = apply("attention", (2, 5, 64), (2, 7, 32), (2, 7, 32), q_num_heads=8, kv_num_heads=4)
    assert found.shape == (2, 5, 64)
    assert found.cost is not None
    assert found.cost.macs == 2 * 8 * 5 * 7 * 16
    with pytest.raises(UnreadableModel, match="q_num_heads"):
        apply("attention", (2, 5, 64), (2, 7, 64), (2, 7, 64))
