"""Elementwise operations: arithmetic steps and functions per element, counted from the formula.

A function that hardware approximates (exp, log, a root, a sigmoid, a power) is one transcendental;
``exp(x) - 1`` and ``log(1 + x)`` are one each. Choosing between two formulas is one step.
"""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.operations.counting import Case, as_parameters, count

# Operation; arithmetic steps and functions per element.
_OF_ONE = (
    ("abs", 1, 0),
    ("negate", 1, 0),
    ("sign", 1, 0),
    ("floor", 1, 0),
    ("ceil", 1, 0),
    ("round", 1, 0),
    ("not", 1, 0),
    ("is_nan", 1, 0),
    ("is_inf", 1, 0),
    ("is_finite", 1, 0),
    ("popcnt", 1, 0),
    ("clz", 1, 0),
    ("reciprocal", 1, 0),
    ("exp", 0, 1),
    ("exp_minus_one", 0, 1),
    ("log", 0, 1),
    ("log_plus_one", 0, 1),
    ("sqrt", 0, 1),
    ("rsqrt", 0, 1),
    ("cbrt", 0, 1),
    ("sine", 0, 1),
    ("cosine", 0, 1),
    ("tan", 0, 1),
    ("asin", 0, 1),
    ("acos", 0, 1),
    ("atan", 0, 1),
    ("sinh", 0, 1),
    ("cosh", 0, 1),
    ("asinh", 0, 1),
    ("acosh", 0, 1),
    ("atanh", 0, 1),
    ("tanh", 0, 1),
    ("erf", 0, 1),
)

# Operation; arithmetic steps and functions per element of the result.
_OF_TWO = (
    ("add", 1, 0),
    ("subtract", 1, 0),
    ("multiply", 1, 0),
    ("divide", 1, 0),
    ("remainder", 1, 0),
    ("maximum", 1, 0),
    ("minimum", 1, 0),
    ("and", 1, 0),
    ("or", 1, 0),
    ("xor", 1, 0),
    ("shift_left", 1, 0),
    ("shift_right_arithmetic", 1, 0),
    ("shift_right_logical", 1, 0),
    ("compare", 1, 0),
    ("power", 0, 1),
    ("atan2", 0, 1),
)

CASES = (
    *(
        Case(f"{name} of each element", name, [(3, 5)],
             flops=(3 * 5) * flops, transcendentals=(3 * 5) * functions)
        for name, flops, functions in _OF_ONE
    ),
    *(
        Case(f"{name} of each pair, small operands stretched", name, [(2, 1, 5), (3, 1)],
             flops=(2 * 3 * 5) * flops, transcendentals=(2 * 3 * 5) * functions)
        for name, flops, functions in _OF_TWO
    ),
    Case("a sum of three tensors", "add", [(3, 5), (3, 5), (3, 5)],
         flops=(3 * 5) * 2),  # n - 1 additions
    Case("the largest of four tensors", "maximum", [(3, 5), (3, 5), (3, 5), (3, 5)],
         flops=(3 * 5) * 3),
    Case("a sum of one tensor adds nothing", "add", [(3, 5)]),
    Case("the mean of one tensor is divided once", "mean", [(3, 5)],
         flops=3 * 5),
    Case("the mean of three tensors", "mean", [(3, 5), (3, 5), (5,)],
         flops=(3 * 5) * (1 + 1 + 1)),  # two additions and a division
    Case("a clamp", "clamp", [(3, 5), (), ()],
         flops=(3 * 5) * (1 + 1)),  # at least, at most
    Case("a choice by a condition", "select", [TensorType("i1", (3, 5)), (3, 5), (3, 5)],
         flops=3 * 5),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_elementwise_operations_cost_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
