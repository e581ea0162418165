"""Activation functions."""

import pytest

from tests.unit.graph.applying import apply
from tests.unit.graph.operations.counting import Case, as_parameters, count


def test_activations_count_flops_and_functions() -> None:
    gelu = apply("gelu", (10,)).cost
    relu = apply("relu", (10,)).cost
    assert gelu is not None
    assert relu is not None
    assert (gelu.flops_other, gelu.transcendentals) == (40, 10)
    assert (relu.flops_other, relu.transcendentals) == (10, 0)


# ---- costs: activations: arithmetic steps and functions per element, counted from the formula.

# Operation; arithmetic steps and functions per element.
_OF_ONE = (
    ("sigmoid", 0, 1),
    ("relu", 1, 0),  # held against 0
    ("thresholded_relu", 1 + 1, 0),  # held against the threshold, chosen
    ("leaky_relu", 1 + 1, 0),  # scaled, chosen
    ("elu", 1 + 1, 1),  # exp(x) - 1: scaled, chosen
    ("selu", 1 + 1 + 1, 1),  # exp(x) - 1: scaled, chosen, scaled again
    ("celu", 1 + 1 + 1, 1),  # x / alpha, exp(x) - 1: scaled, chosen
    ("gelu", 1 + 1 + 1 + 1, 1),  # x / sqrt 2, erf, plus 1, times x, halved
    ("silu", 1, 1),  # x times sigmoid(x)
    ("softplus", 1, 2),  # exp, plus 1, log
    ("softsign", 1 + 1 + 1, 0),  # |x|, plus 1, x divided by it
    ("hard_sigmoid", 1 + 1 + 1 + 1, 0),  # scaled, shifted, at least 0, at most 1
    ("hard_swish", 1 + 1 + 1 + 1 + 1, 0),  # the same, times x
    ("mish", 1 + 1, 3),  # exp, plus 1, log, tanh, times x
    ("shrink", 1 + 1 + 1, 0),  # held against either bound, shifted
)

CASES = (
    *(
        Case(f"{name} of each element", name, [(3, 5)],
             flops=(3 * 5) * flops, transcendentals=(3 * 5) * functions)
        for name, flops, functions in _OF_ONE
    ),
    Case("a slope of its own for each channel", "prelu", [(2, 3, 5), (3, 1)],
         flops=(2 * 3 * 5) * (1 + 1)),  # scaled, chosen
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_activation_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
