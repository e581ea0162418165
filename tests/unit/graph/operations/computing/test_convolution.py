"""Convolutions: shapes and multiply-adds counted by hand."""

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Graph, IRIdentity, Node, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from tests.unit.graph.applying import apply


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
     {"data_layout": "NCHW1"}, {"dilations": (9, 9)}],
)  # fmt: skip
def test_convolutions_that_cannot_be_are_refused(attributes: dict[str, object]) -> None:
    with pytest.raises(UnreadableModel):
        apply("convolution", (1, 3, 8, 8), (4, 3, 3, 3), **attributes)  # type: ignore[arg-type]


def test_strides_that_are_text_are_refused() -> None:
    data, kernel = TensorType("f32", (1, 3, 8, 8)), TensorType("f32", (4, 3, 3, 3))
    node = Node("convolution", "Conv", ("x", "k"), ("y",), {"strides": "many"})
    body = Block({"x": data, "k": kernel}, ("y",), (node,))
    with pytest.raises(UnreadableModel, match="strides should be numbers"):
        infer(Graph(IRIdentity("test", None, "memory"), "model", body))
