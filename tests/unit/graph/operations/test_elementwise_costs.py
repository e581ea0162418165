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
    ("reduce_precision", 1, 0),
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
    ("sigmoid", 0, 1),
    ("relu", 1, 0),  # held against 0
    ("thresholded_relu", 1 + 1, 0),  # held against the threshold, chosen
    ("leaky_relu", 1 + 1, 0),  # scaled, chosen
    ("elu", 1 + 1, 1),  # exp(x) - 1: scaled, chosen
    ("selu", 1 + 1 + 1, 1),  # exp(x) - 1: scaled, chosen, scaled again
    ("gelu", 1 + 1 + 1 + 1, 1),  # x / sqrt 2, erf, plus 1, times x, halved
    ("silu", 1, 1),  # x times sigmoid(x)
    ("softplus", 1, 2),  # exp, plus 1, log
    ("softsign", 1 + 1 + 1, 0),  # |x|, plus 1, x divided by it
    ("hard_sigmoid", 1 + 1 + 1 + 1, 0),  # scaled, shifted, at least 0, at most 1
    ("hard_swish", 1 + 1 + 1 + 1 + 1, 0),  # the same, times x
    ("mish", 1 + 1, 3),  # exp, plus 1, log, tanh, times x
    ("shrink", 1 + 1 + 1, 0),  # held against either bound, shifted
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

_FREE = (
    Case("an identity is a view", "identity", [(3, 5)]),
    Case("a barrier is a view", "optimization_barrier", [(3, 5), (7,)], outputs=2),
    Case("dropout does nothing at inference", "dropout", [(3, 5)], outputs=2),
    Case("other names for bits are a view", "bitcast_convert", [(3, 5)], {"element_type": "i32"}),
    Case("a complex number is only put together", "complex", [(3, 5), (3, 5)]),
    Case("a real part is only picked", "real", [TensorType("c64", (3, 5))]),
    Case("an imaginary part is only picked", "imag", [TensorType("c64", (3, 5))]),
)

CASES = (
    *_FREE,
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
    Case("the mean of one tensor is divided once", "mean", [(3, 5)],
         flops=3 * 5),
    Case("celu takes one exponential", "celu", [(3, 5)],
         transcendentals=3 * 5, uncounted=("flops_other",)),
    Case("a rotated position", "rotary_embedding", [(2, 3, 5, 14), (11, 7), (11, 7)],
         flops=(2 * 3 * 5 * 14) * (1 + 1 + 1)),  # times cosine, times sine, combined
    Case("a conversion", "convert", [(3, 5)], {"element_type": "bf16"},
         flops=3 * 5),
    Case("a clamp", "clamp", [(3, 5), (), ()],
         flops=(3 * 5) * (1 + 1)),  # at least, at most
    Case("a slope of its own for each channel", "prelu", [(2, 3, 5), (3, 1)],
         flops=(2 * 3 * 5) * (1 + 1)),  # scaled, chosen
    Case("a choice by a condition", "select", [TensorType("i1", (3, 5)), (3, 5), (3, 5)],
         flops=3 * 5),
    Case("quantisation", "quantize", [(3, 5), (), TensorType("i8", ())],
         flops=(3 * 5) * (1 + 1 + 1 + 1)),  # divided, rounded, shifted, saturated
    Case("dequantisation", "dequantize", [TensorType("i8", (3, 5)), (), TensorType("i8", ())],
         flops=(3 * 5) * (1 + 1)),  # shifted, scaled
    Case("quantisation by what the tensor holds", "dynamic_quantize", [(3, 5)], outputs=3,
         flops=(3 * 5) * (1 + 1 + 4)),  # smallest and largest found, then quantised
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_elementwise_operations_cost_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
