"""Compiler target names such as sm_90a or gfx942: when is one at least, or as good as, another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

FAMILIES: Final = (
    ((10, 0), (10, 3)),
    ((10, 1), (11, 0)),
    ((12, 0), (12, 1)),
)
"""Capabilities that share what ``f`` of a target stands for, each from itself on (CUDA Programming
Guide, family-specific features; 10.1 was renamed to 11.0 with CUDA 13)."""

_TEGRA: Final = frozenset({(5, 3), (6, 2), (7, 2), (8, 7)})

GENERIC: Final[Mapping[str, tuple[str, ...]]] = {
    "gfx9-generic": ("gfx900", "gfx902", "gfx904", "gfx906", "gfx909", "gfx90c"),
    "gfx9-4-generic": ("gfx942", "gfx950"),
    "gfx10-1-generic": ("gfx1010", "gfx1011", "gfx1012", "gfx1013"),
    "gfx10-3-generic": tuple(f"gfx103{digit}" for digit in range(7)),
    "gfx11-generic": tuple(
        f"gfx11{digits}" for digits in ("00", "01", "02", "03", "50", "51", "52", "53")
    ),
    "gfx12-generic": ("gfx1200", "gfx1201"),
}
"""Processors that code for a generic one runs on (LLVM, AMDGPUUsage: generic processors)."""

_CUDA = re.compile(r"sm_(\d+)(\d)([af]?)")
_GFX = re.compile(r"gfx[0-9a-f]{3,4}")


def parse_capability(architecture: str) -> tuple[int, int] | None:
    """CUDA compute capability of an ``sm_`` name, None for any other architecture."""
    match = _CUDA.fullmatch(architecture.lower())
    return (int(match[1]), int(match[2])) if match else None


def is_ordered(architecture: str) -> bool:
    """Whether the name itself tells what it stands above: sm_ and gfx names, of whatever part."""
    name = normalise_architecture(architecture)
    return parse_capability(name) is not None or _GFX.fullmatch(name) is not None


def normalise_architecture(architecture: str) -> str:
    """The name without what does not tell devices apart: letter case, sm_90a's suffix, :xnack-."""
    text = architecture.strip().lower().split(":", 1)[0]
    match = _CUDA.fullmatch(text)
    return f"sm_{match[1]}{match[2]}" if match else text


def is_at_least(architecture: str, minimum: str) -> bool:
    """Whether a device of that architecture has all that ``minimum`` has.

    Compute capabilities and gfx numbers are ordered; other names are as good only as themselves.
    """
    have, want = parse_capability(architecture), parse_capability(minimum)
    if have is not None and want is not None:
        return have >= want
    mine, other = normalise_architecture(architecture), normalise_architecture(minimum)
    if mine.startswith("gfx") and other.startswith("gfx"):
        return _gfx_number(mine) >= _gfx_number(other)
    return mine == other


def runs_code_for(architecture: str, built_for: str) -> bool:
    """Whether machine code built for one architecture runs on a device of another.

    CUDA code runs on the same major version with an equal or higher minor one, between modules of
    Tegra and other devices not at all (CUDA C++ Programming Guide, binary compatibility); code for
    an architecture-specific name (``sm_90a``) runs on exactly that, for a family-specific one
    (``sm_100f``) on its family. AMD's generic targets stand for those that LLVM lists. Others must
    be equal.
    """
    want, have = _parse_cuda(built_for), parse_capability(normalise_architecture(architecture))
    if want is None or have is None:
        own, other = normalise_architecture(architecture), normalise_architecture(built_for)
        return own == other or own in GENERIC.get(other, ())
    wanted, suffix = want
    if suffix == "a":
        return have == wanted
    if suffix == "f":
        return _is_of_family(have, wanted)
    if _TEGRA.intersection((have, wanted)) and have != wanted:
        return False
    return have[0] == wanted[0] and have[1] >= wanted[1]


def compiles_ptx_for(architecture: str, built_for: str) -> bool:
    """Whether the driver of a device compiles PTX for that target: of any later capability too.

    But for architecture- and family-specific targets (PTX ISA, .target), as with machine code.
    """
    want, have = _parse_cuda(built_for), parse_capability(normalise_architecture(architecture))
    if want is None or have is None:
        return False
    wanted, suffix = want
    return runs_code_for(architecture, built_for) if suffix else have >= wanted


def _parse_cuda(architecture: str) -> tuple[tuple[int, int], str] | None:
    match = _CUDA.fullmatch(architecture.strip().lower())
    return ((int(match[1]), int(match[2])), match[3]) if match else None


def _is_of_family(have: tuple[int, int], wanted: tuple[int, int]) -> bool:
    family = next((each for each in FAMILIES if wanted in each), (wanted,))
    return have in family and have >= wanted


def _gfx_number(architecture: str) -> int:
    """gfx90a and gfx1100 in the order of the hardware: the last two places are hexadecimal."""
    digits = architecture.removeprefix("gfx")
    try:
        return int(digits[:-2] or "0") * 256 + int(digits[-2:], 16)
    except ValueError:
        return 0
