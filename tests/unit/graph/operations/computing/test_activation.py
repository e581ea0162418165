"""Activation functions."""

from tests.unit.graph.applying import apply


def test_activations_count_flops_and_functions() -> None:
    gelu = apply("gelu", (10,)).cost
    relu = apply("relu", (10,)).cost
    assert gelu is not None
    assert relu is not None
    assert (gelu.flops_other, gelu.transcendentals) == (40, 10)
    assert (relu.flops_other, relu.transcendentals) == (10, 0)
