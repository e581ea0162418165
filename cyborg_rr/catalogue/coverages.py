"""The coverage tables of a catalogue: those that ship are read when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from cyborg_rr.catalogue.coverage_text import WrittenCoverage, read_coverage
from cyborg_rr.domain.representation.coverage.table import CoverageTable

SUFFIX: Final = ".json"
DIRECTORY: Final = "coverage"
"""Where tables stand, in the package and beside an operator's own files."""


@dataclass(frozen=True)
class Coverages:
    """Tables by name; an operator's ``own`` replace those that ship."""

    own: Mapping[str, WrittenCoverage] = field(default_factory=dict)

    @cached_property
    def names(self) -> frozenset[str]:
        """Of all tables."""
        return frozenset(self.own) | frozenset(_list_shipped())

    def find(self, name: str) -> CoverageTable | None:
        """The table of that name; None where there is none."""
        return self.get_written(name).table if name in self.names else None

    def get_written(self, name: str) -> WrittenCoverage:
        """The table of that name with its file; it must be one of ``names``."""
        return self.own[name] if name in self.own else read_shipped(name)


@cache
def _list_shipped() -> Mapping[str, Traversable]:
    place = resources.files("cyborg_rr.catalogue") / DIRECTORY
    found = {} if not place.is_dir() else {file.name: file for file in place.iterdir()}
    return {
        name.removesuffix(SUFFIX): file
        for name, file in sorted(found.items())
        if name.endswith(SUFFIX)
    }


@cache
def read_shipped(name: str) -> WrittenCoverage:
    """A table that ships, with its file."""
    file = _list_shipped()[name]
    return read_coverage(file.read_text(encoding="utf-8"), name, f"{DIRECTORY}/{file.name}")
