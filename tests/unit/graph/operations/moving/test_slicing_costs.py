"""Taking a block reads only the block; writing one in place writes only it."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.operations.counting import Case, as_parameters, count

_HALF = TensorType("f16", (7, 5))

CASES = (
    Case("a triangle is only copied", "trilu", [(3, 5)]),
    Case("a slice reads what it shows", "slice", [(7, 5)],
         {"starts": (1,), "ends": (4,), "axes": (0,)},
         read_bytes={0: (3 * 5) * 4}),
    Case("a slice of half floats", "slice", [_HALF],
         {"starts": (1,), "ends": (4,), "axes": (0,)},
         read_bytes={0: (3 * 5) * 2}),
    Case("an empty slice reads nothing", "slice", [(7, 5)],
         {"starts": (4,), "ends": (4,), "axes": (0,)},
         read_bytes={0: 0}),
    Case("a slice whose place is told at run time", "dynamic_slice",
         [(7, 5), TensorType("i64", ()), TensorType("i64", ())], {"slice_sizes": (3, 2)},
         read_bytes={0: (3 * 2) * 4}),
    Case("an update in place writes the update", "dynamic_update_slice",
         [(7, 5), (3, 2), TensorType("i64", ()), TensorType("i64", ())],
         read_bytes={0: 0}, written_bytes=(3 * 2) * 4),
    Case("an empty update writes nothing", "dynamic_update_slice",
         [(7, 5), (0, 2), TensorType("i64", ()), TensorType("i64", ())],
         read_bytes={0: 0}, written_bytes=0),
    Case("splitting only moves", "split", [(7, 5)], {"axis": 0, "split": (3, 4)}, outputs=2),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_slicing_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
