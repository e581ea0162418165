"""Operations that move, take apart and make data."""

from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply

LONG = 2**63 - 1

CASES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("reshape", [(2, 3, 4), [0, -1]], {}, (2, 12)),
    ("reshape", [(2, 0, 4), [0, 0, 4]], {"allow_zero": True}, (0, 0, 4)),
    ("reshape", [("n", 12), [0, 3, 4]], {}, ("n", 3, 4)),
    ("reshape", [("n", 12), [0, -1, 4]], {}, ("n", 3, 4)),
    ("reshape", [("n", "s", 12), [-1, 12]], {}, ("?", 12)),
    ("flatten", [(2, 3, 4)], {"axis": 2}, (6, 4)),
    ("flatten", [("n", 3, 4)], {}, ("n", 12)),
    ("flatten", [(2, 3, 4)], {"axis": -1}, (6, 4)),
    ("squeeze", [(1, 3, 1)], {}, (3,)),
    ("squeeze", [(1, 3, 1), [-1]], {}, (1, 3)),
    ("unsqueeze", [(3,), [0, -1]], {}, (1, 3, 1)),
    ("transpose", [(2, 3, 4)], {}, (4, 3, 2)),
    ("transpose", [("n", 3, 4)], {"permutation": (1, 0, 2)}, (3, "n", 4)),
    ("broadcast_in_dim", [(3,)], {"shape": (2, 3, 4), "broadcast_dimensions": (1,)}, (2, 3, 4)),
    ("expand", [(3, 1), [2, 1, 6]], {}, (2, 3, 6)),
    ("expand", [(3, 1), [-1, 6]], {}, (3, 6)),
    ("tile", [(2, 3), [2, 2]], {}, (4, 6)),
    ("concatenate", [(2, 3), (2, 5)], {"axis": -1}, (2, 8)),
    ("concatenate", [("n", 3), (2, 5)], {"axis": 1}, (2, 8)),
    ("slice", [(10,), [2], [8], None, [3]], {}, (2,)),
    ("slice", [(10, 4), [0], [LONG], [1]], {}, (10, 4)),
    ("slice", [(10,), [-1], [-LONG], [0], [-1]], {}, (10,)),
    ("slice", [(10,), [-3], [LONG]], {}, (3,)),
    ("slice", [("n", 4), [0], [LONG], [0]], {}, ("n", 4)),
    ("slice", [(10, 8)], {"starts": (1, 0), "ends": (9, 8), "axes": (0, 1), "steps": (2, 1)},
     (4, 8)),
    ("dynamic_slice", [(10, 8), 0, 0], {"slice_sizes": (1, 8)}, (1, 8)),
    ("dynamic_update_slice", [(10, 8), (1, 8), 0, 0], {}, (10, 8)),
    ("pad", [(2, 3), [0, 1, 0, 2]], {}, (2, 6)),
    ("pad", [(2, 3), [1, 2], None, [-1]], {}, (2, 6)),
    ("pad", [(2, 3)],
     {"padding_low": (0, -1), "padding_high": (1, 0), "padding_interior": (2, 0)}, (5 + 1 - 1, 2)),
    ("gather", [(5, 6), [0, 2, 3]], {"axis": 1}, (5, 3)),
    ("gather", [(5, 6), 2], {"axis": 0}, (6,)),
    ("gather_elements", [(5, 6), TensorType("i64", (2, 6))], {"axis": 0}, (2, 6)),
    ("gather_nd", [(5, 6, 7), TensorType("i64", (4, 2))], {}, (4, 7)),
    ("gather_nd", [(5, 6, 7), TensorType("i64", (5, 3, 1))], {"batch_dims": 1}, (5, 3, 7)),
    ("general_gather", [(5, 6, 7), TensorType("i64", (4, 3, 1))],
     {"slice_sizes": (1, 6, 2), "offset_dims": (2, 3), "collapsed_slice_dims": (0,),
      "index_vector_dim": 2}, (4, 3, 6, 2)),
    ("scatter_nd", [(5, 6), TensorType("i64", (2, 1)), (2, 6)], {}, (5, 6)),
    ("one_hot", [TensorType("i64", (4,)), 10, [0.0, 1.0]], {"axis": -1}, (4, 10)),
    ("range", [2, 11, 3], {}, (3,)),
    ("range", [5, 0, -2], {}, (3,)),
    ("range", [5, 0, 1], {}, (0,)),
    ("iota", [], {"shape": (3, 4), "element_type": "i32"}, (3, 4)),
    ("constant_of_shape", [[2, 3]], {}, (2, 3)),
    ("shape_of", [(2, 3, 4)], {"start": 1}, (2,)),
    ("shape_of", [("n", 3, 4)], {"start": -1}, (1,)),
    ("size_of", [(2, 3)], {}, ()),
    ("get_dimension_size", [(2, 3)], {"dimension": 1}, ()),
    ("non_zero", [(2, 3)], {}, (2, "?")),
    ("non_zero", [[1, 0, 1]], {}, (1, 2)),
    ("where_indices", [(2, 3)], {}, ("?", 2)),
    ("eye_like", [(3, 3)], {}, (3, 3)),
    ("trilu", [(3, 3)], {}, (3, 3)),
    ("depth_to_space", [(1, 8, 2, 3)], {"blocksize": 2}, (1, 2, 4, 6)),
    ("space_to_depth", [(1, 2, 4, 6)], {"blocksize": 2}, (1, 8, 2, 3)),
    ("resize", [(1, 2, 4, 6), None, [1.0, 1.0, 2.0, 0.5]], {}, (1, 2, 8, 3)),
    ("resize", [("n", 2, 4, 6), None, None, [1, 2, 7, 9]], {}, (1, 2, 7, 9)),
    ("resize", [("n", 2, 4, 6), None, [2.0, 2.0]], {"axes": (2, 3)}, ("n", 2, 8, 12)),
    ("unique", [(4, 5)], {"axis": 1}, (4, "?")),
    ("random", [], {"shape": (2, 3), "element_type": "f32"}, (2, 3)),
    ("fft", [TensorType("f32", (2, 10))], {"fft_type": "RFFT", "fft_length": (10,)}, (2, 6)),
    ("fft", [(1, 10, 10, 1)], {"axis": 1, "onesided": True}, (1, 6, 10, 2)),
    ("triangular_solve", [(3, 3), (3, 7)], {}, (3, 7)),
    ("all_gather", [(2, 8)], {"all_gather_dimension": 1, "group_size": 4}, (2, 32)),
    ("reduce_scatter", [(2, 8)], {"scatter_dimension": 1, "group_size": 4}, (2, 2)),
    ("roi_align", [(1, 3, 8, 8), (5, 4)], {"output_height": 2, "output_width": 3}, (5, 3, 2, 3)),
    ("grid_sample", [(1, 3, 8, 8), (1, 5, 6, 2)], {}, (1, 3, 5, 6)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "operands", "attributes", "shape"),
    CASES,
    ids=[f"{place}-{case[0]}" for place, case in enumerate(CASES)],
)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], shape: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == shape


