"""Compiler target names such as sm_90a or gfx942: when is one at least, or as good as, another."""

from __future__ import annotations

import re

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

    CUDA code runs on the same major version with an equal or higher minor one; code for an
    architecture-specific name (``sm_90a``) runs on exactly that. Others must be equal.
    """
    match = _CUDA.fullmatch(built_for.strip().lower())
    have = parse_capability(normalise_architecture(architecture))
    if match is None or have is None:
        return normalise_architecture(architecture) == normalise_architecture(built_for)
    major, minor = int(match[1]), int(match[2])
    if match[3] == "a":
        return have == (major, minor)
    return have[0] == major and have[1] >= minor


def _gfx_number(architecture: str) -> int:
    """gfx90a and gfx1100 in the order of the hardware: the last two places are hexadecimal."""
    digits = architecture.removeprefix("gfx")
    try:
        return int(digits[:-2] or "0") * 256 + int(digits[-2:], 16)
    except ValueError:
        return 0
