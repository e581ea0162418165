"""Convolutions: shapes and multiply-adds counted by hand."""

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Graph, IRIdentity, Node, TensorType
from cyborg_rr.domain.graph.inference.inference import infer
from tests.unit.graph.applying import apply
from tests.unit.graph.operations.counting import Case, as_parameters, count


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


# ---- costs: each result element meets each tap and input channel of its group, padding too.

CASES = (
    Case("a plain convolution", "convolution", [(2, 3, 13, 17), (5, 3, 3, 7)],
         macs=(2 * 5 * 11 * 11) * (3 * 7) * 3),  # results x taps x input channels
    Case("a convolution with bias", "convolution", [(2, 3, 13, 17), (5, 3, 3, 7), (5,)],
         macs=(2 * 5 * 11 * 11) * (3 * 7) * 3,
         flops=2 * 5 * 11 * 11),  # one addition per result
    Case("a convolution with padding and strides", "convolution", [(2, 3, 13, 17), (5, 3, 3, 7)],
         {"strides": (2, 3), "padding": (1, 1, 2, 3)},
         macs=(2 * 5 * 7 * 6) * (3 * 7) * 3),  # taps on padding are multiplied as well
    Case("a convolution with dilated taps", "convolution", [(2, 3, 13, 17), (5, 3, 3, 7)],
         {"dilations": (3, 2)},
         macs=(2 * 5 * 7 * 5) * (3 * 7) * 3),  # 7 and 13 places are spanned; the gaps are skipped
    Case("a convolution with groups", "convolution", [(2, 15, 13, 17), (10, 3, 3, 7)],
         {"groups": 5},
         macs=(2 * 10 * 11 * 11) * (3 * 7) * 3),  # each sees the 3 channels of its group
    Case("a convolution with groups of the batch", "convolution", [(6, 5, 13, 17), (9, 5, 3, 7)],
         {"batch_groups": 3},
         macs=((6 // 3) * 9 * 11 * 11) * (3 * 7) * 5),  # a result image for 3 of the batch
    Case("a convolution with the channels last", "convolution", [(2, 13, 17, 3), (3, 7, 3, 5)],
         {"data_layout": "N01C", "kernel_layout": "01IO"},
         macs=(2 * 5 * 11 * 11) * (3 * 7) * 3),
    Case("a convolution into another layout", "convolution", [(2, 3, 13, 19), (5, 3, 3, 7)],
         {"result_layout": "C1N0"},
         macs=(2 * 5 * 11 * 13) * (3 * 7) * 3),
    Case("a convolution along one dimension", "convolution", [(2, 3, 13), (5, 3, 7), (5,)],
         macs=(2 * 5 * 7) * 7 * 3, flops=2 * 5 * 7),
    Case("a dilated input meets each tap once", "convolution", [(2, 3, 11, 13), (5, 3, 3, 7)],
         {"lhs_dilations": (2, 3), "padding": (2, 2, 6, 6)},
         macs=(2 * 5) * (11 * 13) * (3 * 7) * 3),  # images x inputs x taps x input channels
    Case("an input dilated along one dimension only", "convolution",
         [(2, 3, 11, 13), (5, 3, 3, 7)],
         {"lhs_dilations": (1, 3), "padding": (0, 0, 6, 6)},
         macs=(2 * 5) * (9 * 13) * (3 * 7) * 3),  # 9 results by 13 inputs
    Case("a dilated input with the channels last and bias", "convolution",
         [(2, 11, 13, 3), (3, 7, 3, 5), (5,)],
         {"data_layout": "N01C", "kernel_layout": "01IO",
          "lhs_dilations": (2, 3), "padding": (2, 2, 6, 6)},
         macs=(2 * 5) * (11 * 13) * (3 * 7) * 3,
         flops=2 * 5 * 23 * 43),  # 21 and 37 places once dilated; 23 and 43 results
    Case("a transposed convolution", "convolution_transpose", [(2, 3, 11, 13), (3, 5, 3, 7)],
         {"strides": (2, 3)},
         macs=(2 * 3 * 11 * 13) * (3 * 7) * 5),  # inputs x taps x result channels
    Case("a transposed convolution with bias", "convolution_transpose",
         [(2, 3, 11, 13), (3, 5, 3, 7), (5,)], {"strides": (2, 3)},
         macs=(2 * 3 * 11 * 13) * (3 * 7) * 5,
         flops=2 * 5 * 23 * 43),  # 2 x 10 + 3 by 3 x 12 + 7 results of 5 channels
    Case("a transposed convolution with groups", "convolution_transpose",
         [(2, 6, 11, 13), (6, 5, 3, 7)], {"strides": (2, 3), "groups": 3},
         macs=(2 * 6 * 11 * 13) * (3 * 7) * 5),  # each goes into the 5 channels of its group
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_convolutions_cost_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
