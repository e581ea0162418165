"""Attention: scores of every query with every key, softmax over them, and the mix of values."""

import pytest

from tests.unit.graph.operations.counting import Case, as_parameters, count

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
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_attention_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
