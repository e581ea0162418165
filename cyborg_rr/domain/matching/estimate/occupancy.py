"""How well products fill a device: tiles of the result over its compute units.

A product is divided into tiles, which run in waves over the compute units: the last wave leaves
some of them idle, and where there are fewer tiles than units smaller ones, or parts of the sum,
are taken, at a lower rate. Products that add up few terms spend more of their time on reading the
first and writing the result. The constants are those that meet half of the shapes of a public
database of products on three devices best (``doc/source/estimation.rst``).
"""

from __future__ import annotations

from typing import Final

TILE_ELEMENTS: Final = 128 * 128
"""Elements of the result that one compute unit makes at a time."""

LEAST_ROWS, ROWS = 16, 128
"""Rows of the smallest and of the usual tile: products of few rows have more, smaller ones."""

TAIL, VECTOR_TAIL, NARROW_TAIL = 0.12, 0.26, 0.6
"""By what a product takes longer where it has as many tiles as there are units: on matrix units, on
vector units, and of 8 bits and less; with more tiles it is less in proportion."""

DEPTH: Final = 150.0
"""Terms of a sum of 16 bits in whose time a tile is begun and ended on matrix units."""

NARROW_BITS, NARROW_DEPTH = 8, 1250.0
"""The same where terms have so few bits, of which a unit takes more at a time."""


def count_tiles(elements: int, rows: float | None) -> float:
    """Tiles of a result; None where it is not known how many rows that has."""
    smaller = 1.0 if rows is None else ROWS / min(ROWS, max(LEAST_ROWS, rows))
    return elements / TILE_ELEMENTS * smaller


def find_depth(rate: float, usual: float | None, bits: int) -> float:
    """Terms in whose time a tile is begun and ended, at a rate beside that of 16 bits.

    That time hangs on the memory, so slower units spend a smaller part of theirs on it.
    """
    if bits <= NARROW_BITS:
        return NARROW_DEPTH
    return DEPTH * min(1.0, rate / usual) if usual else DEPTH


def find_waves(tiles: float, tail: float) -> float:
    """By which factor a product takes longer since the last wave, or the only one, is not full.

    ``tail`` is that of so many tiles as there are units.
    """
    return 1.0 + tail / tiles


def find_tail(units: int | None, bits: int, *, on_vector_units: bool) -> float:
    """The part of ``find_waves`` that the device decides; nothing where its units are not known."""
    if on_vector_units:
        return VECTOR_TAIL * (units or 0)
    return (NARROW_TAIL if bits <= NARROW_BITS else TAIL) * (units or 0)
