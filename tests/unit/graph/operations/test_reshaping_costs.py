"""Operations that only change how elements are indexed compute nothing."""

import pytest

from tests.unit.graph.operations.counting import Case, as_parameters, count

CASES = (
    Case("a reshape is a view", "reshape", [(2, 3, 5), [6, 5]]),
    Case("a flattening is a view", "flatten", [(2, 3, 5)], {"axis": 1}),
    Case("dropping dimensions of one is a view", "squeeze", [(2, 1, 5)], {"axes": (1,)}),
    Case("adding dimensions of one is a view", "unsqueeze", [(2, 5)], {"axes": (1,)}),
    Case("a transposition only moves", "transpose", [(2, 3, 5)], {"permutation": (2, 0, 1)}),
    Case("a broadcast only repeats", "broadcast_in_dim", [(3,)],
         {"shape": (2, 3), "broadcast_dimensions": (1,)}),
    Case("an expansion only repeats", "expand", [(1, 3), [2, 3]]),
    Case("tiles only repeat", "tile", [(2, 3), [5, 7]]),
    Case("a copy only moves", "copy", [(2, 3)]),
    Case("a reversal only moves", "reverse", [(2, 3)], {"axes": (0,)}),
    Case("channels spread over the image only move", "depth_to_space", [(2, 12, 3, 5)],
         {"blocksize": 2}),
    Case("blocks of the image put into channels only move", "space_to_depth", [(2, 3, 6, 10)],
         {"blocksize": 2}),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_reshaping_costs_nothing(case: Case) -> None:
    assert count(case) == case.expected
