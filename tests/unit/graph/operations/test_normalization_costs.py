"""Normalisations: so many steps per element, and a square root wherever a deviation is reckoned."""

import pytest

from tests.unit.graph.operations.counting import Case, as_parameters, count

# Per element: add up, subtract the mean, square, add up, divide by the deviation, scale, shift.
_FULL = 1 + 1 + 1 + 1 + 1 + 1 + 1
# Per element: square, add up, divide by the root, scale.
_ROOT_MEAN_SQUARE = 1 + 1 + 1 + 1

CASES = (
    Case("batch normalisation at inference", "batch_normalization",
         [(2, 3, 5, 7), (3,), (3,), (3,), (3,)],
         flops=(2 * 3 * 5 * 7) * (1 + 1)),  # the vectors are folded: scale and shift
    Case("batch normalisation in training", "batch_norm_training",
         [(3, 3, 5), (3,), (3,)], {"axis": 1}, outputs=3,
         flops=(3 * 3 * 5) * _FULL, transcendentals=3),  # a root per channel
    Case("the gradient of batch normalisation takes a root per channel", "batch_norm_grad",
         [(3, 3, 5), (3,), (3,), (3,), (3, 3, 5)], {"axis": 1}, outputs=3,
         transcendentals=3, uncounted=("flops_other",)),
    Case("layer normalisation of the last dimension", "layer_normalization",
         [(2, 3, 5), (5,), (5,)],
         flops=(2 * 3 * 5) * _FULL, transcendentals=2 * 3),  # a root per line
    Case("layer normalisation of the last two dimensions", "layer_normalization",
         [(2, 3, 5), (3, 5), (3, 5)], {"axis": 1},
         flops=(2 * 3 * 5) * _FULL, transcendentals=2),
    Case("layer normalisation of everything", "layer_normalization",
         [(2, 3), (2, 3), (2, 3)], {"axis": 0},
         flops=(2 * 3) * _FULL, transcendentals=1),
    Case("layer normalisation of a scalar", "layer_normalization", [()],
         flops=_FULL, transcendentals=1),
    Case("normalisation by the root mean square", "rms_normalization",
         [(2, 3, 5), (5,)], {"axis": -1},
         flops=(2 * 3 * 5) * _ROOT_MEAN_SQUARE, transcendentals=2 * 3),
    Case("normalisation of every instance", "instance_normalization",
         [(2, 3, 5, 7), (3,), (3,)],
         flops=(2 * 3 * 5 * 7) * _FULL, transcendentals=2 * 3),  # a root per image and channel
    Case("normalisation of groups of one channel", "group_normalization",
         [(2, 3, 5, 7), (3,), (3,)], {"groups": 3},
         flops=(2 * 3 * 5 * 7) * _FULL, transcendentals=2 * 3),  # a root per image and group
    Case("normalisation to length one", "l2_normalization", [(2, 3, 5)], {"axis": -1},
         flops=(2 * 3 * 5) * (1 + 1 + 1),  # square, add up, divide
         transcendentals=2 * 3),  # a root per line
    Case("normalisation of mean and variance takes a root per channel",
         "mean_variance_normalization", [(1, 3, 5, 7)],
         transcendentals=3, uncounted=("flops_other",)),
    Case("normalisation by the neighbouring channels", "local_response_normalization",
         [(2, 7, 5, 3)], {"size": 3},
         flops=(2 * 7 * 5 * 3) * ((1 + 1) * 3 + 1 + 1 + 1),  # square, add; scale, shift, divide
         transcendentals=2 * 7 * 5 * 3),  # one power each
    Case("normalisation by the channel itself", "local_response_normalization",
         [(2, 7, 5, 3)], {"size": 1},
         flops=(2 * 7 * 5 * 3) * ((1 + 1) * 1 + 1 + 1 + 1),
         transcendentals=2 * 7 * 5 * 3),
    Case("five neighbouring channels unless it says otherwise", "local_response_normalization",
         [(2, 7, 5, 3)],
         flops=(2 * 7 * 5 * 3) * ((1 + 1) * 5 + 1 + 1 + 1),
         transcendentals=2 * 7 * 5 * 3),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_normalisations_cost_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
