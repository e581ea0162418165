"""Exchanges between devices."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("all_gather", [(2, 8)], {"all_gather_dimension": 1, "group_size": 4}, (2, 32)),
    ("reduce_scatter", [(2, 8)], {"scatter_dimension": 1, "group_size": 4}, (2, 2)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected


# ---- costs: only what is added up is work; the rest is traffic on the links.

_DATA = TensorType("f32", (3, 5))

_TOKEN = TensorType("token", ())

CASES = (
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
