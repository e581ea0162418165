"""The same numbers in another element type."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

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


# ---- costs: so many steps per element, none where bits are only looked at.

# Operation; arithmetic steps and functions per element.
_OF_ONE = (("reduce_precision", 1, 0),)

CASES = (
    Case("other names for bits are a view", "bitcast_convert", [(3, 5)], {"element_type": "i32"}),
    Case("a complex number is only put together", "complex", [(3, 5), (3, 5)]),
    Case("a real part is only picked", "real", [TensorType("c64", (3, 5))]),
    Case("an imaginary part is only picked", "imag", [TensorType("c64", (3, 5))]),
    *(
        Case(f"{name} of each element", name, [(3, 5)],
             flops=(3 * 5) * flops, transcendentals=(3 * 5) * functions)
        for name, flops, functions in _OF_ONE
    ),
    Case("a conversion", "convert", [(3, 5)], {"element_type": "bf16"},
         flops=3 * 5),
    Case("quantisation", "quantize", [(3, 5), (), TensorType("i8", ())],
         flops=(3 * 5) * (1 + 1 + 1 + 1)),  # divided, rounded, shifted, saturated
    Case("dequantisation", "dequantize", [TensorType("i8", (3, 5)), (), TensorType("i8", ())],
         flops=(3 * 5) * (1 + 1)),  # shifted, scaled
    Case("quantisation by what the tensor holds", "dynamic_quantize", [(3, 5)], outputs=3,
         flops=(3 * 5) * (1 + 1 + 4)),  # smallest and largest found, then quantised
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_conversion_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
