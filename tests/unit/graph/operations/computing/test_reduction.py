"""Reductions and softmax."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case

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
