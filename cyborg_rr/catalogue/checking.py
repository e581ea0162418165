"""Every word in the catalogue's files is held against those that are known, when they are read.

A misspelt word would otherwise rule devices out in silence, or let them in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields

from cyborg_rr.catalogue.coverage_text import WrittenCoverage
from cyborg_rr.catalogue.coverages import Coverages
from cyborg_rr.catalogue.declared import hint_at, require, require_no_slip
from cyborg_rr.catalogue.products import Product, parse_pcie
from cyborg_rr.catalogue.stated.runtimes import RUNTIME_FACTS
from cyborg_rr.catalogue.tables import (
    DEFAULT_FAMILY,
    ArchitectureFacts,
    NamedToolchain,
    Practice,
    Table,
)
from cyborg_rr.catalogue.vocabulary import Vocabulary
from cyborg_rr.domain.errors import BadCatalogue
from cyborg_rr.domain.graph.operations.registry import REGISTRY, UNKNOWN_OPERATION
from cyborg_rr.domain.representation.architectures import is_at_least
from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.representation.toolchain import Intake, Toolchain
from cyborg_rr.domain.representation.versions import VersionRange
from cyborg_rr.domain.words import (
    ELEMENT_TYPES,
    NATIVE_TYPES,
    PEAK_RATES,
    RUNTIMES,
    render_nearest,
)

_ID = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,99}[a-z0-9])?", re.ASCII)
_VERSION = re.compile(r"v?\d{1,9}(?:\.\d{1,9}){0,3}", re.ASCII)
_OPERATIONS = frozenset(REGISTRY) - {UNKNOWN_OPERATION.name}
_FACTS = frozenset(fact.name for fact in fields(Toolchain))


def check_files(
    tables: Sequence[Table], products: Mapping[str, Sequence[Product]], coverages: Coverages
) -> None:
    """Check all files; ``BadCatalogue`` names file, place, word and the nearest known ones.

    Of coverage tables only an operator's own are: those that ship are read once they are used.
    """
    every = [product for found in products.values() for product in found]
    checker = Checker(Vocabulary(tables, every), coverages.names)
    for written in coverages.own.values():
        checker.check_coverage(written)
    for table in tables:
        checker.check_table(table)
    for name, found in products.items():
        for product in found:
            checker.check_product(product, f"{name}: product {product.id}")


class Checker:
    """Checks one file after another against the words of all of them."""

    def __init__(self, known: Vocabulary, coverages: Collection[str] = ()) -> None:
        self._known = known
        self._coverages = coverages

    def check_table(self, table: Table) -> None:
        """All words of a YAML file."""
        for entry in table.toolchains:
            self._check_toolchain(entry, f"{table.name}: toolchain {entry.toolchain.id}")
        for family in table.words.exported_families:
            self._check_family(family, f"{table.name}: words.exported_families")
        self._check_architectures(table.architectures, table.name)
        for dialect, changes in table.operation_changes.items():
            place = f"{table.name}: operation_changes"
            require(dialect, self._known.native_operations, "operation set", place)
            known = self._known.native_operations[dialect]
            for version, names in changes.items():
                _check_version(version, f"{place}.{dialect}")
                _require_all(names, known, f"operation of {dialect}", f"{place}.{dialect}")
        for family, practice in table.practice.items():
            self._check_practice(family, practice, f"{table.name}: practice")
        for row in table.runtimes:
            self._check_runtime(row, f"{table.name}: runtime {row.name}")
        for dialect in table.native_operations:
            self._check_dialect(dialect, f"{table.name}: native_operations")

    def _check_practice(self, family: str, practice: Practice, place: str) -> None:
        """The toolchains that are used for a family are known, and take it."""
        self._check_family(family, place)
        takers = self._known.takers_of(family)
        for name in practice.order:
            require(name, takers, f"toolchain that takes {family}", f"{place}.{family}.order")
            if practice.order.count(name) > 1:
                raise BadCatalogue(f"{place}.{family}.order: {name!r} stands twice")
        if not practice.source.strip():
            raise BadCatalogue(f"{place}.{family}: source is empty")

    def _check_runtime(self, row: Runtime, place: str) -> None:
        for target in row.targets:
            require(target, self._known.targets, "target family", f"{place}.targets")
        types = row.quantised or {}
        at = f"{place}.quantised"
        _require_all((*types, *types.values()), ELEMENT_TYPES, "element type", at)
        _require_all(row.flash_attention, ELEMENT_TYPES, "element type", f"{place}.flash_attention")
        for least in filter(None, row.flash_attention.values()):
            self._known.architectures.require_known(least, f"{place}.flash_attention")
        _require_all(row.sources, RUNTIME_FACTS, "fact of a runtime", f"{place}.sources")
        if not row.sources:
            raise BadCatalogue(f"{place}: sources is empty")

    def check_coverage(self, written: WrittenCoverage) -> None:
        """All rules of a coverage table, and the operations and architectures that it names."""
        table = written.table
        for dialect in (*table.dialects, *table.host, *table.unfolded):
            words = self._known.words
            known = {**words.dialects, **words.ir_families}
            require(dialect, known, "operation set", f"{written.file}: sets", hint_at("dialects"))
        named = [
            (dialect, name)
            for listed in (table.host, table.unfolded)
            for dialect, names in listed.items()
            for name in names
        ]
        for dialect, operation in (*written.list_operations(), *named):
            place = f"{written.file}: {dialect}"
            if dialect in self._known.native_operations:
                operations = self._known.native_operations[dialect]
                require(operation, operations, f"operation of {dialect}", place)
            for rule in table.rules.find(dialect, operation):
                if rule.arch:
                    self._known.architectures.require_known(rule.arch, f"{place}.{operation}.arch")

    def check_product(self, product: Product, place: str) -> None:
        """The words of one product that other files declare."""
        for name in product.toolchains:
            if name not in self._known.toolchain_names:
                nearest = render_nearest(name, self._known.toolchain_names)
                raise BadCatalogue(
                    f"{place}: column toolchains: {name!r} is neither a name of a toolchain nor"
                    f" among not_compilers{nearest}"
                )
        if product.interconnect is not None:
            at = f"{place}: column interconnect"
            require(product.interconnect, self._known.words.links, "link", at, hint_at("links"))
        self._check_new("vendors", "vendor", product.vendor, f"{place}: column vendor")
        if product.memory_type is not None:
            at = f"{place}: column memory_type"
            self._check_new("memory_types", "type of memory", product.memory_type, at)
        for mode in product.modes:
            at = f"{place}: column partition_modes"
            known, hint = self._known.words.partition_modes, hint_at("partition_modes")
            require(mode, known, "partition such as 1g.10gb*7, nor a mode", at, hint)
        if product.architecture is not None:
            targets = self._known.targets_of(product.toolchains)
            at = f"{place}: column arch"
            self._known.architectures.require_of_product(product.architecture, targets, at)
        if product.pcie is not None:
            generation, _ = parse_pcie(product.pcie) or (product.pcie, 0)
            require(generation, self._known.generations, "PCIe generation", f"{place}: column pcie")

    def _check_toolchain(self, entry: NamedToolchain, place: str) -> None:
        toolchain = entry.toolchain
        if not _ID.fullmatch(toolchain.id):
            raise BadCatalogue(f"{place}: its id must be lower case letters, digits and hyphens")
        for index, intake in enumerate(toolchain.takes):
            self._check_intake(intake, f"{place}.takes[{index}]")
        if toolchain.yields_ir is not None:
            self._check_family(toolchain.yields_ir, f"{place}.yields_ir")
        for dialect, version in toolchain.yields_dialects.items():
            self._check_dialect(dialect, f"{place}.yields_dialects")
            _check_version(version, f"{place}.yields_dialects.{dialect}")
        if toolchain.target is not None:
            at = f"{place}.target"
            self._check_new("target_families", "target family", toolchain.target, at)
        for overlay in toolchain.overlays:
            self._check_new("overlays", "overlay", overlay, f"{place}.overlays")
        self._check_hardware(toolchain, place)
        for key in ("listed", "excluded"):
            names = getattr(toolchain.operations, key)
            _require_all(names, _OPERATIONS, "operation", f"{place}.operations.{key}")
        for key in ("natives", "excluded_natives", "converted_natives"):
            self._check_natives(getattr(toolchain.operations, key), f"{place}.operations.{key}")
        if toolchain.operations.table:
            at = f"{place}.operations.table"
            require(toolchain.operations.table, self._coverages, "coverage table", at)
        taken = [intake.family for intake in toolchain.takes]
        at = f"{place}.operations.table_families"
        _require_all(toolchain.operations.table_families, taken, "family that it takes", at)
        _require_all(toolchain.sources, _FACTS, "fact of a toolchain", f"{place}.sources")

    def _check_natives(self, listed: Mapping[str, Collection[str]], place: str) -> None:
        """Operations by the names that they have in their sets."""
        for dialect, names in listed.items():
            require(dialect, self._known.native_operations, "operation set", place)
            known = self._known.native_operations[dialect]
            _require_all(names, known, f"operation of {dialect}", f"{place}.{dialect}")

    def _check_hardware(self, toolchain: Toolchain, place: str) -> None:
        """Element types and architectures."""
        _require_all(
            toolchain.element_types, ELEMENT_TYPES, "element type", f"{place}.element_types"
        )
        if toolchain.runtime:
            at = f"{place}.runtime"
            require(toolchain.runtime, self._known.runtimes, "runtime", at)
        if toolchain.quantises_to is not None:
            at = f"{place}.quantises_to"
            require(toolchain.quantises_to, ELEMENT_TYPES, "element type", at)
        target = toolchain.target
        self._check_span(toolchain.min_architecture, toolchain.max_architecture, place, target)
        named = {
            "architectures": toolchain.architectures,
            **{
                f"element_types.{name}": (least,) for name, least in toolchain.element_types.items()
            },
        }
        for key, names in named.items():
            for name in names:
                at = f"{place}.{key}"
                self._known.architectures.require_known(name, at, target)

    def _check_intake(self, intake: Intake, place: str) -> None:
        self._check_family(intake.family, f"{place}.family")
        _check_range(intake.version, f"{place}.version")
        for dialect, bounds in intake.dialects.items():
            self._check_dialect(dialect, f"{place}.dialects")
            at = f"{place}.dialects.{dialect}"
            _check_range(bounds, at)
            known = self._known.native_operations.get(dialect)
            if known is not None and bounds.changed_above is not None:
                what = f"operation of {dialect}"
                _require_all(bounds.changed_above, known, what, f"{at}.changed_above")

    def _check_architectures(self, facts: ArchitectureFacts, name: str) -> None:
        for family, constants in facts.families.items():
            known: Collection[str] = self._known.targets | {DEFAULT_FAMILY}
            if ":" in family:
                names = self._known.architectures.mentioned
                known = [f"{target}:{name}" for target in self._known.targets for name in names]
            require(family, known, "target family", f"{name}: families")
            for key in ("launch_seconds", "context_mib"):
                place = f"{name}: families.{family}.{key}"
                _require_all(getattr(constants, key), RUNTIMES, "runtime", place)
        for index, rule in enumerate(facts.derived_rates):
            place = f"{name}: derived_rates[{index}]"
            _require_all((rule.rate, rule.of), PEAK_RATES, "peak rate", place)
            self._check_span(rule.min_architecture, rule.max_architecture, place)
        for architecture, types in facts.native_element_types.items():
            self._known.architectures.require_known(architecture, f"{name}: native_element_types")
            place = f"{name}: native_element_types.{architecture}"
            _require_all(types, NATIVE_TYPES, "native element type", place)
        for prefix, family in facts.architecture_prefixes.items():
            place = f"{name}: architecture_prefixes"
            architectures = self._known.architectures
            if not any(known.startswith(prefix) for known in architectures.mentioned):
                require(prefix, architectures.stems, "start of an architecture", place)
            require(family, self._known.targets, "target family", f"{place}.{prefix}")

    def _check_family(self, family: str, place: str) -> None:
        require(family, self._known.words.ir_families, "IR family", place, hint_at("ir_families"))

    def _check_dialect(self, dialect: str, place: str) -> None:
        require(dialect, self._known.words.dialects, "operation set", place, hint_at("dialects"))

    def _check_new(self, key: str, what: str, word: str, place: str) -> None:
        """What is new needs no declaration unless it looks like a known one."""
        require_no_slip(word, getattr(self._known.words, key), what, place, hint_at(key))

    def _check_span(
        self, least: str | None, most: str | None, place: str, target: str | None = None
    ) -> None:
        """Two architectures, between which there must be one."""
        known = self._known.architectures
        known.require_known(least, f"{place}.min_architecture", target)
        known.require_known(most, f"{place}.max_architecture", target)
        if least and most and not is_at_least(most, least):
            raise BadCatalogue(
                f"{place}: min_architecture {least} is above max_architecture {most}"
            )


def _require_all(words: Iterable[str], known: Collection[str], what: str, place: str) -> None:
    for word in words:
        require(word, known, what, place)


def _check_range(bounds: VersionRange | None, place: str) -> None:
    for version in () if bounds is None else (bounds.min, bounds.max):
        if version is not None:
            _check_version(version, place)
    if bounds is None or bounds.min is None:
        return
    if VersionRange(max=bounds.max).refuse(bounds.min) is not None:
        raise BadCatalogue(f"{place}: min {bounds.min} is above max {bounds.max}")


def _check_version(version: str, place: str) -> None:
    if not _VERSION.fullmatch(version):
        raise BadCatalogue(f"{place}: {version!r} is no version such as 1.13")
