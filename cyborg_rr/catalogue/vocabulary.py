"""All words that the files of a catalogue declare, or that follow from what they state."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cyborg_rr.catalogue.declared import DeclaredWords, merge_words
from cyborg_rr.catalogue.products import Product
from cyborg_rr.catalogue.tables import Table
from cyborg_rr.domain.representation.architectures import is_ordered, normalise_architecture


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
    def generations(self) -> frozenset[str]:
        """Those of PCIe whose rate is known."""
        lanes = (table.architectures.pcie_lane_bytes_per_second for table in self.tables)
        return frozenset(generation for known in lanes for generation in known)

    @cached_property
    def architectures(self) -> frozenset[str]:
        """Those that products have."""
        return frozenset(
            normalise_architecture(product.architecture)
            for product in self.products
            if product.architecture is not None
        )

    @cached_property
    def mentioned(self) -> tuple[str, ...]:
        """All architectures, as they are written, that messages may offer."""
        found = dict.fromkeys(
            product.architecture for product in self.products if product.architecture is not None
        )
        found |= dict.fromkeys(name for name in self._list_mentions() if is_ordered(name))
        return tuple(found)

    @cached_property
    def stems(self) -> frozenset[str]:
        """What stands before the first digit of an architecture."""
        return frozenset(re.split(r"\d", name, maxsplit=1)[0] for name in self.mentioned)

    def _list_mentions(self) -> Iterator[str]:
        for table in self.tables:
            yield from table.architectures.native_element_types
            for entry in table.toolchains:
                toolchain = entry.toolchain
                yield from toolchain.element_types.values()
                yield from (toolchain.min_architecture or "", toolchain.max_architecture or "")
