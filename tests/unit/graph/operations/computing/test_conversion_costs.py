"""Another element type: so many steps per element, none where bits are only looked at."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.operations.counting import Case, as_parameters, count

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
