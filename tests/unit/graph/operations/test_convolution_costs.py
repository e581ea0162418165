"""Convolutions: each result element meets each tap and input channel of its group, padding too."""

import pytest

from tests.unit.graph.operations.counting import Case, as_parameters, count

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
