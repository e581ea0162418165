"""All words that the files of a catalogue declare, or that follow from what they state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cyborg_rr.catalogue.architecture_words import ArchitectureWords
from cyborg_rr.catalogue.declared import DeclaredWords, merge_words
from cyborg_rr.catalogue.products import Product
from cyborg_rr.catalogue.tables import Table


@dataclass(frozen=True)
class Vocabulary:
    """The words of all files together; each kind is gathered once it is asked for."""

    tables: Sequence[Table]
    products: Sequence[Product]

    @cached_property
    def words(self) -> DeclaredWords:
        """Those that files declare as such."""
        return merge_words([table.words for table in self.tables])

    @cached_property
    def targets(self) -> frozenset[str]:
        """Those declared, and those that a toolchain compiles for."""
        return frozenset(self.words.target_families) | {
            entry.toolchain.target
            for table in self.tables
            for entry in table.toolchains
            if entry.toolchain.target is not None
        }

    @cached_property
    def native_operations(self) -> Mapping[str, frozenset[str]]:
        """The names of operations, by operation set."""
        return {
            dialect: frozenset(names)
            for table in self.tables
            for dialect, names in table.native_operations.items()
        }

    @cached_property
    def toolchain_names(self) -> frozenset[str]:
        """What products may name, compilers or not."""
        compilers = (
            name for table in self.tables for entry in table.toolchains for name in entry.names
        )
        others = (name for table in self.tables for name in table.not_compilers)
        return frozenset((*compilers, *others))

    @cached_property
    def runtimes(self) -> frozenset[str]:
        """The names of all runtimes."""
        return frozenset(row.name for table in self.tables for row in table.runtimes)

    def takers_of(self, family: str) -> frozenset[str]:
        """The ids of all toolchains that take a family."""
        return frozenset(
            entry.toolchain.id
            for table in self.tables
            for entry in table.toolchains
            if any(intake.family == family for intake in entry.toolchain.takes)
        )

    @cached_property
    def generations(self) -> frozenset[str]:
        """Those of PCIe whose rate is known."""
        lanes = (table.architectures.pcie_lane_bytes_per_second for table in self.tables)
        return frozenset(generation for known in lanes for generation in known)

    @cached_property
    def architectures(self) -> ArchitectureWords:
        """Those declared and those that products have."""
        prefixes = (table.architectures.architecture_prefixes for table in self.tables)
        owned = (product.architecture for product in self.products)
        return ArchitectureWords(
            self.words.architectures,
            tuple(dict.fromkeys(name for name in owned if name is not None)),
            {start: family for known in prefixes for start, family in known.items()},
        )

    @cached_property
    def _targets_by_name(self) -> Mapping[str, str]:
        return {
            name: entry.toolchain.target
            for table in self.tables
            for entry in table.toolchains
            for name in entry.names
            if entry.toolchain.target is not None
        }

    def targets_of(self, toolchains: Iterable[str]) -> frozenset[str]:
        """The families that toolchains of these names compile for."""
        found = map(self._targets_by_name.get, toolchains)
        return frozenset(target for target in found if target is not None)
