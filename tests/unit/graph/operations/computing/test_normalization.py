"""Normalisations and their statistics."""

import pytest

from tests.unit.graph.applying import apply
from tests.unit.graph.operations.counting import Case, as_parameters, count


def test_layer_normalisation_yields_statistics_and_the_sum() -> None:
    found = apply("layer_normalization", (2, 5, 8), (8,), (8,), outputs=4, axis=-1)
    assert found.shapes == ((2, 5, 8), (2, 5, 1), (2, 5, 1), (2, 5, 8))
    assert found.cost is not None
    assert (found.cost.flops_other, found.cost.transcendentals) == (7 * 80, 10)


def test_batch_normalisation_wants_one_number_per_channel() -> None:
    assert apply("batch_normalization", (2, 3, 4), (3,), (3,), (3,), (3,)).shape == (2, 3, 4)
    with pytest.raises(Exception, match="sizes 3 and 4"):
        apply("batch_normalization", (2, 3, 4), (4,), (4,), (4,), (4,))


@pytest.mark.parametrize(("axis", "channels"), [(1, 3), (3, 5), (None, 3)])
def test_batch_normalisation_in_training_takes_a_root_per_channel(
    axis: int | None, channels: int
) -> None:
    stated = {} if axis is None else {"axis": axis}
    vector = (channels,)
    found = apply("batch_norm_training", (2, 3, 4, 5), vector, vector, outputs=3, **stated)
    assert found.shapes == ((2, 3, 4, 5), vector, vector)
    assert found.cost is not None
    assert (found.cost.flops_other, found.cost.transcendentals) == (7 * 120, channels)


# ---- costs: so many steps per element, and a square root wherever a deviation is reckoned.

# Per element: add up, subtract the mean, square, add up, divide by the deviation, scale, shift.
_FULL = 1 + 1 + 1 + 1 + 1 + 1 + 1

# Per element: add up, subtract the mean, square, add up, divide by the deviation.
_MOMENTS = 1 + 1 + 1 + 1 + 1

# Per element: square, add up, divide by the root, scale.
_ROOT_MEAN_SQUARE = 1 + 1 + 1 + 1

# Per element, by the names of StableHLO's specification: centered_operand, normalized_operand, i1,
# i2 (which is grad_offset), the product and the sum of i3, i4, i5, both differences of i6,
# grad_operand, the product and the sum of grad_scale.
_GRADIENT = 1 + 1 + 1 + 1 + (1 + 1) + 1 + 1 + (1 + 1) + 1 + (1 + 1)

CASES = (
    Case("batch normalisation at inference", "batch_normalization",
         [(2, 3, 5, 7), (3,), (3,), (3,), (3,)],
         flops=(2 * 3 * 5 * 7) * (1 + 1)),  # the vectors are folded: scale and shift
    Case("batch normalisation in training", "batch_norm_training",
         [(3, 3, 5), (3,), (3,)], {"axis": 1}, outputs=3,
         flops=(3 * 3 * 5) * _FULL, transcendentals=3),  # a root per channel
    Case("the gradient of batch normalisation takes a root per channel", "batch_norm_grad",
         [(3, 3, 5), (3,), (3,), (3,), (3, 3, 5)], {"axis": 1}, outputs=3,
         flops=(3 * 3 * 5) * _GRADIENT, transcendentals=3),
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
    Case("normalisation to magnitudes whose sum is one takes no root", "l2_normalization",
         [(2, 3, 5)], {"order": 1},
         flops=(2 * 3 * 5) * (1 + 1 + 1)),  # drop the sign, add up, divide
    Case("normalisation of one group of all channels", "group_normalization",
         [(2, 3, 5, 7), (3,), (3,)], {"groups": 1},
         flops=(2 * 3 * 5 * 7) * _FULL, transcendentals=2),
    Case("normalisation of one group", "group_normalization",
         [(2, 3, 5, 7), (3,), (3,)], {"groups": 1},
         flops=(2 * 3 * 5 * 7) * _FULL, transcendentals=2),
    Case("normalisation of columns to length one", "l2_normalization", [(2, 3, 5)], {"axis": 0},
         flops=(2 * 3 * 5) * (1 + 1 + 1), transcendentals=3 * 5),
    Case("normalisation of single numbers to length one", "l2_normalization", [(2, 1)],
         flops=2 * (1 + 1 + 1), transcendentals=2),
    Case("normalisation of empty vectors takes no root", "l2_normalization", [(2, 0)]),
    Case("batch normalisation in training of channels that stand last", "batch_norm_training",
         [(2, 3, 5), (5,), (5,)], {"axis": 2}, outputs=3,
         flops=(2 * 3 * 5) * _FULL, transcendentals=5),
    Case("normalisation of mean and variance takes a root per channel",
         "mean_variance_normalization", [(2, 3, 5, 7)],
         flops=(2 * 3 * 5 * 7) * _MOMENTS, transcendentals=3),
    Case("normalisation of mean and variance over stated dimensions",
         "mean_variance_normalization", [(2, 3, 5, 7)], {"axes": (-1, 2)},
         flops=(2 * 3 * 5 * 7) * _MOMENTS, transcendentals=2 * 3),
    Case("normalisation by the neighbouring channels", "local_response_normalization",
         [(2, 7, 5, 3)], {"size": 3},
         flops=(2 * 7 * 5 * 3) * ((1 + 1) * 3 + 1 + 1 + 1),  # square, add; scale, shift, divide
         transcendentals=2 * 7 * 5 * 3),  # one power each
    Case("normalisation by the channel itself", "local_response_normalization",
         [(2, 7, 5, 3)], {"size": 1},
         flops=(2 * 7 * 5 * 3) * ((1 + 1) * 1 + 1 + 1 + 1),
         transcendentals=2 * 7 * 5 * 3),
    Case("five neighbouring channels", "local_response_normalization",
         [(2, 7, 5, 3)], {"size": 5},
         flops=(2 * 7 * 5 * 3) * ((1 + 1) * 5 + 1 + 1 + 1),
         transcendentals=2 * 7 * 5 * 3),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_normalisations_cost_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected
