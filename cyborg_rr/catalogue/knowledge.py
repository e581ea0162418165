"""All that the catalogue knows beside the products, ready to be looked up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from cyborg_rr.catalogue.tables import (
    DEFAULT_FAMILY,
    ArchitectureFacts,
    NamedToolchain,
    OperationChanges,
    Practice,
    Table,
)
from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.domain.representation.architectures import normalise_architecture
from cyborg_rr.domain.representation.representation import Constants
from cyborg_rr.domain.representation.runtimes import NO_RUNTIMES, Runtimes
from cyborg_rr.domain.representation.toolchain import Toolchain
from cyborg_rr.domain.representation.versions import VersionRange, parse_version


@dataclass(frozen=True)
class Knowledge:
    """Toolchains by id, the merged facts on architectures, and the runtimes."""

    toolchains: Mapping[str, NamedToolchain]
    architectures: ArchitectureFacts
    version: str
    runtimes: Runtimes = NO_RUNTIMES

    @cached_property
    def _by_name(self) -> Mapping[str, list[NamedToolchain]]:
        found: dict[str, list[NamedToolchain]] = {}
        for entry in self.toolchains.values():
            for name in entry.names:
                found.setdefault(name, []).append(entry)
        return found

    @cached_property
    def _native(self) -> Mapping[str, tuple[str, ...]]:
        return {
            normalise_architecture(name): types
            for name, types in self.architectures.native_element_types.items()
        }

    def toolchains_for(self, names: Iterable[str]) -> tuple[Toolchain, ...]:
        """The named toolchains in their order, then the translators that lead to one of them."""
        named = {
            entry.toolchain.id: entry.toolchain
            for name in names
            for entry in self._by_name.get(name, ())
        }
        return self._with_translators(named)

    def toolchains_by_target(self, family: str) -> tuple[Toolchain, ...]:
        """All that compile for a target family, the most usual first, with the translators."""
        found = [entry for entry in self.toolchains.values() if entry.toolchain.target == family]
        found.sort(key=lambda entry: entry.order)
        return self._with_translators({entry.toolchain.id: entry.toolchain for entry in found})

    def _with_translators(self, found: dict[str, Toolchain]) -> tuple[Toolchain, ...]:
        if not any(toolchain.target for toolchain in found.values()):
            return ()
        grown = dict(found)
        while True:
            wanted = {intake.family for toolchain in grown.values() for intake in toolchain.takes}
            more = {
                name: entry.toolchain
                for name, entry in self.toolchains.items()
                if entry.translator and name not in grown and entry.toolchain.yields_ir in wanted
            }
            if not more:
                added = sorted(name for name in grown if name not in found)
                return (*found.values(), *(grown[name] for name in added))
            grown.update(more)

    def family_of(self, architecture: str | None) -> str | None:
        """The target family of an architecture, by the start of its name."""
        for prefix, family in self.architectures.architecture_prefixes.items():
            if architecture is not None and architecture.lower().startswith(prefix.lower()):
                return family
        return None

    def constants(self, family: str | None, architecture: str | None = None) -> Constants:
        """Those of an architecture, of its target family, or for families that nobody measured."""
        families = self.architectures.families
        own = f"{family}:{normalise_architecture(architecture or '')}"
        names = (own, family or DEFAULT_FAMILY, DEFAULT_FAMILY)
        return next(families[name] for name in names if name in families).constants

    def native_element_types(self, architecture: str | None) -> tuple[str, ...]:
        """The element types that an architecture computes in; empty when nobody stated them."""
        if architecture is None:
            return ()
        return self._native.get(normalise_architecture(architecture), ())


def merge_knowledge(tables: Sequence[Table]) -> Knowledge:
    """All files as one: what comes later replaces an entry of the same id or key."""
    toolchains: dict[str, NamedToolchain] = {}
    exported: set[str] = set()
    changes: dict[str, Mapping[str, tuple[str, ...]]] = {}
    practice: dict[str, Practice] = {}
    merged = ArchitectureFacts()
    version = ""
    for table in tables:
        version = version or table.version
        toolchains |= {entry.toolchain.id: entry for entry in table.toolchains}
        exported.update(table.words.exported_families)
        changes |= table.operation_changes
        practice |= table.practice
        merged = _merge(merged, table.architectures)
    if DEFAULT_FAMILY not in merged.families:
        raise BadCatalogue(f"no file states the family {DEFAULT_FAMILY!r}")
    known = {
        name: replace(
            entry, toolchain=_complete_intakes(entry.toolchain, changes, exported, practice)
        )
        for name, entry in toolchains.items()
    }
    runtimes = Runtimes(row for table in tables for row in table.runtimes)
    return Knowledge(known, merged, version, runtimes)


def _complete_intakes(
    toolchain: Toolchain,
    changes: OperationChanges,
    exported: Collection[str],
    practice: Mapping[str, Practice],
) -> Toolchain:
    """The toolchain with what changed above each bound, and what people do with each family."""
    takes = tuple(
        replace(
            intake,
            exported=intake.family in exported and not intake.compiled,
            usual=_find_place(toolchain.id, practice.get(intake.family)),
            dialects={
                name: _add_change(bounds, changes.get(name))
                for name, bounds in intake.dialects.items()
            },
        )
        for intake in toolchain.takes
    )
    return replace(toolchain, takes=takes)


def _find_place(toolchain: str, practice: Practice | None) -> int | None:
    """The place of a toolchain among those that people use, the first 1."""
    if practice is None or toolchain not in practice.order:
        return None
    return practice.order.index(toolchain) + 1


def _add_change(
    bounds: VersionRange, changes: Mapping[str, tuple[str, ...]] | None
) -> VersionRange:
    if changes is None or bounds.max is None or bounds.changed_above is not None:
        return bounds
    highest = parse_version(bounds.max)
    later = {
        name
        for version, names in changes.items()
        if parse_version(version) > highest
        for name in names
    }
    return replace(bounds, changed_above=tuple(sorted(later)))


def _merge(old: ArchitectureFacts, new: ArchitectureFacts) -> ArchitectureFacts:
    return replace(
        old,
        families={**old.families, **new.families},
        derived_rates=(*new.derived_rates, *old.derived_rates),
        power_capped=new.power_capped or old.power_capped,
        native_element_types={**old.native_element_types, **new.native_element_types},
        usable_memory_share=_last_stated(old.usable_memory_share, new.usable_memory_share),
        driver_reserve_share=_last_stated(old.driver_reserve_share, new.driver_reserve_share),
        architecture_prefixes={**old.architecture_prefixes, **new.architecture_prefixes},
        pcie_lane_bytes_per_second={
            **old.pcie_lane_bytes_per_second,
            **new.pcie_lane_bytes_per_second,
        },
    )


def _last_stated(old: float | None, new: float | None) -> float | None:
    """The later figure where there is one; that of nothing is one too."""
    return old if new is None else new
