"""Figures of an architecture in the metadata, and what each layer is by its tensors."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from cyborg_rr.readers.gguf.metadata import Listed, Metadata

MAX_FIGURE = 1 << 24
"""Anything larger is no width, number of heads or of layers."""

MAX_LAYERS = 4096

_PART = re.compile(r"(?:dec\.)?blk\.([0-9]{1,4})\.([a-z0-9_]+)")


@dataclass(frozen=True, slots=True)
class Figures:
    """The keys below the name of an architecture, and the parts that the tensors of layers name."""

    architecture: str
    metadata: Metadata
    parts: Mapping[int, Set[str]] = field(default_factory=dict)

    def find(self, key: str, layer: int = 0) -> int | None:
        """A figure, that of one layer where it differs between them; None where none is stated."""
        value = self.metadata.values.get(f"{self.architecture}.{key}")
        if isinstance(value, Listed):
            value = value.values[layer] if layer < len(value.values) else None
        if not isinstance(value, int | float) or not 0 <= value <= MAX_FIGURE:
            return None
        return int(value)

    def has(self, key: str) -> bool:
        """Whether something is stated, and is not 0."""
        return bool(self.metadata.values.get(f"{self.architecture}.{key}"))

    def find_flags(self, key: str) -> tuple[bool, ...]:
        """A yes or no for each layer; empty where it is stated in another form, or not at all."""
        listed = self.metadata.find_list(f"{self.architecture}.{key}")
        return () if listed is None else tuple(bool(value) for value in listed.values)


def gather_figures(metadata: Metadata, names: Iterable[str]) -> Figures:
    """The figures of a model whose tensors have these names."""
    parts: dict[int, set[str]] = defaultdict(set)
    for name in names:
        match = _PART.match(name)
        if match is not None:
            parts[int(match[1])].add(match[2])
    return Figures(metadata.architecture or "", metadata, dict(parts))
