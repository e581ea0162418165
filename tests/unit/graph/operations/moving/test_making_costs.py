"""Ranges and fills are only written; random numbers are worked."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.operations.counting import Case, as_parameters, count

CASES = (
    Case("a range is made on the way", "range", [0, 7, 2]),
    Case("counting up is made on the way", "iota", [], {"shape": (7,), "element_type": "i32"}),
    Case("filling only writes", "constant_of_shape", [[2, 3]], {"element_type": "f32"}),
    Case("an identity matrix is only written", "eye_like", [(3, 5)]),
    Case("random numbers", "random", [], {"shape": (3, 5), "element_type": "f32"},
         flops=10 * (3 * 5)),  # ten rounds of mixing a number's counter
    Case("random numbers and the generator's new state", "rng_bit_generator",
         [TensorType("u64", (2,))],
         yields=[TensorType("u64", (2,)), TensorType("u32", (3, 5))],
         flops=10 * (2 + 3 * 5)),  # ten rounds each, the state's two numbers among them
    Case("one-hot vectors", "one_hot", [TensorType("i64", (2, 3)), 7, [0.0, 1.0]], {"axis": -1},
         flops=(2 * 3) * 7),  # every result is a comparison
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_making_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
