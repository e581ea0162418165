"""Joining, padding and filling move data; resizing mixes neighbours; random numbers are worked."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.operations.counting import Case, as_parameters, count

_POSITIONS = TensorType("i64", (5,))

_FREE = (
    Case("joining only moves", "concatenate", [(2, 3), (5, 3)], {"axis": 0}),
    Case("padding only moves", "pad", [(2, 3), [0, 1, 0, 2]]),
    Case("a range is made on the way", "range", [0, 7, 2]),
    Case("counting up is made on the way", "iota", [], {"shape": (7,), "element_type": "i32"}),
    Case("filling only writes", "constant_of_shape", [[2, 3]], {"element_type": "f32"}),
    Case("an identity matrix is only written", "eye_like", [(3, 5)]),
    Case("a triangle is only copied", "trilu", [(3, 5)]),
    Case("places of non-zeros are not counted", "non_zero", [(2, 3)],
         yields=[TensorType("i64", (2, 5))]),
    Case("places of truths are not counted", "where_indices", [(2, 3)],
         yields=[TensorType("i64", (5, 2))]),
    Case("distinct elements are not counted", "unique", [(7,)],
         yields=[TensorType("f32", (5,)), _POSITIONS, TensorType("i64", (7,)), _POSITIONS]),
    Case("suppression of boxes is not counted", "non_max_suppression", [(1, 7, 4), (1, 2, 7)],
         yields=[TensorType("i64", (5, 3))]),
)  # fmt: skip

CASES = (
    *_FREE,
    Case("the nearest element is only picked", "resize",
         [(2, 3, 5), None, None, [2, 3, 11]], {"mode": "nearest"}),
    Case("without a mode the nearest element is picked", "resize",
         [(2, 3, 5), None, None, [2, 3, 11]]),
    Case("linear along one dimension", "resize",
         [(2, 3, 5), None, None, [2, 3, 11]], {"mode": "linear"},
         flops=(2 * 3 * 11) * (2 + 2)),  # both neighbours times their weights, and added up
    Case("cubic along one dimension", "resize",
         [(2, 3, 5), None, None, [2, 3, 11]], {"mode": "cubic"},
         flops=(2 * 3 * 11) * (4 + 4)),  # four neighbours times their weights, and added up
    Case("random numbers", "random", [], {"shape": (3, 5), "element_type": "f32"},
         flops=10 * (3 * 5)),  # ten rounds of mixing a number's counter
    Case("random numbers and the generator's new state", "rng_bit_generator",
         [TensorType("u64", (2,))],
         yields=[TensorType("u64", (2,)), TensorType("u32", (3, 5))],
         flops=10 * (2 + 3 * 5)),  # ten rounds each, the state's two numbers among them
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_assembling_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