REFUSED: list[tuple[str, list[Operand], dict[str, Any]]] = [
    ("reshape", [(2, 3), [4, 2]], {}),
    ("reshape", [(2, 3), [-1, -1]], {}),
    ("reshape", [(2, 3), [-1, 4]], {}),
    ("reshape", [(2,), [0, 0]], {}),
    ("reshape", [(2, 3), [-2, -3]], {}),
    ("flatten", [(2, 3)], {"axis": 3}),
    ("squeeze", [(2, 3), [0]], {}),
    ("unsqueeze", [(2,), [0, 0]], {}),
    ("transpose", [(2, 3)], {"permutation": (0, 0)}),
    ("transpose", [(2, 3)], {"permutation": (0,)}),
    ("broadcast_in_dim", [(3,)], {"shape": (2, 4), "broadcast_dimensions": (1,)}),
    ("broadcast_in_dim", [(3,)], {"shape": (2, 3), "broadcast_dimensions": ()}),
    ("expand", [(3,), [4]], {}),
    ("concatenate", [(2, 3), (3, 3)], {"axis": 1}),
    ("concatenate", [(2, 3), (3,)], {"axis": 0}),
    ("slice", [(10,), [0], [5], None, [0]], {}),
    ("slice", [(10,), [0, 0], [5], None], {}),
    ("split", [(10,), [4, 4]], {"axis": 0}),
    ("dynamic_slice", [(10,), 0], {"slice_sizes": (11,)}),
    ("pad", [(2, 3), [0, 1, 0]], {}),
    ("pad", [(2, 3), [-2, 0, -2, 0]], {}),
    ("gather", [(5,), 0], {"axis": 1}),
    ("gather_nd", [(5,), TensorType("i64", (4, 2))], {}),
    ("range", [0, 5, 0], {}),
    ("constant_of_shape", [[2**40, 2**40]], {}),
    ("constant_of_shape", [[-1]], {}),
    ("expand", [(1,), [2**63, 4]], {}),
    ("resize", [(1, 2), None, [2.0]], {}),
    ("top_k", [(5,), [6]], {}),
    ("dot_general", [(2, 3), (3, 4)], {"lhs_contracting": (1,), "rhs_contracting": ()}),
]


@pytest.mark.parametrize(
    ("operation", "operands", "attributes"),
    REFUSED,
    ids=[f"{place}-{case[0]}" for place, case in enumerate(REFUSED)],
)
def test_operands_that_do_not_fit_are_refused_with_the_node(
    operation: str, operands: list[Operand], attributes: dict[str, Any]
) -> None:
    with pytest.raises(UnreadableModel, match=r"'v0"):
        apply(operation, *operands, outputs=2 if operation == "split" else 1, **attributes)


def test_a_split_by_sizes_and_into_even_parts() -> None:
    assert apply("split", (10, 2), [3, 7], outputs=2).shapes == ((3, 2), (7, 2))
    assert apply("split", (10, 2), outputs=3, num_outputs=3).shapes == ((4, 2), (4, 2), (2, 2))
    assert apply("split", ("n", 2), outputs=2, axis=1).shapes == (("n", 1), ("n", 1))


def test_taking_rows_reads_the_rows_and_not_the_table() -> None:
    cost = apply("gather", (30522, 768), [1, 2, 3], axis=0).cost
    assert cost is not None
    assert cost.read_bytes == {0: 3 * 768 * 4}


def test_an_update_in_place_writes_the_update() -> None:
    cost = apply("dynamic_update_slice", (1, 4096, 64), (1, 1, 64), 0, 0, 0).cost
    assert cost is not None
    assert cost.written_bytes == 64 * 4
    assert cost.read_bytes == {0: 0}
