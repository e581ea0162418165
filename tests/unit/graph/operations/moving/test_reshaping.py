"""The same elements indexed otherwise."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.building import GraphBuilder
from tests.unit.graph.operations.counting import Case, as_parameters, count

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("reshape", [(2, 3, 4), [0, -1]], {}, (2, 12)),
    ("reshape", [(2, 0, 4), [0, 0, 4]], {"allow_zero": True}, (0, 0, 4)),
    ("reshape", [("n", 12), [0, 3, 4]], {}, ("n", 3, 4)),
    ("reshape", [("n", 12), [0, -1, 4]], {}, ("n", 3, 4)),
    ("reshape", [("n", "s", 12), [-1, 12]], {}, ("?", 12)),
    ("reshape", [TensorType("f32", None), [0, 0, 12]], {}, ("?", "?", 12)),
    # the examples of MXNet's documentation of Reshape
    ("reshape", [(2, 3, 4), [4, 0, 2]], {"codes": True}, (4, 3, 2)),
    ("reshape", [(2, 3, 4), [6, 1, -1]], {"codes": True}, (6, 1, 4)),
    ("reshape", [(2, 3, 4), [-2, 1, 1]], {"codes": True}, (2, 3, 4, 1, 1)),
    ("reshape", [(2, 3, 4, 5), [-3, -3]], {"codes": True}, (6, 20)),
    ("reshape", [(2, 3, 4), [-4, 1, 2, -2]], {"codes": True}, (1, 2, 3, 4)),
    ("reshape", [(2, 3, 4), [2, -4, -1, 3, -2]], {"codes": True}, (2, 1, 3, 4)),
    ("reshape", [(10, 5, 4), [-1, 0]], {"codes": True}, (40, 5)),
    ("reshape", [(10, 5, 4), [-1, 0]], {"codes": True, "from_back": True}, (50, 4)),
    ("reshape", [("n", 3, 4), [0, -3]], {"codes": True}, ("n", 12)),
    ("flatten", [(2, 3, 4)], {"axis": 2}, (6, 4)),
    ("flatten", [("n", 3, 4)], {}, ("n", 12)),
    ("flatten", [(2, 3, 4)], {"axis": -1}, (6, 4)),
    ("squeeze", [(1, 3, 1)], {}, (3,)),
    ("squeeze", [(1, 3, 1), [-1]], {}, (1, 3)),
    ("unsqueeze", [(3,), [0, -1]], {}, (1, 3, 1)),
    ("unsqueeze", [(3, 4, 5)], {"axes": (-1, 0), "until": 3}, (3, 4, 5)),
    ("unsqueeze", [(3, 4)], {"axes": (-1, 0), "until": 3}, (3, 4, 1)),
    ("unsqueeze", [(3,)], {"axes": (-1, 0), "until": 3}, (1, 3, 1)),
    ("transpose", [(2, 3, 4)], {}, (4, 3, 2)),
    ("transpose", [("n", 3, 4)], {"permutation": (1, 0, 2)}, (3, "n", 4)),
    ("transpose", [("n", 3, 4)], {"swapped": (0, -1)}, (4, 3, "n")),
    ("transpose", [("n", 3, 4)], {"moved": (0,), "places": (-1,)}, (3, 4, "n")),
    ("transpose", [(2, 3, 4, 5)], {"moved": (0, 1), "places": (-1, 0)}, (3, 4, 5, 2)),
    ("transpose", [(2, 3, 4, 5)], {"moved": (1, 3), "places": (0, 1)}, (3, 5, 2, 4)),
    ("depth_to_space", [(1, 8, 2, 3)], {"blocksize": 2}, (1, 2, 4, 6)),
    ("space_to_depth", [(1, 2, 4, 6)], {"blocksize": 2}, (1, 8, 2, 3)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected


VALUES: list[tuple[str, list[Operand], dict[str, Any], tuple[object, ...]]] = [
    ("squeeze", [[4]], {}, (4,)),
    ("unsqueeze", [4, [0]], {}, (4,)),
]  # fmt: skip


@each_case(VALUES)
def test_a_small_value_is_reckoned(
    operation: str,
    operands: list[Operand],
    attributes: dict[str, Any],
    expected: tuple[object, ...],
) -> None:
    assert apply(operation, *operands, **attributes).value == expected


REFUSED: list[tuple[str, list[Operand], dict[str, Any]]] = [
    ("reshape", [(2, 3), [4, 2]], {}),
    ("reshape", [(2, 3), [-1, -1]], {}),
    ("reshape", [(2, 3), [-1, 4]], {}),
    ("reshape", [(2,), [0, 0]], {}),
    ("reshape", [(2, 3), [-2, -3]], {}),
    ("reshape", [(2, 3), [0, 0, 0]], {"codes": True}),
    ("reshape", [(2, 3), [-4, -1]], {"codes": True}),
    ("reshape", [(2, 3), [-4, -1, -1, 0]], {"codes": True}),
    ("reshape", [(2, 3), [-2, -3]], {"codes": True}),
    ("flatten", [(2, 3)], {"axis": 3}),
    ("squeeze", [(2, 3), [0]], {}),
    ("unsqueeze", [(2,), [0, 0]], {}),
    ("transpose", [(2, 3)], {"permutation": (0, 0)}),
    ("transpose", [(2, 3)], {"permutation": (0,)}),
]  # fmt: skip


@each_case(REFUSED)
def test_operands_that_do_not_fit_are_refused_with_the_node(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    with pytest.raises(UnreadableModel, match=r"'v0"):
        apply(operation, *operands, **attributes)


def test_a_small_tensor_is_transposed() -> None:
    graph = GraphBuilder()
    matrix = graph.constant(tuple(range(6)), shape=(1, 2, 3))
    turned = graph.node("transpose", matrix, permutation=(2, 0, 1))
    assert graph.infer(turned).values[turned] == (0, 3, 1, 4, 2, 5)


# ---- costs: what only changes how elements are indexed computes nothing.

CASES = (
    Case("a reshape is a view", "reshape", [(2, 3, 5), [6, 5]]),
    Case("a flattening is a view", "flatten", [(2, 3, 5)], {"axis": 1}),
    Case("dropping dimensions of one is a view", "squeeze", [(2, 1, 5)], {"axes": (1,)}),
    Case("adding dimensions of one is a view", "unsqueeze", [(2, 5)], {"axes": (1,)}),
    Case("a transposition only moves", "transpose", [(2, 3, 5)], {"permutation": (2, 0, 1)}),
    Case("a reversal only moves", "reverse", [(2, 3)], {"axes": (0,)}),
    Case("channels spread over the image only move", "depth_to_space", [(2, 12, 3, 5)],
         {"blocksize": 2}),
    Case("blocks of the image put into channels only move", "space_to_depth", [(2, 3, 6, 10)],
         {"blocksize": 2}),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_reshaping_costs_nothing(case: Case) -> None:
    assert count(case) == case.expected
