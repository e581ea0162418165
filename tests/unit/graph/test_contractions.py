"""Matrix products and convolutions: shapes and multiply-adds counted by hand."""

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import apply


@pytest.mark.parametrize(
    ("left", "right", "shape", "macs"),
    [
        ((2, 3), (3, 5), (2, 5), 30),
        ((3,), (3, 5), (5,), 15),
        ((2, 3), (3,), (2,), 6),
        ((3,), (3,), (), 3),
        ((4, 1, 2, 3), (7, 3, 5), (4, 7, 2, 5), 4 * 7 * 30),
    ],
)
def test_matmul_follows_numpy(left: Shape, right: Shape, shape: Shape, macs: int) -> None:
    found = apply("matmul", left, right)
    assert found.shape == shape
    assert found.cost is not None
    assert found.cost.macs == macs


def test_matmul_keeps_symbols() -> None:
    assert apply("matmul", ("n", "s", 8), (8, 5)).shape == ("n", "s", 5)


def test_fused_matmul_may_transpose() -> None:
    found = apply("matmul", (3, 2), (5, 3), trans_a=True, trans_b=True)
    assert found.shape == (2, 5)
    assert found.cost is not None
    assert found.cost.macs == 30


def test_matmul_of_unequal_sizes_is_refused_with_the_node() -> None:
    with pytest.raises(UnreadableModel, match=r"node 'v0' \(matmul\): sizes 3 and 4"):
        apply("matmul", (2, 3), (4, 5))


def test_a_result_type_can_be_stated() -> None:
    left, right = TensorType("u8", (2, 3)), TensorType("i8", (3, 5))
    assert apply("matmul", left, right, element_type="i32").element_type == "i32"


def test_gemm_adds_a_bias_and_transposes() -> None:
    found = apply("gemm", (3, 2), (5, 3), (5,), trans_a=True, trans_b=True)
    assert found.shape == (2, 5)
    assert found.cost is not None
    assert (found.cost.macs, found.cost.flops_other) == (30, 10)


def test_gemm_may_flatten_first() -> None:
    found = apply("gemm", (2, 3, 4), (5, 12), trans_b=True, units_flatten=True)
    assert found.shape == (2, 5)


def test_gemm_refuses_a_bias_that_does_not_fit() -> None:
    with pytest.raises(UnreadableModel):
        apply("gemm", (2, 3), (3, 5), (4,))


def test_dot_general_orders_batch_left_right() -> None:
    found = apply(
        "dot_general", (7, 2, 3), (3, 7, 5),
        lhs_batching=(0,), rhs_batching=(1,), lhs_contracting=(2,), rhs_contracting=(0,),
    )  # fmt: skip
    assert found.shape == (7, 2, 5)
    assert found.cost is not None
    assert found.cost.macs == 7 * 2 * 5 * 3


@pytest.mark.parametrize(
    ("equation", "shapes", "shape", "macs"),
    [
        ("ij,jk->ik", [(2, 3), (3, 5)], (2, 5), 30),
        ("bhqd,bhkd->bhqk", [(1, 4, 6, 8), (1, 4, 7, 8)], (1, 4, 6, 7), 4 * 6 * 7 * 8),
        ("...ij,...jk->...ik", [(9, 2, 3), (9, 3, 5)], (9, 2, 5), 270),
        ("...ij,jk", [(9, 2, 3), (3, 5)], (9, 2, 5), 270),
        ("ij,jk", [(2, 3), (3, 5)], (2, 5), 30),
        ("ii->i", [(4, 4)], (4,), 0),
        ("i,j,k->ijk", [(2,), (3,), (4,)], (2, 3, 4), 48),
    ],
)
def test_einsum_shapes_and_work(
    equation: str, shapes: list[Shape], shape: Shape, macs: int
) -> None:
    found = apply("einsum", *shapes, equation=equation)
    assert found.shape == shape
    assert found.cost is not None
    assert found.cost.macs == macs


@pytest.mark.parametrize("equation", ["ij->k", "ij,jk->ik", "ijk->i", ""])
def test_an_einsum_that_does_not_fit_is_refused(equation: str) -> None:
    with pytest.raises(UnreadableModel):
        apply("einsum", (2, 3), equation=equation)


def test_a_convolution_counts_padding_groups_and_bias() -> None:
    found = apply(
        "convolution", (2, 6, 10, 12), (8, 3, 3, 3), (8,),
        strides=(2, 1), padding=(1, 1, 0, 2), dilations=(1, 2), groups=2,
    )  # fmt: skip
    assert found.shape == (2, 8, 5, 10)
    assert found.cost is not None
    assert found.cost.macs == 2 * 8 * 5 * 10 * 3 * 9
    assert found.cost.flops_other == 2 * 8 * 5 * 10


