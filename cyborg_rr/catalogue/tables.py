"""Catalogue files in YAML: toolchains, what follows from an architecture, changes, words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Annotated, Any

from cyborg_rr import codec
from cyborg_rr.catalogue.declared import DeclaredWords, require_keys
from cyborg_rr.catalogue.partitions import MIB
from cyborg_rr.catalogue.stated.runtimes import read_runtimes
from cyborg_rr.catalogue.yaml_text import load_yaml
from cyborg_rr.domain.documents import PositiveNumber, Range, Remainder, Share
from cyborg_rr.domain.errors import BadCatalogue, InvalidInput
from cyborg_rr.domain.representation.representation import Constants
from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.representation.toolchain import Toolchain

DEFAULT_FAMILY = "default"
"""Stands among target families for all that have no constants of their own."""

LAST = 1 << 30
"""Place of a toolchain that states none."""

Mebibytes = Annotated[int, Range(0, 1 << 30)]
"""Memory that is taken from a device: none to a pebibyte."""

Place = Annotated[int, Range(0, LAST)]
"""Place of a toolchain among others, the first one 0."""


@dataclass(frozen=True, slots=True)
class NamedToolchain:
    """A toolchain, the names that products call it by, and whether every host can run it.

    ``order`` is its place among the toolchains of one target, the most usual one first. ``checked``
    is the day on which it was last held against its sources.
    """

    toolchain: Toolchain
    names: tuple[str, ...]
    translator: bool
    order: int = LAST
    checked: str = ""


@dataclass(frozen=True, slots=True)
class FamilyConstants:
    """What a file may state of one target family: ``Constants`` in bounds, with memory in MiB."""

    matrix_efficiency: Share
    best_matrix_efficiency: Share
    simd_matrix_efficiency: Share
    convolution_efficiency: Share
    attention_efficiency: Share
    vector_efficiency: Share
    memory_efficiency: Share
    best_memory_efficiency: Share
    ramp_seconds: PositiveNumber
    launch_seconds: Mapping[str, PositiveNumber]
    context_mib: Mapping[str, Mebibytes]
    source: str

    @property
    def constants(self) -> Constants:
        """As a representation has them."""
        stated = {key.name: getattr(self, key.name) for key in fields(self)}
        context = {runtime: size * MIB for runtime, size in stated.pop("context_mib").items()}
        return Constants(**stated, context_bytes=context)


@dataclass(frozen=True, slots=True)
class DerivedRate:
    """A rate that is a fixed multiple of another one on all parts of some architectures.

    With ``at_least`` it is the least multiple seen: some parts do better.
    """

    rate: str
    of: str
    factor: PositiveNumber
    min_architecture: str
    source: str
    max_architecture: str | None = None
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class PowerCap:
    """What a board with a small power budget keeps of its matrix rate in long work."""

    watts: PositiveNumber
    factor: Share
    source: str


@dataclass(frozen=True, slots=True)
class ArchitectureFacts:
    """What follows from an architecture; a file of one's own may leave keys out."""

    families: Mapping[str, FamilyConstants] = field(default_factory=dict)
    derived_rates: tuple[DerivedRate, ...] = ()
    power_capped: PowerCap | None = None
    native_element_types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    usable_memory_share: Share | None = None
    driver_reserve_share: Remainder | None = None
    architecture_prefixes: Mapping[str, str] = field(default_factory=dict)
    pcie_lane_bytes_per_second: Mapping[str, PositiveNumber] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Practice:
    """The toolchains that people run files of a family with, by their ids, the first one first."""

    order: tuple[str, ...]
    source: str


OperationChanges = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Operation set -> version -> native operations that changed in it."""


@dataclass(frozen=True, slots=True)
class _Others:
    """The keys of a file that are read as they stand."""

    version: str = ""
    not_compilers: tuple[str, ...] = ()
    operation_changes: OperationChanges = field(default_factory=dict)
    native_operations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: DeclaredWords = field(default_factory=DeclaredWords)
    practice: Mapping[str, Practice] = field(default_factory=dict)
    corrections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """What one file states, all keys of which may be left out; ``name`` is that of the file."""

    name: str
    toolchains: tuple[NamedToolchain, ...]
    not_compilers: tuple[str, ...]
    operation_changes: OperationChanges
    native_operations: Mapping[str, tuple[str, ...]]
    words: DeclaredWords
    architectures: ArchitectureFacts
    version: str
    practice: Mapping[str, Practice] = field(default_factory=dict)
    corrections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    runtimes: tuple[Runtime, ...] = ()


_OTHERS = tuple(key.name for key in fields(_Others))
_ARCHITECTURES = tuple(key.name for key in fields(ArchitectureFacts))
_KEYS = ("toolchains", "runtimes", "shared", *_OTHERS, *_ARCHITECTURES)
"""``shared`` holds what a file's toolchains refer to by anchors."""


def read_table(text: str, name: str) -> Table:
    """What a YAML text holds; ``BadCatalogue`` names the file and the key or line."""
    document = load_yaml(text, name)
    if not isinstance(document, dict):
        raise BadCatalogue(f"{name}: must be a mapping")
    try:
        require_keys(document, _KEYS, "file")
        others = codec.parse(_Others, _pick(document, _OTHERS), "file")
        return Table(
            name,
            _read_toolchains(document.get("toolchains") or []),
            others.not_compilers,
            others.operation_changes,
            others.native_operations,
            others.words,
            codec.parse(ArchitectureFacts, _pick(document, _ARCHITECTURES), "architectures"),
            others.version,
            others.practice,
            others.corrections,
            read_runtimes(document.get("runtimes") or []),
        )
    except InvalidInput as error:
        raise BadCatalogue(f"{name}: {error}") from None


def _state_cover(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a table alone says of operations says nothing of them where it cannot be asked."""
    stated = entry.get("operations")
    if not isinstance(stated, dict) or "table" not in stated or "cover" in stated:
        return entry
    return {**entry, "operations": {**stated, "cover": "unknown"}}


def _pick(document: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: document[key] for key in keys if key in document}


def _read_toolchains(entries: object) -> tuple[NamedToolchain, ...]:
    if not isinstance(entries, list):
        raise InvalidInput("toolchains must be a list")
    found = {}
    for index, entry in enumerate(entries):
        read = read_toolchain(entry, f"toolchains[{index}]")
        if read.toolchain.id in found:
            raise InvalidInput(f"toolchain {read.toolchain.id} stands twice")
        found[read.toolchain.id] = read
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Naming:
    """The keys of a toolchain that are the catalogue's own."""

    names: tuple[str, ...] = ()
    translator: bool = False
    order: Place = LAST
    checked: str = ""


_NAMING = tuple(key.name for key in fields(_Naming))
_TOOLCHAIN = tuple(key.name for key in fields(Toolchain))


def read_toolchain(entry: object, place: str) -> NamedToolchain:
    """One toolchain as written; ``InvalidInput`` names it, or the place where it has no id."""
    if not isinstance(entry, dict):
        raise InvalidInput(f"{place} must be a mapping")
    if isinstance(entry.get("id"), str):
        place = f"toolchain {entry['id']}"
    require_keys(entry, (*_TOOLCHAIN, *_NAMING), place)
    toolchain = codec.parse(Toolchain, _pick(_state_cover(entry), _TOOLCHAIN), place)
    if (toolchain.yields_ir is None) == (toolchain.target is None):
        raise InvalidInput(f"{place} must have either yields_ir or target")
    naming = codec.parse(_Naming, _pick(entry, _NAMING), place)
    return NamedToolchain(toolchain, naming.names, naming.translator, naming.order, naming.checked)
