"""Reductions: a step per element that is combined, then what is done once per result."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.operations.counting import Case, as_parameters, count

_ELEMENTS, _RESULTS = 2 * 3 * 5, 2 * 5  # of (2, 3, 5) when the middle dimension goes
_MIDDLE = {"axes": (1,)}

# Function; flops and transcendentals per element; flops and transcendentals per result.
_FUNCTIONS = (
    ("sum", 1, 0, 0, 0),
    ("prod", 1, 0, 0, 0),
    ("max", 1, 0, 0, 0),
    ("min", 1, 0, 0, 0),
    ("and", 1, 0, 0, 0),
    ("or", 1, 0, 0, 0),
    ("argmax", 1, 0, 0, 0),
    ("argmin", 1, 0, 0, 0),
    ("mean", 1, 0, 1, 0),  # add up; divide
    ("l1", 1 + 1, 0, 0, 0),  # drop the sign, add up
    ("l2", 1 + 1, 0, 0, 1),  # square, add up; take the root
    ("sum_square", 1 + 1, 0, 0, 0),  # square, add up
    ("log_sum", 1, 0, 0, 1),  # add up; take the logarithm
    ("log_sum_exp", 1 + 1 + 1, 1, 1, 1),  # find the largest, subtract it, exp, add up; log, add it
)

CASES = (
    *(
        Case(f"a reduction by {function}", "reduce", [(2, 3, 5)],
             {"function": function, **_MIDDLE},
             flops=_ELEMENTS * flops + _RESULTS * last_flops,
             transcendentals=_ELEMENTS * functions + _RESULTS * last_functions)
        for function, flops, functions, last_flops, last_functions in _FUNCTIONS
    ),
    Case("a mean that keeps its dimensions", "reduce", [(2, 3, 5)],
         {"function": "mean", "keep_dimensions": True, **_MIDDLE},
         flops=2 * 3 * 5 + 2 * 5),
    Case("a mean of everything divides once", "reduce", [(2, 3, 5)], {"function": "mean"},
         flops=2 * 3 * 5 + 1),
    Case("two tensors reduced together", "reduce",
         [(2, 3), TensorType("i32", (2, 3)), (), TensorType("i32", ())],
         {"function": "max", "operands": 2, "axes": (1,)}, outputs=2,
         flops=(2 * 3) * 2),
    Case("a running sum", "cumulative", [(2, 3, 5)], {"function": "sum"},
         flops=2 * 3 * 5),
    Case("softmax", "softmax", [(2, 3, 5)], {"axis": -1},
         flops=(2 * 3 * 5) * (1 + 1 + 1 + 1),  # find the largest, subtract it, add up, divide
         transcendentals=2 * 3 * 5),  # one exponential each
    Case("the logarithm of softmax", "log_softmax", [(2, 3, 5)], {"axis": -1},
         flops=(2 * 3 * 5) * (1 + 1 + 1 + 1),  # find the largest, subtract it, add up, subtract
         uncounted=("transcendentals",)),
    Case("a sort of lines", "sort", [(2, 3, 8)],
         flops=(2 * 3) * (8 * 3)),  # n log2 n comparisons per line
    Case("a sort along the first dimension", "sort", [(8, 3)], {"axis": 0},
         flops=3 * (8 * 3)),
    Case("a sort of a number that is no power of two", "sort", [(3, 5)], {"axis": 1},
         flops=3 * (5 * 3)),  # log2 of 5 is rounded up
    Case("a sort of pairs", "sort", [(3, 2)], {"axis": -1},
         flops=3 * (2 * 1)),
    Case("a sort of keys with their values", "sort", [(3, 8), TensorType("i32", (3, 8))],
         {"axis": 1}, outputs=2,
         flops=3 * (8 * 3)),  # only the keys are compared
    Case("the five largest of sixteen", "top_k", [(3, 16), [5]], {"axis": -1}, outputs=2,
         flops=3 * (16 * 4)),  # as many comparisons as the whole sort
    Case("one-hot vectors", "one_hot", [TensorType("i64", (2, 3)), 7, [0.0, 1.0]], {"axis": -1},
         flops=(2 * 3) * 7),  # every result is a comparison
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_reductions_cost_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
