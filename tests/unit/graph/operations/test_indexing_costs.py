"""Picking parts reads only the parts; writing parts in place writes only the parts."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.operations.counting import Case, as_parameters, count

_HALF = TensorType("f16", (7, 5))
_PLACES = TensorType("i64", (2, 1))

CASES = (
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
    Case("a gather reads the rows that are picked", "gather", [(7, 5), [1, 6]], {"axis": 0},
         read_bytes={0: (2 * 5) * 4}),
    Case("a gather of the same rows again and again reads them once", "gather",
         [(2, 5), [1, 0, 1, 0, 1]], {"axis": 0},
         read_bytes={0: (2 * 5) * 4}),  # no more than there is
    Case("a gather of single elements", "gather_elements", [(7, 5), TensorType("i64", (3, 5))],
         {"axis": 0},
         read_bytes={0: (3 * 5) * 4}),
    Case("a gather at positions", "gather_nd", [(7, 5), TensorType("i64", (3, 1))],
         read_bytes={0: (3 * 5) * 4}),
    Case("a gather of slices", "general_gather", [(7, 5), TensorType("i64", (3, 1))],
         {"slice_sizes": (1, 2), "collapsed_slice_dims": (0,), "offset_dims": (1,),
          "index_vector_dim": 1},
         read_bytes={0: (3 * 2) * 4}),
    Case("an update in place writes the update", "dynamic_update_slice",
         [(7, 5), (3, 2), TensorType("i64", ()), TensorType("i64", ())],
         read_bytes={0: 0}, written_bytes=(3 * 2) * 4),
    Case("an empty update writes nothing", "dynamic_update_slice",
         [(7, 5), (0, 2), TensorType("i64", ()), TensorType("i64", ())],
         read_bytes={0: 0}, written_bytes=0),
    Case("a scatter of two tensors writes the updates of both", "scatter",
         [(7, 5), _HALF, _PLACES, (2, 5), TensorType("f16", (2, 5))], {"operands": 2}, outputs=2,
         read_bytes={0: 0, 1: 0}, written_bytes=(2 * 5) * 4 + (2 * 5) * 2),
    Case("a scatter that adds two tensors", "scatter",
         [(7, 5), _HALF, _PLACES, (2, 5), TensorType("f16", (2, 5))],
         {"operands": 2, "reduction": "add"}, outputs=2,
         flops=2 * 5 + 2 * 5,  # one addition per element of the updates
         written_bytes=(2 * 5) * 4 + (2 * 5) * 2, uncounted=("read_bytes",)),
    Case("a scatter of nothing writes nothing", "scatter_nd",
         [(7, 5), TensorType("i64", (0, 1)), (0, 5)],
         read_bytes={0: 0}, written_bytes=0),
    Case("a scatter of single elements", "scatter_elements",
         [(7, 5), TensorType("i64", (3, 5)), (3, 5)], {"axis": 0, "reduction": "none"},
         read_bytes={0: 0}, written_bytes=(3 * 5) * 4),
    Case("a scatter that multiplies single elements", "scatter_elements",
         [(7, 5), TensorType("i64", (3, 5)), (3, 5)], {"axis": 0, "reduction": "mul"},
         flops=3 * 5, written_bytes=(3 * 5) * 4, uncounted=("read_bytes",)),
    Case("a scatter at positions", "scatter_nd", [(7, 5), _PLACES, (2, 5)],
         read_bytes={0: 0}, written_bytes=(2 * 5) * 4),
    Case("splitting only moves", "split", [(7, 5)], {"axis": 0, "split": (3, 4)}, outputs=2),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_indexing_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
