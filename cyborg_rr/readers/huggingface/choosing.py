"""Which of a folder's files hold the weights: libraries take one set of several that may lie there.

Names and their order: ``utils/__init__.py`` and ``modeling_utils.py`` of transformers and of
diffusers. A set is one file, or shards under an index; a variant (fp16, non_ema) has its word in
the name, and is taken only where the plain set is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

SUFFIX: Final = ".safetensors"
PICKLED_SUFFIX: Final = ".bin"
_STEMS: Final = ("model", "diffusion_pytorch_model", "pytorch_model", "adapter_model")
_INDEX: Final = re.compile(
    r"(?P<stem>.+)(?:\.safetensors|\.bin)\.index(?:\.(?P<variant>\w+))?\.json"
)
_PART: Final = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})(?P<rest>\..+)")
_FILE: Final = re.compile(r"(?P<stem>[^.]+)(?:\.(?P<variant>[\w-]+))?\.(?:safetensors|bin)")


class WeightSet(NamedTuple):
    """One way to the weights: a file, an index, or shards that no index joins."""

    name: str
    is_index: bool = False
    shards: tuple[str, ...] = ()

    @property
    def is_pickled(self) -> bool:
        """Whether it is of pickles."""
        return SUFFIX not in self.name


def list_sets(files: Iterable[str]) -> list[WeightSet]:
    """All sets of a folder, the one that libraries take in front."""
    names = list(files)
    return sorted(_find_sets(names), key=_rank)


def _find_sets(names: list[str]) -> Iterator[WeightSet]:
    loose: dict[tuple[str, str, str], list[str]] = {}
    found_indexes = [found for name in names if (found := _INDEX.fullmatch(name))]
    indexed = {
        found["stem"] + (f".{found['variant']}" if found["variant"] else "")
        for found in found_indexes
    }
    for name in names:
        if _INDEX.fullmatch(name):
            yield WeightSet(name, is_index=True)
        elif (part := _PART.fullmatch(name)) and name.endswith((SUFFIX, PICKLED_SUFFIX)):
            if part["stem"] not in indexed:
                loose.setdefault((part["stem"], part["count"], part["rest"]), []).append(name)
        elif name.endswith(SUFFIX) or _is_weights_in_pickle(name):
            yield WeightSet(name)
    for (stem, count, rest), shards in loose.items():
        if len(shards) == int(count):
            yield WeightSet(f"{stem}-*-of-{count}{rest}", shards=tuple(shards))


def _is_weights_in_pickle(name: str) -> bool:
    """Whether a ``.bin`` is named as libraries name weights: others are states of training."""
    found = _FILE.fullmatch(name)
    return name.endswith(PICKLED_SUFFIX) and found is not None and found["stem"] in _STEMS


def _rank(one: WeightSet) -> tuple[bool, int, bool, bool, bool, str]:
    """Safetensors before pickles, known names, plain ones and single files first."""
    found = _INDEX.fullmatch(one.name) or _FILE.fullmatch(one.name)
    stem = found["stem"] if found else one.name
    place = _STEMS.index(stem) if stem in _STEMS else len(_STEMS)
    joined = place == len(_STEMS) and not (one.is_index or one.shards)
    return (one.is_pickled, place, joined, bool(found and found["variant"]), one.is_index, one.name)
