"""Affine maps of linalg: which dimension of the loops each dimension of an operand runs along."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cyborg_rr.readers.formats.mlir.types import OpaqueType

_MAP: Final = re.compile(r"\s*+affine_map<\s*+\(([^()]*+)\)(?:\s*+\[[^\]]*+\])?+\s*+->\s*+\(")
_TERM: Final = re.compile(r"(?:(d[0-9]{1,3}+)(?:\s*+\*\s*+([0-9]{1,9}+))?+|([0-9]{1,9}+))")
_MAX_TEXT: Final = 4096

Terms = tuple[tuple[int, int], ...]
"""A sum of dimensions, each with what it is multiplied by; an empty one is zero."""


@dataclass(frozen=True, slots=True)
class AffineMap:
    """``results`` are sums of dimensions; a place that stays the first of its kind is empty.

    ``plain`` is the dimension of each result, -1 for a place that stays; None where one is a sum.
    """

    dimensions: int
    results: tuple[Terms, ...]
    plain: tuple[int, ...] | None


def list_maps(value: object) -> list[AffineMap] | None:
    """The maps in an attribute; None where one is none, or is written in a way that is not read."""
    if not isinstance(value, list):
        return None
    maps: list[AffineMap] = []
    for each in value:
        text = each.text if isinstance(each, OpaqueType) else ""
        found = parse_map(text) if text and len(text) <= _MAX_TEXT else None
        if found is None:
            return None
        maps.append(found)
    return maps


@lru_cache(maxsize=1024)
def parse_map(text: str) -> AffineMap | None:
    """``affine_map<(d0, d1) -> (d0, d1 * 2)>``; None for divisions, symbols and the like."""
    match = _MAP.match(text)
    end = text.rfind(")")
    if match is None or end < match.end():
        return None
    names = [name.strip() for name in match[1].split(",") if name.strip()]
    if names != [f"d{place}" for place in range(len(names))]:
        return None
    body = text[match.end() : end]
    results = [_parse_terms(part, len(names)) for part in body.split(",")] if body.strip() else []
    found = tuple(terms for terms in results if terms is not None)
    return AffineMap(len(names), found, _find_plain(found)) if len(found) == len(results) else None


def _find_plain(results: Sequence[Terms]) -> tuple[int, ...] | None:
    plain = []
    for terms in results:
        if len(terms) > 1 or any(factor != 1 for _, factor in terms):
            return None
        plain.append(terms[0][0] if terms else -1)
    return tuple(plain)


def _parse_terms(text: str, dimensions: int) -> Terms | None:
    terms: list[tuple[int, int]] = []
    for part in text.split("+"):
        match = _TERM.fullmatch(part.strip())
        if match is None:
            return None
        if match[3]:
            if int(match[3]):
                return None
            continue
        place = int(match[1][1:])
        if place >= dimensions:
            return None
        terms.append((place, int(match[2] or 1)))
    return tuple(terms)


def find_sizes(
    maps: Sequence[AffineMap], shapes: Sequence[Sequence[int | str] | None]
) -> list[int | str | None]:
    """The size of each dimension of the loops, from operands that run along it alone."""
    sizes: list[int | str | None] = [None] * (maps[0].dimensions if maps else 0)
    for each, shape in zip(maps, shapes, strict=True):
        if shape is None or len(shape) != len(each.results):
            continue
        for terms, size in zip(each.results, shape, strict=True):
            if len(terms) == 1 and terms[0][1] == 1 and sizes[terms[0][0]] is None:
                sizes[terms[0][0]] = size
    return sizes
