"""Which layers attend to a window of the last tokens only.

Files state the window and seldom the pattern, which llama.cpp knows by the architecture:
``set_swa_pattern(period, dense_first)`` in each of its src/models/*.cpp, and src/llama-hparams.cpp.
"""

from __future__ import annotations

from cyborg_rr.readers.gguf.figures import Figures

_LAST_IS_FULL = {
    "afmoe": 4, "cohere2": 4, "exaone-moe": 4, "exaone4": 4, "gemma-embedding": 6, "gemma2": 2,
    "gemma3": 6, "gemma3n": 5, "gpt-oss": 2, "llama4": 4, "mellum": 4, "olmo2": 4, "plamo3": 8,
}  # fmt: skip
"""So many layers make a period, of which the last attends to everything."""

_FIRST_IS_FULL = {"cohere2moe": 4, "laguna": 4, "modern-bert": 3, "smallthinker": 4}
"""Likewise the first."""

_NONE = frozenset({"phi3"})
"""Architectures whose window llama.cpp leaves out of account (src/models/phi3.cpp)."""


def find_window(figures: Figures) -> int | None:
    """The window of those layers that have one."""
    if figures.architecture in _NONE:
        return None
    return figures.find("attention.sliding_window") or None


def find_period(figures: Figures) -> int | None:
    """How many layers make a period; 0 where all have the window, None where nobody says."""
    stated = figures.find("attention.sliding_window_pattern")
    known = _LAST_IS_FULL | _FIRST_IS_FULL
    return known.get(figures.architecture) if stated is None else stated


def is_sliding(figures: Figures, layer: int) -> bool:
    """Whether a layer has the window; where nobody says which have, none has."""
    if find_window(figures) is None:
        return False
    flags = figures.find_flags("attention.sliding_window_pattern")
    if flags:
        return flags[layer % len(flags)]
    period = find_period(figures)
    if not period:
        return period == 0
    place = layer % period
    return place != (0 if figures.architecture in _FIRST_IS_FULL else period - 1)


def is_pattern_known(figures: Figures) -> bool:
    """Whether somebody says which layers have the window, if there is one."""
    flags = figures.find_flags("attention.sliding_window_pattern")
    return find_window(figures) is None or bool(flags) or find_period(figures) is not None
