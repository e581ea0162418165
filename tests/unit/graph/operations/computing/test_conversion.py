"""The same numbers in another element type."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.applying import Operand, apply, each_case

VALUES: list[tuple[str, list[Operand], dict[str, Any], tuple[object, ...]]] = [
    ("convert", [2.7], {"element_type": "i64"}, (2,)),
    ("convert", [[0, 3]], {"element_type": "i1"}, (False, True)),
    ("convert", [3], {"element_type": "f32"}, (3.0,)),
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
    ("convert", [float("inf")], {"element_type": "i64"}),
]  # fmt: skip


@each_case(UNKNOWN)
def test_what_cannot_be_reckoned_stays_unknown(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    assert apply(operation, *operands, **attributes).value is None


ELEMENT_TYPES: list[tuple[str, list[Operand], dict[str, Any], str]] = [
    ("convert", [(2,)], {"element_type": "bf16"}, "bf16"),
    ("complex", [(2,), (2,)], {}, "c64"),
    ("real", [TensorType("c128", (2,))], {}, "f64"),
    ("quantize", [(2,), (), TensorType("i8", ())], {}, "i8"),
    ("quantize", [(2,), ()], {}, "u8"),
    ("dequantize", [TensorType("i8", (2,)), TensorType("f16", ())], {}, "f16"),
]  # fmt: skip


@each_case(ELEMENT_TYPES)
def test_the_element_type_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: str
) -> None:
    assert apply(operation, *operands, **attributes).element_type == expected


def test_reinterpreting_bits_changes_the_innermost_dimension() -> None:
    wide, narrow = TensorType("f32", (2, 3)), TensorType("i8", (2, 3, 4))
    assert apply("bitcast_convert", wide, element_type="i8").shape == (2, 3, 4)
    assert apply("bitcast_convert", narrow, element_type="f32").shape == (2, 3)
    with pytest.raises(Exception, match="innermost"):
        apply("bitcast_convert", TensorType("i8", (2, 3)), element_type="f32")
