"""Products run at the rate of matrix units that take their type, other work at the vector rate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.matching.estimate.rates import find_matrix_rate, find_vector_rate
from cyborg_rr.domain.matching.running.generic import GENERIC

CATALOGUE = load()


@pytest.mark.parametrize(
    ("product", "element_type", "matrix", "vector"),
    [
        ("amd-mi100", "f32", 46.1e12, 23.1e12),
        ("amd-mi100", "f64", 11.5e12, 11.5e12),
        ("amd-mi210", "f64", 45.3e12, 22.6e12),
        ("nvidia-a100-sxm-80", "f64", 19.5e12, 9.7e12),
        ("nvidia-h100-sxm-80", "f64", 67e12, 34e12),
        ("nvidia-h100-sxm-80", "f32", 67e12, 67e12),
    ],
)
def test_products_have_a_rate_of_their_own_where_matrix_units_take_the_type(
    product: str, element_type: str, matrix: float, vector: float
) -> None:
    device = CATALOGUE.represent_product(product)
    found = find_matrix_rate(device, "contraction", element_type, GENERIC["eager"])
    assert found is not None
    assert found.per_second == matrix
    assert find_vector_rate(device, element_type) == vector
    assert found.on_vector_units == (matrix == vector)
    assert found.note == ""


def test_a_rate_that_a_compiled_product_reaches_at_least_is_that_of_the_matrix_units() -> None:
    known = CATALOGUE.represent_product("amd-mi300x")
    rates = {name: rate for name, rate in known.peak_rates.items() if name != "tf32"}
    device = replace(known, peak_rates=rates)
    found = find_matrix_rate(device, "contraction", "f32", GENERIC["compiled"])
    assert found is not None
    assert (found.name, found.is_bound, found.on_vector_units) == ("f32_matrix", True, False)
