"""Writing parts in place writes only the parts; combining takes a step per element."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.operations.counting import Case, as_parameters, count

_HALF = TensorType("f16", (7, 5))

_PLACES = TensorType("i64", (2, 1))

CASES = (
    Case("a scatter of two tensors writes the updates of both", "scatter",
         [(7, 5), _HALF, _PLACES, (2, 5), TensorType("f16", (2, 5))], {"operands": 2}, outputs=2,
         read_bytes={0: 0, 1: 0}, written_bytes=(2 * 5) * 4 + (2 * 5) * 2),
    Case("a scatter that adds two tensors", "scatter",
         [(7, 5), _HALF, _PLACES, (2, 5), TensorType("f16", (2, 5))],
         {"operands": 2, "reduction": "add"}, outputs=2,
         flops=2 * 5 + 2 * 5,  # one addition per element of the updates
         read_bytes={0: (2 * 5) * 4, 1: (2 * 5) * 2},  # what the updates are added to
         written_bytes=(2 * 5) * 4 + (2 * 5) * 2),
    Case("a scatter of nothing writes nothing", "scatter_nd",
         [(7, 5), TensorType("i64", (0, 1)), (0, 5)],
         read_bytes={0: 0}, written_bytes=0),
    Case("a scatter of single elements", "scatter_elements",
         [(7, 5), TensorType("i64", (3, 5)), (3, 5)], {"axis": 0, "reduction": "none"},
         read_bytes={0: 0}, written_bytes=(3 * 5) * 4),
    Case("a scatter that multiplies single elements", "scatter_elements",
         [(7, 5), TensorType("i64", (3, 5)), (3, 5)], {"axis": 0, "reduction": "mul"},
         flops=3 * 5, read_bytes={0: (3 * 5) * 4}, written_bytes=(3 * 5) * 4),
    Case("a scatter at positions", "scatter_nd", [(7, 5), _PLACES, (2, 5)],
         read_bytes={0: 0}, written_bytes=(2 * 5) * 4),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_scattering_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
