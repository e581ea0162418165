"""Attention with its cache."""

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from tests.unit.graph.applying import apply
from tests.unit.graph.operations.counting import Case, as_parameters, count


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


# ---- costs: scores of every query with every key, softmax over them, and the mix of values.

# Batch 2, 6 heads (of key and value 3), 5 queries, 7 keys; keys 11 wide, values 13 wide.
_SCORES = 2 * 6 * 5 * 7

# Of one score: scale it, find the largest, subtract that, sum up, divide; and one exponential.
_SOFTMAX = 1 + 1 + 1 + 1 + 1

CASES = (
    Case("attention by heads", "attention",
         [(2, 6, 5, 11), (2, 3, 7, 11), (2, 3, 7, 13)],
         macs=_SCORES * 11 + _SCORES * 13,  # a dot product along a key; a value, weighted
         flops=_SCORES * _SOFTMAX, transcendentals=_SCORES),
    Case("attention of rank three", "attention",
         [(2, 5, 6 * 11), (2, 7, 3 * 11), (2, 7, 3 * 13)],
         {"q_num_heads": 6, "kv_num_heads": 3},
         macs=_SCORES * 11 + _SCORES * 13,
         flops=_SCORES * _SOFTMAX, transcendentals=_SCORES),
    Case("as many heads of keys as of queries unless it says otherwise", "attention",
         [(2, 5, 6 * 11), (2, 7, 6 * 11), (2, 7, 6 * 13)], {"q_num_heads": 6},
         macs=_SCORES * 11 + _SCORES * 13,
         flops=_SCORES * _SOFTMAX, transcendentals=_SCORES),
    Case("attention with cached keys and values in front", "attention",
         [(2, 6, 5, 11), (2, 3, 4, 11), (2, 3, 4, 13), None, (2, 3, 3, 11), (2, 3, 3, 13)],
         outputs=3,
         macs=_SCORES * 11 + _SCORES * 13,  # 3 cached and 4 new make the same 7 keys
         flops=_SCORES * _SOFTMAX, transcendentals=_SCORES),
    Case("attention with a mask", "attention",
         [(2, 6, 5, 11), (2, 3, 7, 11), (2, 3, 7, 13), (5, 7)],
         macs=_SCORES * 11 + _SCORES * 13,
         flops=_SCORES * (_SOFTMAX + 1), transcendentals=_SCORES),  # added to each score
    Case("attention with a cap on its scores", "attention",
         [(2, 6, 5, 11), (2, 3, 7, 11), (2, 3, 7, 13)], {"softcap": 50.0},
         macs=_SCORES * 11 + _SCORES * 13,
         flops=_SCORES * (_SOFTMAX + 1 + 1),  # over the cap, times the cap
         transcendentals=_SCORES * (1 + 1)),  # a hyperbolic tangent each
    Case("attention that sees three positions", "attention",
         [(2, 6, 5, 11), (2, 3, 7, 11), (2, 3, 7, 13)], {"window": 3},
         macs=(2 * 6 * 5 * 3) * (11 + 13),
         flops=(2 * 6 * 5 * 3) * _SOFTMAX, transcendentals=2 * 6 * 5 * 3),
    Case("attention over a buffer of seven positions", "attention",
         [(2, 6, 5, 11), (2, 3, 4, 11), (2, 3, 4, 13), None, (2, 3, 7, 11), (2, 3, 7, 13)],
         {"past_is_buffer": True}, outputs=3,
         macs=_SCORES * 11 + _SCORES * 13,
         flops=_SCORES * _SOFTMAX, transcendentals=_SCORES),
    Case("a rotated position", "rotary_embedding", [(2, 3, 5, 14), (11, 7), (11, 7)],
         flops=(2 * 3 * 5 * 14) * (1 + 1 + 1)),  # times cosine, times sine, combined
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_attention_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
