"""Arithmetic, comparisons and choices."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.building import GraphBuilder
from tests.unit.graph.operations.counting import Case, as_parameters, count

VALUES: list[tuple[str, list[Operand], dict[str, Any], tuple[object, ...]]] = [
    ("add", [[1, 2, 3], 10], {}, (11, 12, 13)),
    ("multiply", [[2, 3], [4, 5]], {}, (8, 15)),
    ("divide", [[7, -7], [2, 2]], {}, (3, -3)),
    ("divide", [7.0, 2.0], {}, (3.5,)),
    ("divide", [7, 0], {}, ("?",)),
    ("remainder", [[7, 8], 4], {}, (3, 0)),
    ("remainder", [-7, 4], {}, ("?",)),
    ("power", [2, 10], {}, (1024,)),
    ("power", [2, 65], {}, ("?",)),
    ("maximum", [[1, 5], [3, 2]], {}, (3, 5)),
    ("compare", [[1, 2], [2, 2]], {"direction": "LT"}, (True, False)),
    ("ceil", [2.1], {}, (3.0,)),
]  # fmt: skip


@each_case(VALUES)
def test_a_small_value_is_reckoned(
    operation: str,
    operands: list[Operand],
    attributes: dict[str, Any],
    expected: tuple[object, ...],
) -> None:
    assert apply(operation, *operands, **attributes).value == expected


UNKNOWN: list[tuple[str, list[Operand], dict[str, Any]]] = [
    ("add", [[1, 2], (2,)], {}),
    ("multiply", [[2**62], [8]], {}),
    ("log", [-1.0], {}),
]  # fmt: skip


@each_case(UNKNOWN)
def test_what_cannot_be_reckoned_stays_unknown(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    assert apply(operation, *operands, **attributes).value is None


ELEMENT_TYPES: list[tuple[str, list[Operand], dict[str, Any], str]] = [
    ("compare", [(2,), (2,)], {"direction": "LT"}, "i1"),
    ("is_nan", [(2,)], {}, "i1"),
    ("select", [TensorType("i1", (2,)), TensorType("f16", (2,)), TensorType("f16", ())], {},
         "f16"),
    ("abs", [TensorType("c64", (2,))], {}, "f32"),
]  # fmt: skip


@each_case(ELEMENT_TYPES)
def test_the_element_type_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: str
) -> None:
    assert apply(operation, *operands, **attributes).element_type == expected


@pytest.mark.parametrize("operation", ["add", "subtract", "multiply", "maximum", "power", "and"])
def test_binary_operations_broadcast(operation: str) -> None:
    assert apply(operation, (2, 1, 4), (3, 1)).shape == (2, 3, 4)


def test_variadic_operations_work_per_further_operand() -> None:
    cost = apply("add", (2, 3), (2, 3), (2, 3)).cost
    assert cost is not None
    assert cost.flops_other == 12


def test_a_choice_among_known_elements() -> None:
    b = GraphBuilder()
    shape = b.node("shape_of", b.input("x", "n", 4))
    minus = b.constant([-1, 4])
    unset = b.node("compare", minus, b.constant(-1), direction="EQ")
    chosen = b.node("select", unset, shape, minus)
    assert b.infer(chosen).values[chosen] == ("n", 4)


def test_a_size_differs_from_every_negative_number() -> None:
    b = GraphBuilder()
    shape = b.node("shape_of", b.input("x", "n", 4))
    equal = b.node("compare", shape, b.constant([-1, -1]), direction="EQ")
    assert b.infer(equal).values[equal] == (False, False)


# ---- costs: arithmetic steps and functions per element, counted from the formula. A function that
# hardware approximates (exp, log, a root, a sigmoid, a power) is one transcendental; exp(x) - 1 and
# log(1 + x) are one each. Choosing between two formulas is one step.

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
