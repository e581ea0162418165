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
"""Names of a part that are looked for; each costs a walk over all tensors."""

_ENDS: Final = (".weight", ".qweight", ".weight_packed")


def learn_parts(
    drawn: Iterable[str], parts: Sequence[str], tensors: Mapping[str, TensorType]
) -> Callable[[str], str]:
    """How drawn names read in a file, by what stands in front of most names of each part there."""
    names = list(drawn)
    fronts = {part: _find_front(part, names, parts, tensors) for part in parts}
    loose = {
        name: _find_alone(name, tensors)
        for name in islice(_list_loose(names, parts, fronts, tensors), _SAMPLED)
    }

    def rename(name: str) -> str:
        if name in loose:
            return loose[name]
        part = _find_part(name, parts)
        return name if part is None else fronts[part] + name.removeprefix(part)

    return rename


def _list_loose(
    names: Iterable[str],
    parts: Sequence[str],
    fronts: Mapping[str, str],
    tensors: Mapping[str, TensorType],
) -> Iterator[str]:
    """Names of no part, or of one whose front does not fit, that are not there as they are."""
    for name in names:
        part = _find_part(name, parts)
        if (part is None and name not in tensors) or part == name.rpartition(".")[0] + ".":
            yield name


def _find_part(name: str, parts: Sequence[str]) -> str | None:
    """The part that a name is of; the longest stands first."""
    return next((part for part in parts if name.startswith(part)), None)


def _find_front(
    part: str, names: Sequence[str], parts: Sequence[str], tensors: Mapping[str, TensorType]
) -> str:
    """What stands in front of a part's names in the file; as it is drawn where none is found."""
    own = [name.removeprefix(part) for name in names if _find_part(name, parts) == part]
    step = max(len(own) // _SAMPLED, 1)
    sampled = own[::step][:_SAMPLED]
    found: Counter[str] = Counter()
    for name in sampled:
        found.update(_list_fronts(name, tensors))
    found[part] += 0
    last = part.rstrip(".").rpartition(".")[2]
    return max(found, key=lambda front: (found[front], front == part, last in front))


def _list_fronts(name: str, tensors: Mapping[str, TensorType]) -> set[str]:
    if "." not in name:
        return set()
    base = name.removesuffix(".weight")
    ends = tuple(base + end for end in _ENDS) if base != name else (name,)
    fronts = set()
    for held in tensors:
        for end in ends:
            if held.endswith(end):
                front = held.removesuffix(end)
                if not front or front.endswith("."):
                    fronts.add(front)
    return fronts


def _find_alone(name: str, tensors: Mapping[str, TensorType]) -> str:
    """A name under the one front that it has in the file; as it is where it has none or several."""
    inner = name
    while inner.count(".") or inner == name:
        found = [held for held in tensors if held == inner or held.endswith(f".{inner}")]
        if found or "." not in inner:
            return found[0] if len(found) == 1 else name
        inner = inner.partition(".")[2]
    return name
