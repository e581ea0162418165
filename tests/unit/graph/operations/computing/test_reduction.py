"""Reductions and softmax."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

VALUES: list[tuple[str, list[Operand], dict[str, Any], tuple[object, ...]]] = [
    ("reduce", [[2, 3, 4]], {"function": "prod", "axes": (0,)}, (24,)),
    ("reduce", [[2, 3, 4]], {"function": "sum"}, (9,)),
]  # fmt: skip


@each_case(VALUES)
def test_a_small_value_is_reckoned(
    operation: str,
    operands: list[Operand],
    attributes: dict[str, Any],
    expected: tuple[object, ...],
) -> None:
    assert apply(operation, *operands, **attributes).value == expected


@pytest.mark.parametrize(
    ("operands", "attributes", "shape"),
    [
        ([(2, 3, 4)], {"axes": (1,)}, (2, 4)),
        ([(2, 3, 4)], {"axes": (-1,), "keep_dimensions": True}, (2, 3, 1)),
        ([(2, 3, 4)], {}, ()),
        ([(2, 3, 4), [0, 2]], {}, (3,)),
        ([(2, 3, 4)], {"axes": (), "noop_with_empty_axes": True}, (2, 3, 4)),
        ([("n", 3)], {"axes": (1,)}, ("n",)),
    ],
)
def test_a_reduction_drops_or_keeps_its_axes(
    operands: list[Operand], attributes: dict[str, Any], shape: Shape
) -> None:
    assert apply("reduce", *operands, function="sum", **attributes).shape == shape


def test_a_reduction_over_unknown_axes_keeps_only_its_rank() -> None:
    axes = TensorType("i64", (1,))
    kept = apply("reduce", (2, 3), axes, function="sum", keep_dimensions=True)
    assert kept.shape == ("?", "?")
    assert apply("reduce", (2, 3), axes, function="sum").shape is None


def test_positions_have_their_own_type() -> None:
    found = apply("reduce", (2, 3), function="argmax", axes=(1,))
    assert (found.element_type, found.shape) == ("i64", (2,))


def test_a_reduction_may_be_over_all_dimensions_but_some() -> None:
    assert apply("reduce", (2, 3, 4), function="sum", axes=(1,), exclude=True).shape == (3,)
    kept = apply("reduce", (2, 3), function="sum", axes=(-1,), exclude=True, keep_dimensions=True)
    assert kept.shape == (1, 3)


def test_several_operands_reduce_together() -> None:
    found = apply(
        "reduce", (2, 3), TensorType("i32", (2, 3)), (), TensorType("i32", ()),
        outputs=2, operands=2, axes=(1,),
    )  # fmt: skip
    assert found.types == (TensorType("f32", (2,)), TensorType("i32", (2,)))


def test_the_work_of_reductions() -> None:
    total = apply("reduce", (10, 20), function="sum", axes=(1,)).cost
    mean = apply("reduce", (10, 20), function="mean", axes=(1,)).cost
    log_sum_exp = apply("reduce", (10, 20), function="log_sum_exp", axes=(1,)).cost
    assert total is not None
    assert mean is not None
    assert log_sum_exp is not None
    assert total.flops_other == 200
    assert mean.flops_other == 210
    assert log_sum_exp.transcendentals == 210


def test_softmax_takes_an_exponential_per_element() -> None:
    cost = apply("softmax", (4, 8), axis=-1).cost
    assert cost is not None
    assert (cost.flops_other, cost.transcendentals) == (128, 32)


# ---- costs: a step per element that is combined, then what is done once per result.

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

_LOG_SOFTMAX = 1 + 1 + 1 + 1  # find the largest, subtract it, add up, subtract the logarithm

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
    Case("hardmax", "hardmax", [(2, 3, 5)], {"axis": -1},
         flops=(2 * 3 * 5) * (1 + 1)),  # find the largest, compare with it
    Case("softmax", "softmax", [(2, 3, 5)], {"axis": -1},
         flops=(2 * 3 * 5) * (1 + 1 + 1 + 1),  # find the largest, subtract it, add up, divide
         transcendentals=2 * 3 * 5),  # one exponential each
    Case("the logarithm of softmax", "log_softmax", [(2, 3, 5)], {"axis": -1},
         flops=(2 * 3 * 5) * _LOG_SOFTMAX,
         transcendentals=2 * 3 * 5 + 2 * 3),  # one exponential each, one logarithm per line
    Case("the logarithm of softmax along the first dimension", "log_softmax", [(2, 3, 5)],
         {"axis": 0},
         flops=(2 * 3 * 5) * _LOG_SOFTMAX, transcendentals=2 * 3 * 5 + 3 * 5),
    Case("the logarithm of softmax over all from a dimension on", "log_softmax", [(2, 3, 5)],
         {"flatten_axis": 1},
         flops=(2 * 3 * 5) * _LOG_SOFTMAX, transcendentals=2 * 3 * 5 + 2),
    Case("the logarithm of softmax over everything", "log_softmax", [(2, 3, 5)],
         {"flatten_axis": 0},
         flops=(2 * 3 * 5) * _LOG_SOFTMAX, transcendentals=2 * 3 * 5 + 1),
    Case("the logarithm of softmax over the last as counted from the back", "log_softmax",
         [(2, 3, 5)], {"flatten_axis": -1},
         flops=(2 * 3 * 5) * _LOG_SOFTMAX, transcendentals=2 * 3 * 5 + 2 * 3),
    Case("the logarithm of softmax of a scalar", "log_softmax", [()],
         flops=_LOG_SOFTMAX, transcendentals=1 + 1),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_reductions_cost_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
