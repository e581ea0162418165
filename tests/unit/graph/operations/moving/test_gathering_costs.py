"""Picking parts reads only the parts."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.operations.counting import Case, as_parameters, count

CASES = (
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
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_gathering_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