def test_a_convolution_in_another_layout() -> None:
    found = apply(
        "convolution", (2, 10, 12, 6), (3, 3, 6, 8),
        data_layout="N01C", kernel_layout="01IO", padding=(1, 1, 1, 1),
    )  # fmt: skip
    assert found.shape == (2, 10, 12, 8)
    assert found.cost is not None
    assert found.cost.macs == 2 * 8 * 10 * 12 * 6 * 9


@pytest.mark.parametrize(("auto", "side"), [("same_upper", 4), ("same_lower", 4), ("valid", 3)])
def test_automatic_padding(auto: str, side: int) -> None:
    found = apply("convolution", (1, 3, 7, 7), (4, 3, 3, 3), strides=(2, 2), auto_pad=auto)
    assert found.shape == (1, 4, side, side)


def test_a_transposed_convolution_touches_each_input_once_per_tap() -> None:
    found = apply(
        "convolution_transpose", (1, 6, 5, 5), (6, 4, 3, 3),
        strides=(2, 2), padding=(1, 1, 1, 1), output_padding=(1, 1), groups=2,
    )  # fmt: skip
    assert found.shape == (1, 8, 10, 10)
    assert found.cost is not None
    assert found.cost.macs == 6 * 25 * 4 * 9


def test_a_dilated_input_costs_as_much_as_the_transposed_convolution() -> None:
    plain = apply(
        "convolution", (1, 6, 5, 5), (8, 6, 2, 2), lhs_dilations=(2, 2), padding=(1, 1, 1, 1)
    )
    transposed = apply("convolution_transpose", (1, 6, 5, 5), (6, 8, 2, 2), strides=(2, 2))
    assert plain.shape == transposed.shape == (1, 8, 10, 10)
    assert plain.cost is not None
    assert transposed.cost is not None
    assert plain.cost.macs == transposed.cost.macs == 6 * 25 * 8 * 4


def test_the_output_shape_of_a_transposed_convolution_can_be_stated() -> None:
    found = apply(
        "convolution_transpose", (1, 6, 5, 5), (6, 4, 3, 3), strides=(2, 2), output_shape=(9, 11)
    )
    assert found.shape == (1, 4, 9, 11)


@pytest.mark.parametrize(
    "attributes",
    [{"groups": 4}, {"groups": 0}, {"strides": (0, 1)}, {"strides": (1,)}, {"padding": (1,)},
     {"data_layout": "NCHW1"}, {"dilations": (9, 9)}, {"strides": "many"}],
)  # fmt: skip
def test_convolutions_that_cannot_be_are_refused(attributes: dict[str, object]) -> None:
    with pytest.raises(UnreadableModel):
        apply("convolution", (1, 3, 8, 8), (4, 3, 3, 3), **attributes)  # type: ignore[arg-type]


def test_attention_counts_scores_and_values_with_the_cache() -> None:
    found = apply(
        "attention", (2, 8, 1, 64), (2, 4, 1, 64), (2, 4, 1, 32), None,
        (2, 4, 15, 64), (2, 4, 15, 32), outputs=3,
    )  # fmt: skip
    assert found.shapes == ((2, 8, 1, 32), (2, 4, 16, 64), (2, 4, 16, 32))
    assert found.cost is not None
    assert found.cost.macs == 2 * 8 * 1 * 16 * (64 + 32)


def test_attention_of_rank_three_needs_the_number_of_heads() -> None:
    found = apply("attention", (2, 5, 64), (2, 7, 32), (2, 7, 32), q_num_heads=8, kv_num_heads=4)
    assert found.shape == (2, 5, 64)
    assert found.cost is not None
    assert found.cost.macs == 2 * 8 * 5 * 7 * 16
    with pytest.raises(UnreadableModel, match="q_num_heads"):
        apply("attention", (2, 5, 64), (2, 7, 64), (2, 7, 64))


def test_an_lstm_counts_four_gates_per_step_and_direction() -> None:
    found = apply(
        "lstm", (10, 2, 16), (2, 32, 16), (2, 32, 8), outputs=3, direction="bidirectional"
    )
    assert found.shapes == ((10, 2, 2, 8), (2, 2, 8), (2, 2, 8))
    assert found.cost is not None
    assert found.cost.macs == 10 * 2 * 2 * 4 * 8 * (16 + 8)


def test_a_gru_with_the_batch_first() -> None:
    found = apply("gru", (2, 10, 16), (1, 24, 16), (1, 24, 8), outputs=2, layout=1, hidden_size=8)
    assert found.shapes == ((2, 10, 1, 8), (2, 1, 8))
