"""Decision trees."""

import pytest

from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.work.workload import find_workload
from tests.unit.graph.applying import apply
from tests.unit.graph.building import GraphBuilder
from tests.unit.graph.operations.counting import Case, as_parameters, count

_TREES = {"targets": 3, "trees": 2, "comparisons": 7}


def test_a_row_of_features_gives_a_number_for_each_target() -> None:
    assert apply("tree_ensemble", (5, 4), **_TREES).shape == (5, 3)


def test_the_work_of_trees_is_said_to_be_a_bound() -> None:
    b = GraphBuilder()
    y = b.node("tree_ensemble", b.input("x", 5, 4), **_TREES)
    workload = find_workload(infer(b.graph(y)))
    assert [kernel.at_most for kernel in workload.kernels] == [True]


# ---- costs: the longest way through each tree.

CASES = (
    Case("each row goes down each tree", "tree_ensemble", [(5, 4)], _TREES,
         flops=5 * (7 + 2)),  # comparisons on the way, and the leaves of two trees added
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_trees_cost_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
