"""Names of parts in files: each part of a model keeps its names behind whatever stands in front.

Publishers and versions of libraries have put the same encoder of images under ``vision_tower.``,
``model.vision_tower.`` and ``vision_tower.vision_model.``; a file says itself which it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType

_SAMPLED: Final = 12
"""Names of a part that are looked for."""

_ENDS: Final = (".weight", ".qweight", ".weight_packed")
Index = Mapping[str, Sequence[str]]
"""Names of tensors by their last word, so that looking for one is no walk over all."""


def learn_parts(
    drawn: Iterable[str], parts: Sequence[str], tensors: Mapping[str, TensorType]
) -> Callable[[str], str]:
    """How drawn names read in a file, by what stands in front of most names of each part there."""
    names, index = list(drawn), _list_by_word(tensors)
    fronts = {part: _find_front(part, names, parts, index) for part in parts}
    loose = {
        name: _find_alone(name, index)
        for name in islice(_list_loose(names, parts, tensors), _SAMPLED)
    }

    def rename(name: str) -> str:
        if name in loose:
            return loose[name]
        part = _find_part(name, parts)
        return name if part is None else fronts[part] + name.removeprefix(part)

    return rename


def _strip(name: str) -> str:
    """A name without what says how a weight is stored."""
    end = next((end for end in _ENDS if name.endswith(end)), "")
    return name.removesuffix(end)


def _list_by_word(tensors: Iterable[str]) -> Index:
    index: dict[str, list[str]] = {}
    for name in tensors:
        index.setdefault(_strip(name).rpartition(".")[2], []).append(name)
    return index


def _list_loose(
    names: Iterable[str], parts: Sequence[str], tensors: Mapping[str, TensorType]
) -> Iterator[str]:
    """Names of no part that are not there as they are, and those that are a part by themselves."""
    for name in names:
        part = _find_part(name, parts)
        if (part is None and name not in tensors) or part == name.rpartition(".")[0] + ".":
            yield name


def _find_part(name: str, parts: Sequence[str]) -> str | None:
    """The part that a name is of; the longest stands first."""
    return next((part for part in parts if name.startswith(part)), None)


def _find_front(part: str, names: Sequence[str], parts: Sequence[str], index: Index) -> str:
    """What stands in front of a part's names in the file; as it is drawn where none is found."""
    own = [name.removeprefix(part) for name in names if _find_part(name, parts) == part]
    step = max(len(own) // _SAMPLED, 1)
    found: Counter[str] = Counter()
    for name in own[::step][:_SAMPLED]:
        found.update(_list_fronts(name, index))
    found[part] += 0
    last = part.rstrip(".").rpartition(".")[2]
    return max(found, key=lambda front: (found[front], front == part, last in front))


def _list_fronts(name: str, index: Index) -> set[str]:
    """What stands in front of a name wherever it is in the file."""
    base = _strip(name)
    if "." not in name:
        return set()
    held = (_strip(one) for one in index.get(base.rpartition(".")[2], ()))
    fronts = (one.removesuffix(base) for one in held if one.endswith(base))
    return {front for front in fronts if not front or front.endswith(".")}


def _find_alone(name: str, index: Index) -> str:
    """A name under the one front that it has in the file; as it is where it has none or several."""
    known = index.get(_strip(name).rpartition(".")[2], ())
    inner = name
    while True:
        found = [held for held in known if held == inner or held.endswith(f".{inner}")]
        if found or "." not in inner:
            return found[0] if len(found) == 1 else name
        inner = inner.partition(".")[2]
