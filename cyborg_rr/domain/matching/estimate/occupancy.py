"""How well products fill a device: tiles of the result over its compute units.

A product is divided into tiles, which run in waves over the compute units: the last wave leaves
some of them idle, and where there are fewer tiles than units smaller ones, or parts of the sum,
are taken, at a lower rate. Products that add up few terms spend more of their time on reading the
first and writing the result. The constants are those that meet half of the shapes of a public
database of products on three devices best (``doc/source/estimation.rst``).
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.words import find_bits

TILE_ELEMENTS: Final = 128 * 128
"""Elements of the result that one compute unit makes at a time."""

TAIL, TAIL_POWER = 0.12, 0.9
"""By what a product takes longer where it has as many tiles as there are units, and how that falls
with their number."""

DEPTH: Final = 150.0
"""Terms of a sum in whose time a tile is begun and ended."""

NARROW_DEPTH: Final = 1250.0
"""The same where terms have 8 bits or less, of which a unit takes more at a time."""


def count_tiles(elements: int) -> float:
    """Tiles of a result."""
    return elements / TILE_ELEMENTS


def find_depth(terms: float, element_type: str) -> float:
    """By which factor a product takes longer since it adds up so few terms."""
    bits = find_bits(element_type) or 16
    return 1 + (NARROW_DEPTH if bits <= 8 else DEPTH) / max(1.0, terms)


def find_waves(tiles: float, units: int | None) -> float:
    """By which factor a product takes longer since the last wave, or the only one, is not full."""
    if not units:
        return 1.0
    return 1.0 + float((TAIL * units / tiles) ** TAIL_POWER)
