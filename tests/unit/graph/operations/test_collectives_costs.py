"""Between devices only what is added up is work; the rest is traffic on the links."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.operations.counting import Case, as_parameters, count

_DATA = TensorType("f32", (3, 5))
_TOKEN = TensorType("token", ())

_FREE = (
    Case("gathering from all only moves", "all_gather", [(3, 5)],
         {"all_gather_dimension": 0, "group_size": 2}),
    Case("exchanging with all only moves", "all_to_all", [(3, 5)], yields=[_DATA]),
    Case("permuting between devices only moves", "collective_permute", [(3, 5)]),
    Case("broadcasting to devices only moves", "collective_broadcast", [(3, 5)]),
    Case("a partition knows its number", "partition_id"),
    Case("a replica knows its number", "replica_id"),
    Case("sending only moves", "send", [(3, 5), _TOKEN], yields=[_TOKEN]),
    Case("receiving only moves", "recv", [_TOKEN], yields=[_DATA, _TOKEN]),
    Case("feeding in only moves", "infeed", [_TOKEN], yields=[_DATA, _TOKEN]),
    Case("feeding out only moves", "outfeed", [(3, 5), _TOKEN], yields=[_TOKEN]),
    Case("waiting for tokens is no work", "after_all", [_TOKEN, _TOKEN]),
)  # fmt: skip

CASES = (
    *_FREE,
    Case("adding up over devices", "all_reduce", [(3, 5)],
         flops=3 * 5),  # each element is added once here: the members share the additions
    Case("adding up two tensors over devices", "all_reduce", [(3, 5), (7,)], outputs=2,
         flops=3 * 5 + 7),
    Case("adding up and scattering", "reduce_scatter", [(6, 5)],
         {"scatter_dimension": 0, "group_size": 2},
         flops=6 * 5),  # all that this device brings, though it keeps half
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_collectives_cost_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
