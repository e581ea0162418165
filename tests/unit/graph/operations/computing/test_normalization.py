"""Normalisations and their statistics."""

import pytest

from tests.unit.graph.applying import apply


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
