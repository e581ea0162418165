"""How products fill a device."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.matching.estimate.occupancy import (
    LEAST_ROWS,
    NARROW_TAIL,
    ROWS,
    TAIL,
    VECTOR_TAIL,
    count_tiles,
    find_depth,
    find_tail,
    find_waves,
)


def test_a_product_with_many_tiles_takes_what_its_work_takes() -> None:
    tail = find_tail(100, 16, on_vector_units=False)
    assert find_waves(1e6, tail) == pytest.approx(1.0, abs=1e-3)
    assert find_waves(100, tail) == 1 + TAIL


def test_fewer_tiles_than_units_leave_some_of_them_idle() -> None:
    tail = find_tail(100, 16, on_vector_units=False)
    assert find_waves(1, tail) > find_waves(10, tail) > find_waves(100, tail)


def test_a_device_whose_units_nobody_stated_is_taken_to_be_full() -> None:
    assert find_waves(1, find_tail(None, 16, on_vector_units=True)) == 1.0


def test_vector_units_and_narrow_types_fill_slower() -> None:
    assert find_tail(1, 32, on_vector_units=True) == VECTOR_TAIL
    assert find_tail(1, 8, on_vector_units=False) == NARROW_TAIL


def test_products_of_few_rows_have_smaller_tiles() -> None:
    assert count_tiles(1 << 20, 1) == count_tiles(1 << 20, LEAST_ROWS)
    assert count_tiles(1 << 20, LEAST_ROWS) == count_tiles(1 << 20, None) * ROWS / LEAST_ROWS
    assert count_tiles(1 << 20, 4096) == count_tiles(1 << 20, None)


def test_slow_units_hide_how_tiles_begin() -> None:
    assert find_depth(1e12, 1e14, 32) < find_depth(1e14, 1e14, 16) < find_depth(2e14, 1e14, 8)
    assert find_depth(1e12, None, 32) == find_depth(1e14, 1e14, 16)
