"""Arithmetic, comparisons and choices."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.building import GraphBuilder

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
